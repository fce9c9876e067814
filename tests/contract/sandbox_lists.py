"""Whole lists of the sandbox, read to their last page as any client would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sandbox.zoom.harness import Sandbox

FLAGSHIP = 88988872033


def encoded(uuid: str) -> str:
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def read_list(zoom: Sandbox, path: str, name: str, **params: str | int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    token = ""
    while True:
        answer = zoom.get(path, **params, **({"next_page_token": token} if token else {}))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body[name]) <= body["page_size"]
        rows += body[name]
        token = body["next_page_token"]
        if not token:
            return rows


def participants(zoom: Sandbox, uuid: str, **params: str | int) -> list[dict[str, Any]]:
    path = f"/report/webinars/{encoded(uuid)}/participants"
    return read_list(zoom, path, "participants", **{"page_size": 300, **params})


def history(zoom: Sandbox, **params: str) -> list[dict[str, Any]]:
    return read_list(zoom, "/report/history_meetings", "history_meetings", **params)


def topic_uuid(truth: dict[str, Any], topic: str) -> str:
    number = next(int(key) for key, webinar in truth["webinars"].items() if webinar["topic"] == topic)
    instances: dict[str, Any] = truth["instances"]
    return next(uuid for uuid, told in instances.items() if told["webinar_id"] == number)


def month(days_ago: int) -> dict[str, str]:
    last = datetime.now(UTC).date() - timedelta(days=days_ago)
    return {"from": (last - timedelta(days=27)).isoformat(), "to": last.isoformat()}
