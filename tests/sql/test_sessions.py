"""Sessions and totals: every row that Zoom served is kept once, and time is counted twice over."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, Row, at, row

DATA_TABLES = ("zoom_webinars", "zoom_webinar_instances", "zoom_participants", "zoom_participant_sessions")


def ann(**fields: Any) -> Row:
    return row("Ann", **{"email": "ann@x.test", **fields})


@pytest.mark.parametrize(
    ("rows", "sessions", "total", "attended", "first", "last"),
    [
        pytest.param([ann(join=0, leave=10)], 1, 600, 600, 0, 10, id="one session"),
        pytest.param([ann(join=0, leave=10), ann(join=20, leave=25)], 2, 900, 900, 0, 25, id="a rejoin"),
        pytest.param(
            [ann(join=0, leave=10), ann(join=5, leave=15)], 2, 1200, 900, 0, 15, id="two devices overlap"
        ),
        pytest.param(
            [ann(join=0, leave=30), ann(join=10, leave=20)], 2, 2400, 1800, 0, 30, id="one within the other"
        ),
        pytest.param([ann(join=0, leave=10), ann(join=10, leave=20)], 2, 1200, 1200, 0, 20, id="one after the other"),
        pytest.param([ann(join=0, leave=None, duration=300)], 1, 300, 300, 0, 5, id="no leave lasts its duration"),
        pytest.param([ann(join=0, leave=None)], 1, 0, 0, 0, None, id="no leave and no duration"),
        pytest.param([ann(join=10, leave=5, duration=60)], 1, 60, 60, 10, 11, id="leave before join"),
        pytest.param([ann(join=10, leave=5, duration=-300)], 1, 0, 0, 10, None, id="negative duration"),
        pytest.param([ann(join=5, leave=5)], 1, 0, 0, 5, 5, id="zero length"),
        pytest.param([ann(join=None, leave=5, duration=60)], 1, 60, 0, None, None, id="no join"),
        pytest.param([ann(join=None)], 1, 0, 0, None, None, id="neither join nor leave"),
        pytest.param(
            [ann(join=0, leave=5, status="in_waiting_room"), ann(join=5, leave=10)],
            1, 300, 300, 5, 10, id="the waiting room counts for nothing",
        ),
        pytest.param(
            [ann(join=0, leave=5, status="in_waiting_room")], 0, 0, 0, None, None, id="never let in"
        ),
        pytest.param([ann(join=0, leave=10, status=None)], 1, 600, 600, 0, 10, id="no status counts"),
    ],
)  # fmt: skip
def test_totals_of_one_person(
    case: AttendanceCase,
    rows: list[Row],
    sessions: int,
    total: int,
    attended: int,
    first: float | None,
    last: float | None,
) -> None:
    case.read(rows)
    (person,) = case.people()
    assert (person["session_count"], person["total_duration"], person["attended_seconds"]) == (
        sessions,
        total,
        attended,
    )
    assert person["first_join_time"] == (None if first is None else at(first))
    assert person["last_leave_time"] == (None if last is None else at(last))
    assert len(case.sessions()) == len(rows), "every row is kept"


def test_the_same_row_on_two_pages_is_one_session(case: AttendanceCase) -> None:
    twice = ann(join=0, leave=10)
    run = case.read([twice, ann(join=20, leave=30), dict(twice)], page_size=2, total_records=3)
    assert len(case.sessions()) == 2
    assert (run["rows_fetched"], run["rows_duplicate"], run["sessions_inserted"]) == (3, 1, 2)
    assert run["status"] == "completed"


def test_two_rows_of_one_join_that_differ_are_two_sessions(case: AttendanceCase) -> None:
    one = ann(join=0, leave=10, user_id="1")
    other = ann(join=0, leave=20, user_id="1")
    case.read([one, other])
    assert [session["leave_time"] for session in case.sessions()] == [at(10), at(20)]
    (person,) = case.people()
    assert (person["session_count"], person["total_duration"], person["attended_seconds"]) == (2, 1800, 1200)


def test_a_second_row_of_a_join_that_comes_later_leaves_the_first_as_it_is(case: AttendanceCase) -> None:
    one = ann(join=0, leave=10, user_id="1")
    other = ann(join=0, leave=20, user_id="1")
    case.read([one])
    run = case.read([one, other])
    assert (run["sessions_inserted"], run["sessions_unchanged"]) == (1, 1)
    assert [session["leave_time"] for session in case.sessions()] == [at(10), at(20)]


def test_rows_that_are_told_apart_touch_no_other_list_of_the_batch(case: AttendanceCase) -> None:
    one = ann(join=0, leave=10, user_id="1")
    twice = [one, dict(one), ann(join=0, leave=20, user_id="1")]
    plain = [ann(join=0, leave=10), ann(join=20, leave=30), row("Bob", leave=5)]
    second = case.add_instance("second")
    run_id = case.open_run()
    case.fetch(run_id, twice)
    case.fetch(run_id, plain, instance_id=second)
    case.work_off(run_id)
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    run = case.read(plain, instance_id=second)
    assert (run["sessions_inserted"], run["sessions_unchanged"], len(case.sessions(second))) == (0, 3, 3)


def test_a_corrected_leave_time_updates_the_session(case: AttendanceCase) -> None:
    first = ann(join=0, leave=10)
    case.read([first])
    (before,) = case.sessions()
    run = case.read([{**first, "leave_time": at(12), "duration": 720}])
    (after,) = case.sessions()
    assert (after["session_id"], after["participant_id"]) == (before["session_id"], before["participant_id"])
    assert (after["leave_time"], after["duration"]) == (at(12), 720)
    assert after["updated_at"] > before["updated_at"]
    assert (run["sessions_inserted"], run["sessions_updated"]) == (0, 1)
    assert case.people()[0]["attended_seconds"] == 720


def test_each_value_that_a_later_read_corrects_is_stored_and_counted(case: AttendanceCase) -> None:
    given = ann(join=0, leave=10)
    case.read([given])
    corrections: list[tuple[str, Any, int]] = [
        ("leave_time", at(12), 1),
        ("duration", 720, 1),
        ("name", "Ann Bee", 1),
        ("email", "ann.bee@x.test", 1),
        ("participant_user_id", "p1", 1),
        ("registrant_id", "r1", 1),
        ("customer_key", "k", 0),
        ("failover", True, 0),
        ("internal_user", True, 0),
        ("other_fields", {"client": "web"}, 0),
        ("marks", ["text_mended"], 0),
    ]
    for column, value, people in corrections:
        given[column] = Jsonb(value) if column == "other_fields" else value
        run = case.read([given])
        assert (run["sessions_updated"], run["participants_updated"]) == (1, people), column
        assert [session[column] for session in case.sessions()] == [value]
    (person,) = case.people()
    expected = {"participant_name": "Ann Bee", "email": "ann.bee@x.test", "participant_user_id": "p1",
                "registrant_id": "r1", "matched_by": "registrant_id", "total_duration": 720}  # fmt: skip
    assert {column: person[column] for column in expected} == expected


def test_rows_without_a_user_id_are_told_apart_by_who_joined(case: AttendanceCase) -> None:
    case.read(
        [
            row("Ann", user_id=None, email="ann@x.test", leave=10),
            row("Bob", user_id=None, email="bob@x.test", leave=10),
            row("Ann", user_id=None, email="Ann@X.test", leave=10),
        ]
    )
    assert len(case.sessions()) == 2


def test_what_the_row_said_beyond_the_columns_is_kept(case: AttendanceCase) -> None:
    case.read(
        [
            ann(
                leave=1,
                other_fields=Jsonb({"client": "web"}),
                marks=["text_mended"],
                customer_key="k",
                failover=True,
            )
        ]
    )
    (session,) = case.sessions()
    assert (session["other_fields"], session["marks"]) == ({"client": "web"}, ["text_mended"])
    assert (session["customer_key"], session["failover"]) == ("k", True)


def test_a_second_run_over_the_same_rows_writes_none(case: AttendanceCase) -> None:
    rows = [ann(leave=10), ann(join=20, leave=30), row("Bob", leave=5), row(None, leave=5)]
    case.read(rows)
    before = _writes(case.conn)
    run = case.read(list(reversed(rows)))
    assert _writes(case.conn) == before
    assert (run["sessions_unchanged"], run["participants_unchanged"]) == (4, 3)


def test_rows_that_a_later_read_lacks_stay(case: AttendanceCase) -> None:
    rows = [ann(join=0, leave=10), ann(join=20, leave=30)]
    case.read(rows)
    for fewer in (rows[:1], []):
        run = case.read(fewer)
        assert (run["status"], run["sessions_unchanged"]) == ("completed", len(fewer))
    assert len(case.sessions()) == 2
    assert case.people()[0]["session_count"] == 2


def test_an_instance_without_anybody_is_complete(case: AttendanceCase) -> None:
    run = case.read([])
    assert (run["status"], run["instances_done"], run["rows_fetched"]) == ("completed", 1, 0)
    assert case.people() == []


class TestTwoSources:
    """An instance's rows come from the report or from the fallback, and are never mixed."""

    def test_the_weaker_source_does_not_touch_what_the_better_one_gave(self, case: AttendanceCase) -> None:
        case.read([ann(join=0, leave=10)])
        before = _writes(case.conn)
        run = case.read([ann(join=0, leave=99), row("Bob", leave=5)], source="past_webinars")
        assert _writes(case.conn) == before
        assert (run["rows_kept_back"], run["rows_fetched"], run["status"]) == (2, 2, "completed")
        case.read([ann(join=0, leave=10)])
        assert case.rows("SELECT DISTINCT status FROM webinar_sync_queue") == [{"status": "done"}]

    def test_the_better_source_supersedes_the_weaker_ones_rows(self, case: AttendanceCase) -> None:
        common = ann(join=0, leave=10)
        case.read([common, ann(join=20, leave=40)], source="past_webinars")
        assert case.people()[0]["total_duration"] == 1800

        case.read([common, ann(join=21, leave=40)])
        stay, weaker, better = case.sessions()
        assert (stay["superseded_at"], stay["attendance_source"]) == (None, "report")
        assert weaker["superseded_at"] is not None
        assert better["superseded_at"] is None
        (person,) = case.people()
        assert (person["session_count"], person["total_duration"]) == (2, 600 + 19 * 60)
        (instance,) = case.rows("SELECT attendance_source FROM zoom_webinar_instances")
        assert instance["attendance_source"] == "report"

    def test_a_list_that_still_waits_says_nothing_of_its_instance(self, case: AttendanceCase) -> None:
        case.read([ann(join=0, leave=10)])
        run_id = case.open_run()
        case.fetch(run_id, [row("Bob", leave=5)], instance_id=case.add_instance("second"))
        case.fetch(run_id, [ann(join=0, leave=99)], source="past_webinars")
        for work in (attendance.sessionize, attendance.upsert):
            assert work(case.conn, run_id, 1) == 1, "the other instance alone"
        case.work_off(run_id)
        assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
        assert case.run(run_id)["rows_kept_back"] == 1
        assert [session["leave_time"] for session in case.sessions()] == [at(10)]

    def test_superseded_rows_stay_so_in_the_next_run(self, case: AttendanceCase) -> None:
        case.read([ann(join=20, leave=40)], source="past_webinars")
        case.read([ann(join=0, leave=10)])
        before = _writes(case.conn)
        case.read([ann(join=0, leave=10, user_id=case.sessions()[0]["user_id"])])
        assert _writes(case.conn) == before
        assert case.people()[0]["session_count"] == 1


