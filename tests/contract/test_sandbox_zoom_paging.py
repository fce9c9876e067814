"""The sandbox pages as Zoom does, with its oddities: dying tokens, repeated rows, empty pages."""

from __future__ import annotations

from typing import Any

from sandbox.zoom.harness import Sandbox
from tests.contract.sandbox_lists import FLAGSHIP, encoded, participants, read_list, topic_uuid


def test_page_size_is_30_unless_asked_and_never_above_300(zoom: Sandbox) -> None:
    path = f"/report/webinars/{FLAGSHIP}/participants"
    assert len(zoom.get(path).json()["participants"]) == 30
    assert len(zoom.get(path, page_size=5000).json()["participants"]) == 300


def test_a_page_token_serves_only_its_own_list(zoom: Sandbox) -> None:
    path = f"/report/webinars/{FLAGSHIP}/participants"
    token = zoom.get(path, page_size=300).json()["next_page_token"]
    assert zoom.get(path, page_size=300, next_page_token=token).status_code == 200
    for other in (
        zoom.get(path, page_size=100, next_page_token=token),
        zoom.get(f"/past_webinars/{FLAGSHIP}/participants", page_size=300, next_page_token=token),
        zoom.get(path, page_size=300, next_page_token="made-up"),
    ):
        assert (other.status_code, other.json()["code"]) == (400, 300)


def test_page_tokens_die() -> None:
    with Sandbox("seed", "--token-life", "0") as zoom:
        path = f"/report/webinars/{FLAGSHIP}/participants"
        token = zoom.get(path).json()["next_page_token"]
        dead = zoom.get(path, next_page_token=token)
        assert (dead.status_code, dead.json()["code"]) == (400, 300)


def test_a_row_can_come_on_two_pages(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = topic_uuid(truth, "Rows repeated across pages")
    rows = participants(zoom, uuid)
    told = truth["instances"][uuid]
    assert len(rows) > told["total_records"] == len({row["user_id"] for row in rows})
    assert rows[299] == rows[300]


def test_an_empty_page_can_stand_in_the_middle(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = topic_uuid(truth, "An empty page in between")
    path = f"/report/webinars/{encoded(uuid)}/participants"
    first = zoom.get(path, page_size=300).json()
    second = zoom.get(path, page_size=300, next_page_token=first["next_page_token"]).json()
    assert second["participants"] == []
    assert second["next_page_token"]
    assert len(participants(zoom, uuid)) == truth["instances"][uuid]["distinct_rows"]


def test_host_lists_page_by_token_and_by_number(zoom: Sandbox) -> None:
    host = zoom.get("/users").json()["users"][0]["id"]
    whole = [row["id"] for row in read_list(zoom, f"/users/{host}/webinars", "webinars", page_size=300)]
    by_token = [row["id"] for row in read_list(zoom, f"/users/{host}/webinars", "webinars", page_size=3)]
    second = zoom.get(f"/users/{host}/webinars", page_size=3, page_number=2).json()["webinars"]
    assert by_token == whole
    assert [row["id"] for row in second] == whole[3:6]
