"""Each value that a source changes is stored by itself; the same record again, or a poorer one, writes nothing."""

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


def zoom(conn: psycopg.Connection, table: str, *, is_best: bool = True) -> Upsert:
    """What stores a record of the table; `is_best`: from the source that knows it best."""
    case = AttendanceCase(conn)
    if table == "zoom_webinars":
        return lambda given: webinars.upsert_webinars(conn, case.connection_id, [given], is_detail=is_best)
    if table == "zoom_webinar_instances":
        of_webinar = {"zoom_webinar_id": 88_988_872_033}
        return lambda given: webinars.upsert_instances(
            conn, case.connection_id, [{**given, **of_webinar}], is_detail=is_best
        )
    if table == "zoom_registrants":
        return lambda given: webinars.upsert_registrants(
            conn, case.webinar_id, [{"status": "approved", **given}]
        )
    return lambda given: webinars.upsert_panelists(conn, case.webinar_id, [given])


def calendly(conn: psycopg.Connection, table: str, *, is_best: bool = True) -> Upsert:
    """Likewise."""
    user_id = add_user(conn)

    def upsert(given: dict[str, Any]) -> int:
        records = [{"status": "active", **given}]
        if table == "meetings":
            outcome = meetings.upsert_meetings(conn, user_id, records, via_webhook=not is_best)
        else:
            outcome = meetings.upsert_invitees(conn, records, via_webhook=not is_best)
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


class Table:
    """Records of one table, with a value in each column that a source gives."""

    def __init__(self, conn: psycopg.Connection, table: str, key: str) -> None:
        self.conn = conn
        self.key = key
        self.columns: dict[str, str] = dict(
            conn.execute(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = %s AND is_generated = 'NEVER' AND column_name <> ALL (%s) ORDER BY 1",
                (table, list(NOT_GIVEN)),
            ).fetchall()
        )
        self.query = f"SELECT to_jsonb(t) FROM {table} t WHERE {key}::text = %s".encode()  # noqa: S608
        conn.execute("SET timezone TO 'UTC'")

    def record(self, number: int) -> dict[str, Any]:
        given = {column: value(kind, number) for column, kind in self.columns.items()}
        return {**given, self.key: value(self.columns[self.key], 1)}

    def stored(self) -> dict[str, Any]:
        found = self.conn.execute(self.query, (str(value(self.columns[self.key], 1)),)).fetchone()
        assert found is not None
        return {column: found[0][column] for column in self.columns}


TABLES = [
    (zoom, "zoom_webinars", "zoom_webinar_id"),
    (zoom, "zoom_webinar_instances", "uuid"),
    (zoom, "zoom_registrants", "registrant_id"),
    (zoom, "zoom_panelists", "panelist_id"),
    (calendly, "meetings", "uri"),
    (calendly, "meeting_invitees", "uri"),
]


@pytest.mark.parametrize(("source", "name", "key"), TABLES)
def test_each_column_is_stored_when_it_alone_changes(
    writer: psycopg.Connection, source: Callable[..., Upsert], name: str, key: str
) -> None:
    upsert, table = source(writer, name), Table(writer, name, key)
    given, later = table.record(1), table.record(2)
    assert (upsert(given), table.stored()) == (1, given)
    assert upsert(given) == 0
    for column in sorted(table.columns.keys() - {key}):
        given[column] = later[column]
        assert (upsert(given), table.stored()) == (1, given), column
    assert upsert(given) == 0


@pytest.mark.parametrize(("source", "name", "key"), TABLES)
def test_what_a_poorer_record_leaves_out_stays(
    writer: psycopg.Connection, source: Callable[..., Upsert], name: str, key: str
) -> None:
    upsert, table = source(writer, name, is_best=False), Table(writer, name, key)
    given = table.record(1)
    assert upsert({key: given[key]}) == 1
    assert (upsert(given), table.stored()) == (1, given), "it fills holes"
    assert (upsert({key: given[key]}), table.stored()) == (0, given)


@pytest.mark.parametrize(("source", "name", "key"), TABLES[:2])
def test_a_list_of_all_webinars_overrules_nothing(
    writer: psycopg.Connection, source: Callable[..., Upsert], name: str, key: str
) -> None:
    upsert, table = source(writer, name, is_best=False), Table(writer, name, key)
    assert upsert(table.record(1)) == 1
    assert (upsert(table.record(2)), table.stored()) == (0, table.record(1))


def test_the_same_webinar_of_another_connection_lends_it_nothing(writer: psycopg.Connection) -> None:
    AttendanceCase(writer, webinar={"agenda": "Numbers"}, instance={"participants_count": 9})
    other = AttendanceCase(writer, name="other")
    query = (
        "SELECT w.agenda, i.participants_count FROM zoom_webinars w"
        " JOIN zoom_webinar_instances i ON i.webinar_id = w.id WHERE w.connection_id = %s"
    )
    assert other.rows(query, other.connection_id) == [{"agenda": None, "participants_count": None}]
