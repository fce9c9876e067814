"""Rules that a webinar's row is judged by: they mark, they refuse nothing, and they cost a sync little."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from rollcall.store import webinars
from rollcall.store.migration_files import SQL_DIR, read_text
from tests.sql.attendance_case import add_connection

GOOD: dict[str, Any] = {
    "zoom_webinar_id": 88_988_872_033,
    "topic": "Town hall",
    "host_id": "host-1",
    "type": 5,
    "start_time": "2026-03-04T15:00:00Z",
    "duration": 60,
    "timezone": "Europe/Berlin",
    "approval_type": 0,
    "registration_url": "https://example.com/register",
}
OCCURRENCES = [{"occurrence_id": "1772636400000"}, {"occurrence_id": "1772722800000"}]
SERIES = {"type": 9, "recurrence_type": 2, "occurrences": OCCURRENCES, "occurrence_count": 2}

BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("topic_missing", "warning", {"topic": "  "}),
    ("topic_missing", "warning", {"topic": None}),
    ("host_missing", "error", {"host_id": None}),
    ("type_unknown", "error", {"type": 2}),
    ("type_unknown", "error", {"type": None}),
    ("start_time_missing", "error", {"start_time": None}),
    ("start_time_absurd", "error", {"start_time": "1970-01-01T00:00:00Z"}),
    ("start_time_absurd", "error", {"start_time": "2626-03-04T15:00:00Z"}),
    ("duration_missing", "warning", {"duration": None}),
    ("duration_not_positive", "error", {"duration": 0}),
    ("duration_not_positive", "error", {"duration": -5}),
    ("duration_too_long", "warning", {"duration": 3600}),
    ("timezone_unknown", "warning", {"timezone": "Mars/Olympus"}),
    ("timezone_unknown", "warning", {"timezone": ""}),
    ("recurrence_missing", "warning", {"type": 9}),
    ("recurrence_unexpected", "warning", {"recurrence_type": 1}),
    ("recurrence_unexpected", "warning", {**SERIES, "type": 5, "recurrence_type": None}),
    ("occurrence_count_differs", "warning", {**SERIES, "occurrence_count": 3}),
    ("occurrence_count_differs", "warning", {**SERIES, "occurrences": None}),
    ("occurrence_count_differs", "warning", {**SERIES, "occurrences": {"not": "a list"}}),
    ("registration_contradicts", "warning", {"approval_type": 2}),
    ("approval_type_unknown", "warning", {"approval_type": 7}),
]

SOUND: list[dict[str, Any]] = [
    {},
    {"duration": 1440},
    {"host_id": None, "host_email": "host@example.com"},
    {"timezone": None},
    {"type": 6, "start_time": None, "duration": None},
    SERIES,
    {**SERIES, "start_time": None},
    {"approval_type": 2, "registration_url": None},
    {"approval_type": None, "registration_url": None},
]


class Webinars:
    """A connection whose webinars are upserted as a sync does it."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        self.connection_id = add_connection(conn, "case")

    def store(self, *, is_detail: bool = True, **fields: Any) -> int:
        """Upsert the good webinar with these fields instead; returns how many rows were written."""
        return webinars.upsert_webinars(
            self.conn, self.connection_id, [{**GOOD, **fields}], is_detail=is_detail
        )

    def rows(
        self, query: str = "SELECT * FROM zoom_webinars ORDER BY id", *values: Any
    ) -> list[dict[str, Any]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def found(self) -> tuple[str, list[str] | None]:
        """Status of the only webinar, and the rules it breaks."""
        row = self.rows()[0]
        errors = row["validation_errors"]
        return row["validation_status"], None if errors is None else [error["rule"] for error in errors]


@pytest.fixture
def stored(writer: psycopg.Connection) -> Webinars:
    return Webinars(writer)


@pytest.mark.parametrize(("rule", "severity", "fields"), BROKEN)
def test_each_rule_finds_what_it_is_for(
    stored: Webinars, rule: str, severity: str, fields: dict[str, Any]
) -> None:
    assert stored.store(**fields) == 1
    row = stored.rows()[0]
    assert row["validation_status"] == severity
    assert [(e["rule"], e["severity"]) for e in row["validation_errors"]] == [(rule, severity)]
    assert row["validation_errors"][0]["message"]


@pytest.mark.parametrize("fields", SOUND)
def test_what_zoom_really_sends_is_valid(stored: Webinars, fields: dict[str, Any]) -> None:
    stored.store(**fields)
    assert stored.found() == ("valid", [])


def test_each_condition_has_its_row_and_each_row_its_condition(db: psycopg.Connection) -> None:
    body = read_text(SQL_DIR / "functions/webinars/judge_webinar.sql")
    rules = {name for (name,) in db.execute("SELECT rule_name FROM webinar_validation_rules").fetchall()}
    assert {name for name in rules if f"('{name}', " in body} == rules
    assert body.count("\n                ('") == len(rules)
    assert {rule for rule, _, _ in BROKEN} == rules, "a rule that no case breaks"


def test_the_worst_finding_is_the_status(stored: Webinars) -> None:
    stored.store(topic=None, duration=0)
    assert stored.found() == ("error", ["duration_not_positive", "topic_missing"])


def test_a_webinar_known_by_its_id_only_is_not_judged(stored: Webinars) -> None:
    stored.conn.execute(
        "SELECT upsert_webinars(%s, '[{\"zoom_webinar_id\": 5}]', false)", (stored.connection_id,)
    )
    assert stored.found() == ("pending", None)
    webinars.mark_webinar_gone(stored.conn, stored.rows()[0]["id"])
    assert stored.found() == ("pending", None)


def test_a_webinar_from_a_list_waits_for_its_own_page(stored: Webinars) -> None:
    stored.store(is_detail=False, topic=None)
    assert stored.found() == ("pending", None)
    stored.store(topic=None)
    assert stored.found() == ("warning", ["topic_missing"])


def test_a_webinar_that_went_after_its_settings_were_read_keeps_its_judgement(stored: Webinars) -> None:
    stored.store(topic=None)
    webinars.mark_webinar_gone(stored.conn, stored.rows()[0]["id"])
    assert stored.found() == ("warning", ["topic_missing"])


def test_a_mended_webinar_becomes_valid(stored: Webinars) -> None:
    stored.store(duration=0)
    stored.store(duration=45)
    assert stored.found() == ("valid", [])


def test_the_same_again_writes_nothing(stored: Webinars) -> None:
    stored.store(duration=0)
    before = stored.rows("SELECT w.*, w.ctid::text, w.xmin::text FROM zoom_webinars w")
    assert stored.store(duration=0) == 0
    assert stored.store(duration=0, is_detail=False) == 0
    stored.conn.execute("SELECT validate_webinar_data()")
    assert stored.rows("SELECT w.*, w.ctid::text, w.xmin::text FROM zoom_webinars w") == before


def test_no_caller_sets_the_result(stored: Webinars) -> None:
    stored.store(duration=0, validation_status="valid", validation_errors=[])
    assert stored.found() == ("error", ["duration_not_positive"])
    stored.conn.execute("UPDATE zoom_webinars SET validation_status = 'valid', validation_errors = NULL")
    assert stored.found() == ("error", ["duration_not_positive"])
    assert stored.store(duration=0, validation_status="valid", validation_errors=[]) == 0


def test_a_rule_that_was_changed_applies_to_stored_webinars_when_asked(stored: Webinars) -> None:
    stored.store(topic=None)
    other = {**GOOD, "zoom_webinar_id": 91_000_000_001}
    webinars.upsert_webinars(stored.conn, stored.connection_id, [other], is_detail=True)
    stamps = stored.rows("SELECT id, updated_at FROM zoom_webinars ORDER BY id")
    stored.conn.execute("RESET ROLE")
    stored.conn.execute(
        "UPDATE webinar_validation_rules SET severity = 'error', message = 'Name it!' WHERE rule_name = 'topic_missing'"
    )
    assert stored.found() == ("warning", ["topic_missing"])
    stored.conn.execute("SET ROLE rollcall_monitor")
    assert stored.rows("SELECT * FROM validate_webinar_data()") == [
        {
            "webinar_id": stamps[0]["id"],
            "zoom_webinar_id": GOOD["zoom_webinar_id"],
            "validation_status": "error",
            "validation_errors": [{"rule": "topic_missing", "severity": "error", "message": "Name it!"}],
        },
        {
            "webinar_id": stamps[1]["id"],
            "zoom_webinar_id": 91_000_000_001,
            "validation_status": "valid",
            "validation_errors": [],
        },
    ]
    stored.conn.execute("RESET ROLE")
    stored.conn.execute("UPDATE webinar_validation_rules SET is_enabled = false")
    for webinar in (stamps[0]["id"], GOOD["zoom_webinar_id"]):
        assert [
            row["validation_status"]
            for row in stored.rows("SELECT * FROM validate_webinar_data(%s)", webinar)
        ] == ["valid"]
    assert stored.rows("SELECT id, updated_at FROM zoom_webinars ORDER BY id") == stamps


def test_an_unknown_webinar_and_an_empty_database_give_no_row(writer: psycopg.Connection) -> None:
    for query in ("SELECT * FROM validate_webinar_data()", "SELECT * FROM validate_webinar_data(-1)"):
        assert writer.execute(query.encode()).fetchall() == []


def test_a_webinar_that_cannot_be_judged_is_stored_and_says_so(stored: Webinars) -> None:
    stored.conn.execute("RESET ROLE")
    stored.conn.execute(
        "CREATE OR REPLACE FUNCTION judge_webinar(p_webinar zoom_webinars) RETURNS jsonb LANGUAGE plpgsql AS"
        " 'BEGIN RETURN jsonb_build_object(''x'', p_webinar.duration / 0); END'"
    )
    stored.conn.execute("SET ROLE rollcall_writer")
    notices: list[str | None] = []
    stored.conn.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    assert stored.store() == 1
    row = stored.rows()[0]
    assert row["topic"] == "Town hall"
    assert stored.found() == ("warning", ["not_judged"])
    assert "22012" in row["validation_errors"][0]["message"]
    assert notices
    assert not any("Town hall" in str(notice) for notice in notices)
    with pytest.raises(psycopg.errors.DivisionByZero):
        stored.conn.execute("SELECT validate_webinar_data()")


def test_a_row_that_a_sync_is_writing_is_not_waited_for(stored: Webinars, dsn: str) -> None:
    stored.store(topic=None)
    stored.conn.execute("RESET ROLE")
    stored.conn.execute("UPDATE webinar_validation_rules SET is_enabled = false")
    with psycopg.connect(dsn) as sync:
        sync.execute("UPDATE zoom_webinars SET topic = 'New'")
        stored.conn.execute("SET lock_timeout = '2s'")
        assert stored.rows("SELECT * FROM validate_webinar_data()")[0]["validation_status"] == "warning"
        sync.commit()
    assert stored.found() == ("valid", [])


def test_findings_hold_nothing_of_the_row(stored: Webinars) -> None:
    secret = "Sensitive merger talks"
    stored.store(topic=secret, host_email="host@example.com", timezone="Nowhere", duration=0, agenda=secret)
    shown = str(stored.rows("SELECT * FROM validate_webinar_data()"))
    assert "error" in shown
    assert secret not in shown
    assert "host@example.com" not in shown


def test_a_person_cannot_store_what_is_no_list(db: psycopg.Connection) -> None:
    stored = Webinars(db)
    stored.store()
    db.execute("ALTER TABLE zoom_webinars DISABLE TRIGGER zoom_webinars_validate")
    for assignment in ("validation_status = 'fine'", "validation_errors = '{}'"):
        with pytest.raises(psycopg.errors.CheckViolation):
            db.execute(f"UPDATE zoom_webinars SET {assignment}".encode())  # noqa: S608 - the two above
