"""A meeting that passes from one connected user to another: whoever sees it vouches for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from rollcall.store import meetings, runs
from tests.sql.calendly_users import add_user
from tests.unit.calendly_samples import EVENT_URI

NOW = datetime.now(UTC)
SLICE = (NOW - timedelta(days=1), NOW + timedelta(days=1))
MEETING: dict[str, Any] = {
    "uri": EVENT_URI,
    "status": "active",
    "start_time": NOW.isoformat(),
    "event_updated_at": NOW.isoformat(),
}


def sync(conn: psycopg.Connection, user_id: int, listed: list[dict[str, Any]]) -> None:
    """List what Calendly serves to the user; 403 for what it does not."""
    run_id = runs.open_run(
        conn,
        source="calendly",
        connection_id=user_id,
        mode="full",
        window_from=SLICE[0],
        window_to=SLICE[1],
        webinar_ids=None,
        fetch_workers=1,
        dag_id="calendly_sync",
        dag_run_id=f"run of {user_id} at {datetime.now(UTC)}",
    )
    assert run_id is not None
    meetings.upsert_meetings(conn, user_id, listed, via_webhook=False)
    meetings.book_slice(conn, run_id, *SLICE, [each["uri"] for each in listed])
    for meeting_id, _ in meetings.not_listed(conn, run_id):
        meetings.mark_missing(conn, meeting_id, "no_access")
    times_opened = runs.get_run(conn, run_id).times_opened
    runs.finish_calendly_run(conn, run_id, error_kind=None, error_message=None, times_opened=times_opened)


def missing(conn: psycopg.Connection) -> list[tuple[bool]]:
    return conn.execute("SELECT missing_since IS NOT NULL FROM meetings").fetchall()


def test_a_meeting_with_a_new_host_is_not_missing_for_its_old_one(writer: psycopg.Connection) -> None:
    old_host, new_host = add_user(writer, "old"), add_user(writer, "new")
    sync(writer, old_host, [MEETING])
    sync(writer, new_host, [])
    assert missing(writer) == [(False,)]
    # Now it is given to somebody else.
    sync(writer, old_host, [])
    assert missing(writer) == [(True,)]
    for user_id, listed in ((new_host, [MEETING]), (old_host, []), (new_host, [MEETING]), (old_host, [])):
        sync(writer, user_id, listed)
        assert missing(writer) == [(False,)]
    sync(writer, new_host, [])
    assert missing(writer) == [(True,)]