class TestLostSessions:
    """Somebody deleted sessions; their people are our own conclusion, and go with the last of them."""

    def test_who_has_no_session_any_more_is_nobody(self, case: AttendanceCase, dsn: str) -> None:
        gone, stays = ann(leave=10), row("Bob", leave=10, email="bob@example.com")
        case.read([gone, stays])
        with psycopg.connect(dsn) as owner:
            owner.execute("DELETE FROM zoom_participant_sessions WHERE name = 'Ann'")
        case.read([stays])
        assert [person["participant_name"] for person in case.people()] == ["Bob"]
        (numbers,) = case.rows("SELECT attendees, sessions FROM zoom_instance_statistics")
        assert numbers == {"attendees": 1, "sessions": 1}

    def test_who_comes_back_is_one_person(self, case: AttendanceCase, dsn: str) -> None:
        late, early = ann(join=20, leave=40), ann(join=0, leave=10)
        case.read([late])
        case.read([late, early])
        with psycopg.connect(dsn) as owner:
            owner.execute("TRUNCATE zoom_participant_sessions")
        case.read([late, early])
        (person,) = case.people()
        assert (person["session_count"], person["total_duration"]) == (2, 1800)
        (numbers,) = case.rows("SELECT attendees, sessions FROM zoom_instance_statistics")
        assert numbers == {"attendees": 1, "sessions": 2}


def _writes(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    conn.execute("SELECT pg_stat_force_next_flush()")
    return conn.execute(
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = ANY (%s) ORDER BY 1",
        (list(DATA_TABLES),),
    ).fetchall()
