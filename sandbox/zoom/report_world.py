"""Makes a world of one webinar and one instance from a portal report, so that its rows come back as API
pages.
"""

from __future__ import annotations

import base64
import hashlib
import random
from array import array
from collections.abc import Callable
from pathlib import Path

from sandbox.zoom.cast import FIRST_USER_ID
from sandbox.zoom.generate import instance_uuid
from sandbox.zoom.report import Entry, Report, read
from sandbox.zoom.rows import PackedRows, Row
from sandbox.zoom.stamps import DAY, iso
from sandbox.zoom.truth import owners_of
from sandbox.zoom.world import Figures, Host, Instance, Panelist, Registrant, Webinar, World

OLDEST = 150 * DAY
"""A report that is older than this is moved to last week: Zoom's API serves six months, and so does the
sandbox.
"""

UPGRADED = "upgraded to panelist"
_STATUSES = {"approved": "approved", "pending": "pending", "pending approval": "pending", "denied": "denied"}


def _id(*parts: object) -> str:
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def move_by(report: Report, now: float) -> int:
    """Whole days, in seconds, by which to move every time so that the API would still serve it."""
    last = max(entry.leave or entry.join or 0 for entry in report.entries)
    if last > now:
        return int((now - last) // DAY) * DAY
    return 0 if last >= now - OLDEST else int((now - last) // DAY) * DAY - 7 * DAY


def _host(report: Report) -> Host:
    entry = next((entry for entry in report.entries if entry.section == "host"), None)
    first, _, last = (entry.name if entry else "Host").partition(" ")
    return Host(
        _id("host", report.webinar_id)[:22], (entry and entry.email) or "host@report.example", first, last
    )


def _panel(report: Report, host: Host) -> list[Panelist]:
    """Whoever stands under Host or Panelist Details beside the host, and attendees who were upgraded."""
    panel: dict[str, Panelist] = {}
    for entry in report.entries:
        belongs = entry.section in {"host", "panelist"} or entry.approval == UPGRADED
        key = entry.email.lower()
        if belongs and key and key != host.email.lower() and key not in panel:
            panel[key] = Panelist(_id("panelist", key), entry.email, entry.name)
    return list(panel.values())


def _registrants(report: Report, moved: int) -> list[Registrant]:
    """One per line that carries an approval status: only a person's first line does."""
    found = []
    for number, entry in enumerate(report.entries):
        status = _STATUSES.get(entry.approval)
        if entry.section == "attendee" and status and entry.email:
            first, _, last = entry.name.partition(" ")
            created = (entry.registered or report.start or 0) + moved
            registrant = Registrant(_id("registrant", entry.email, number), entry.email, first, last, created)
            registrant.status = status  # type: ignore[assignment]  # one of the values above
            found.append(registrant)
    return found


def _row(entry: Entry, number: int, moved: int, registrant_id: str, user: str) -> Row:
    join = (entry.join or 0) + moved
    row: Row = {
        "id": user,
        "participant_user_id": user,
        "user_id": str(FIRST_USER_ID + 1024 * number),
        "name": entry.name,
        "user_email": entry.email,
        "join_time": iso(join),
        "duration": 60 * (entry.minutes or 0),
        "status": "in_meeting",
        "failover": False,
    }
    if entry.leave is not None:
        row["leave_time"] = iso(entry.leave + moved)
        if entry.leave + moved >= join:
            row["duration"] = int(entry.leave + moved - join)
    return row | ({"registrant_id": registrant_id} if registrant_id else {})


def _rows(report: Report, moved: int, host: Host, registration_of: Callable[[str], str]) -> list[Row]:
    rows: list[Row] = []
    for entry in report.entries:
        if entry.attended and entry.join is not None:
            registrant_id = registration_of(entry.email.lower()) if entry.section == "attendee" else ""
            user = host.id if entry.section == "host" and entry.email == host.email else ""
            rows.append(_row(entry, len(rows), moved, registrant_id, user))
    return sorted(rows, key=lambda row: str(row["join_time"]))


def world_of(report: Report, now: float) -> World:
    """The world of one report. Zoom's totals are those of its head, never our own count."""
    moved = move_by(report, now)
    host = _host(report)
    registrants = _registrants(report, moved)
    approved = {r.email.lower(): r.id for r in reversed(registrants) if r.status == "approved"}
    rows = _rows(report, moved, host, lambda email: approved.get(email, ""))
    joined = [entry.join + moved for entry in report.entries if entry.join is not None]
    start = int(report.start + moved if report.start is not None else min(joined))
    last = max((entry.leave or entry.join or 0) + moved for entry in report.entries)
    end = start + 60 * report.duration_minutes if report.duration_minutes else int(last)
    webinar = Webinar(
        id=report.webinar_id,
        host=host,
        topic=report.topic,
        kind=5,
        created=min([start - DAY, *(r.created for r in registrants)]),
        planned_minutes=report.duration_minutes or 60,
        approval_type=0 if registrants else 2,
        registrants=registrants,
        panelists=_panel(report, host),
    )
    emails = {row["user_email"].lower() for row in rows if row["user_email"]}
    figures = Figures(
        participants=report.total_users or 0,
        people=len(emails) + len({row["name"] for row in rows if not row["user_email"]}),
        unique_viewers=report.unique_viewers or 0,
        max_concurrent_views=report.max_concurrent_views or 0,
        total_seconds=sum(row["duration"] for row in rows),
    )
    uuid = instance_uuid(random.Random(f"{report.webinar_id} {start}"))
    owners = array("L", owners_of(rows))
    world = World(now=now, hosts=[host], webinars={webinar.id: webinar})
    world.add(Instance(uuid, webinar.id, start, end, PackedRows(rows), owners, figures))
    world.report = {
        "topic": report.topic,
        "webinar_id": report.webinar_id,
        "instance_uuid": uuid,
        "registered": report.registered,
        "unique_viewers": report.unique_viewers,
        "total_users": report.total_users,
        "duration_minutes": report.duration_minutes,
        "max_concurrent_views": report.max_concurrent_views,
        "rows": len(rows),
        "moved_by_days": moved // DAY,
    }
    return world


def world_from_file(path: Path, now: float) -> World:
    """The world of a report file. Raises NotAReportError and OSError as `report.read` does."""
    return world_of(read(path), now)
