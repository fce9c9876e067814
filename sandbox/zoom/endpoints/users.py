"""Hosts and the webinars in their lists (Zoom API reference, sections 1.1 and 1.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from sandbox.wire import Reply
from sandbox.zoom.call import Call, Endpoint
from sandbox.zoom.paging import MAX_SIZE, Listing, Mark, listed, mark_of, page_size_of, paged
from sandbox.zoom.refusals import plan_missing, refusal, user_gone
from sandbox.zoom.stamps import iso
from sandbox.zoom.world import Host, Webinar


def host_by_key(call: Call, raw: str) -> Host | Reply:
    """The user a path names by id or e-mail. `me` is refused: a server-to-server token belongs to no user."""
    key = unquote(raw)
    if key == "me":
        return refusal(400, 1010, "User does not belong to this account.")
    return call.world.host(key) or user_gone(key)


def _user(host: Host) -> dict[str, Any]:
    row: dict[str, Any] = {
        "first_name": host.first_name,
        "last_name": host.last_name,
        "display_name": host.name,
        "email": host.email,
        "type": 2 if host.licensed else 1,
        "status": host.status,
        "timezone": "Europe/Berlin",
        "role_id": "2",
        "verified": 1,
        "dept": "",
    }
    return {"id": host.id, **row} if host.status != "pending" else row


def users(call: Call, raw: str) -> Reply:  # noqa: ARG001 - no id in this path
    """GET /users: active ones unless another status is asked for."""
    status = call.params.get("status", "active")
    if status not in {"active", "inactive", "pending"}:
        return refusal(400, 300, "Invalid status.")
    return listed(call, "users", [host for host in call.world.hosts if host.status == status], _user)


def user(call: Call, raw: str) -> Reply:
    """GET /users/{id}."""
    host = host_by_key(call, raw)
    return host if isinstance(host, Reply) else Reply(200, [orjson.dumps(_user(host))])


def _webinar(webinar: Webinar) -> dict[str, Any]:
    latest = webinar.latest()
    row: dict[str, Any] = {
        "uuid": latest.uuid if latest else "",
        "id": webinar.id,
        "host_id": webinar.host.id,
        "topic": webinar.topic,
        "type": webinar.kind,
        "duration": webinar.planned_minutes,
        "timezone": "Europe/Berlin",
        "agenda": webinar.agenda[:250],
        "created_at": iso(webinar.created),
        "join_url": f"https://zoom.test/j/{webinar.id}",
        "is_simulive": False,
    }
    if webinar.kind != 6:
        planned = webinar.occurrences[0] if webinar.occurrences else None
        row["start_time"] = iso(planned or (latest.start if latest else webinar.created))
    return row


def user_webinars(call: Call, raw: str) -> Reply:
    """GET /users/{id}/webinars: only webinars whose id is alive. Takes a token or, as MOODLE sends it, a
    page_number.
    """
    host = host_by_key(call, raw)
    if isinstance(host, Reply):
        return host
    if not host.licensed:
        return plan_missing()
    kind = call.params.get("type", "scheduled")
    if kind not in {"scheduled", "upcoming"}:
        return refusal(400, 300, "Invalid type.")
    own = [w for w in call.world.webinars.values() if w.host is host and not w.expired]
    if kind == "upcoming":
        own = [w for w in own if any(start > call.now for start in w.occurrences)]
    mark, size = mark_of(call), page_size_of(call)
    if isinstance(mark, Reply):
        return mark
    number = call.params.get("page_number", "")
    if number.isdigit() and int(number) > 1 and not call.params.get("next_page_token"):
        mark = Mark(row=min((int(number) - 1) * (size if isinstance(size, int) else MAX_SIZE), len(own)))

    def cut(start: int, stop: int) -> bytes:
        return b",".join(orjson.dumps(_webinar(webinar)) for webinar in own[start:stop])

    return paged(call, mark, Listing("webinars", len(own), len(own), cut))


ENDPOINTS = (
    Endpoint(
        "/v2/users/{}/webinars",
        "Medium",
        "webinar:read:list_webinars:admin",
        "webinar:read:admin",
        user_webinars,
    ),
    Endpoint("/v2/users", "Medium", "user:read:list_users:admin", "user:read:admin", users),
    Endpoint("/v2/users/{}", "Light", "user:read:user:admin", "user:read:admin", user),
)
