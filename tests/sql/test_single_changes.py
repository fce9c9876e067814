"""Each value that a source changes is stored by itself, and the same record again writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from rollcall.store import meetings, webinars
from tests.sql.attendance_case import AttendanceCase
from tests.sql.calendly_users import add_user

Upsert = Callable[[dict[str, Any]], int]

# Ours, or a value that stands for what becomes of a row.
NOT_GIVEN = {
    "id", "connection_id", "webinar_id", "user_id", "meeting_id", "created_at", "updated_at", "sync_status",
    "validation_status", "validation_errors", "attendance_source", "missing_since", "missing_reason",
    "synced_via_webhook", "no_show_removed_uri", "status",
}  # fmt: skip


def zoom(conn: psycopg.Connection, table: str) -> Upsert:
    case = AttendanceCase(conn)
    if table == "zoom_webinars":
        return lambda given: webinars.upsert_webinars(conn, case.connection_id, [given], is_detail=True)
    if table == "zoom_webinar_instances":
        of_webinar = {"zoom_webinar_id": 88_988_872_033}
        return lambda given: webinars.upsert_instances(
            conn, case.connection_id, [{**given, **of_webinar}], is_detail=True
        )
    if table == "zoom_registrants":
        return lambda given: webinars.upsert_registrants(
            conn, case.webinar_id, [{"status": "approved", **given}]
        )
    return lambda given: webinars.upsert_panelists(conn, case.webinar_id, [given])


def calendly(conn: psycopg.Connection, table: str) -> Upsert:
    user_id = add_user(conn)

    def upsert(given: dict[str, Any]) -> int:
        records = [{"status": "active", **given}]
        if table == "meetings":
            outcome = meetings.upsert_meetings(conn, user_id, records, via_webhook=False)
        else:
            outcome = meetings.upsert_invitees(conn, records, via_webhook=False)
        return outcome.counts["new"] + outcome.counts["updated"]

    return upsert


def value(kind: str, number: int) -> Any:
    """One of two values of a column's type, as JSON has them."""
    return {
        "text": f"text {number}",
        "integer": number,
        "bigint": number,
        "boolean": number == 1,
        "timestamp with time zone": f"2026-09-0{number}T10:00:00+00:00",
        "jsonb": {"number": number},
        "ARRAY": [f"mark {number}"],
    }[kind]


@pytest.mark.parametrize(
    ("source", "table", "key"),
    [
        (zoom, "zoom_webinars", "zoom_webinar_id"),
        (zoom, "zoom_webinar_instances", "uuid"),
        (zoom, "zoom_registrants", "registrant_id"),
        (zoom, "zoom_panelists", "panelist_id"),
        (calendly, "meetings", "uri"),
        (calendly, "meeting_invitees", "uri"),
    ],
)
def test_each_column_is_stored_when_it_alone_changes(
    writer: psycopg.Connection, source: Callable[[psycopg.Connection, str], Upsert], table: str, key: str
) -> None:
    upsert = source(writer, table)
    columns: dict[str, str] = dict(
        writer.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER' AND column_name <> ALL (%s)",
            (table, list(NOT_GIVEN)),
        ).fetchall()
    )
    query = f"SELECT to_jsonb(t) FROM {table} t WHERE {key}::text = %s".encode()  # noqa: S608
    writer.execute("SET timezone TO 'UTC'")

    def stored() -> dict[str, Any]:
        found = writer.execute(query, (str(given[key]),)).fetchone()
        assert found is not None
        return {column: found[0][column] for column in columns}

    given = {column: value(kind, 1) for column, kind in columns.items()}
    assert (upsert(given), stored()) == (1, given)
    assert upsert(given) == 0
    for column in sorted(columns.keys() - {key}):
        given[column] = value(columns[column], 2)
        assert (upsert(given), stored()) == (1, given), column
    assert upsert(given) == 0
