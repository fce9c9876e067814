"""The stored numbers are never stale after a run, cost nothing without news, and are worked out where missing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from rollcall.store import attendance, runs, webinars
from tests.sql.attendance_case import AttendanceCase, at, row

TABLES = ("zoom_instance_statistics", "zoom_webinar_statistics")
VIEWS = (
    "instance_attendance_analytics",
    "webinar_attendance_analytics",
    "webinar_statistics_by_connection",
)


def shown(case: AttendanceCase) -> dict[str, list[dict[str, Any]]]:
    """All that the views say."""
    return {view: case.rows(f"SELECT * FROM {view} ORDER BY 1, 2, 3, 4, 5, 6") for view in VIEWS}  # noqa: S608


def stored(case: AttendanceCase) -> dict[str, list[dict[str, Any]]]:
    """The rollups, with where each row lies: a row that was written anew lies elsewhere."""
    return {table: case.rows(f"SELECT ctid::text, t.* FROM {table} t ORDER BY 2") for table in TABLES}  # noqa: S608


def assert_fresh(case: AttendanceCase) -> None:
    """Stored for everything, and what is shown is what working it out anew shows."""
    for table, source in zip(TABLES, ("zoom_webinar_instances", "zoom_webinars"), strict=True):
        counts = [case.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in (table, source)]  # noqa: S608
        assert counts[0] == counts[1], table
    before = shown(case)
    case.conn.execute("DELETE FROM zoom_instance_statistics")
    case.conn.execute("DELETE FROM zoom_webinar_statistics")
    assert shown(case) == before
    case.conn.execute("SELECT refresh_statistics()")
    assert shown(case) == before


def first_read(case: AttendanceCase) -> None:
    """Ann and Bob in one instance, Ann in a second one."""
    ann = row("Ann", registrant_id="r1", email="ann@x.test", leave=50)
    webinars.upsert_registrants(
        case.conn, case.webinar_id, [{"registrant_id": "r1", "email": "ann@x.test", "status": "approved"}]
    )
    case.read([ann, row("Bob", email="bob@x.test", join=5, leave=10)])
    case.read([{**ann, "user_id": "7"}], instance_id=case.add_instance("second"))


def read_again(case: AttendanceCase) -> None:
    """Nothing new: a run over an instance that stays as it is."""
    rows = [{key: s[key] for key in s if s[key] is not None} for s in case.sessions()]
    case.read(rows)


def late_row(case: AttendanceCase) -> None:
    case.read([row("Late", email="late@x.test", leave=60)])


def two_are_one(case: AttendanceCase) -> None:
    case.read([row("Ann", registrant_id="r1", email="bob@x.test", join=20, leave=21)])
    assert len(case.people()) == 1


def other_source(case: AttendanceCase) -> None:
    instance_id = case.add_instance("third")
    case.read([row("Old", email="old@x.test", leave=5)], instance_id=instance_id, source="past_webinars")
    case.read([row("New", email="new@x.test", leave=9)] * 2, instance_id=instance_id, source="report")
    assert any(s["superseded_at"] for s in case.sessions(instance_id))


def other_end(case: AttendanceCase) -> None:
    case.add_instance("uuid-of-the-instance", end_time=at(12).isoformat(), duration_minutes=12)
    read_again(case)


def more_registrants(case: AttendanceCase) -> None:
    webinars.upsert_registrants(
        case.conn, case.webinar_id, [{"registrant_id": "r2", "email": "BOB@x.test", "status": "approved"}]
    )
    read_again(case)


def made_panelist(case: AttendanceCase) -> None:
    webinars.upsert_panelists(case.conn, case.webinar_id, [{"panelist_id": "p", "email": "bob@x.test"}])
    read_again(case)


@pytest.mark.parametrize(
    "change", [late_row, two_are_one, other_source, other_end, more_registrants, made_panelist]
)
def test_after_a_change_nothing_stale_is_shown(case: AttendanceCase, change: Any) -> None:
    first_read(case)
    before = shown(case)
    change(case)
    assert shown(case) != before
    assert_fresh(case)


def test_the_same_again_writes_no_row(case: AttendanceCase) -> None:
    first_read(case)
    before = stored(case)
    registrant = {"registrant_id": "r1", "email": "ann@x.test", "status": "approved"}
    assert webinars.upsert_registrants(case.conn, case.webinar_id, [registrant]) == 0
    read_again(case)
    assert stored(case) == before


def test_a_late_row_touches_its_own_instance_only(case: AttendanceCase) -> None:
    first_read(case)
    before = {r["instance_id"]: r for r in stored(case)["zoom_instance_statistics"]}
    late_row(case)
    after = {r["instance_id"]: r for r in stored(case)["zoom_instance_statistics"]}
    assert {key for key in after if after[key] != before[key]} == {case.instance_id}


def test_numbers_are_right_while_the_run_is_on(case: AttendanceCase) -> None:
    first_read(case)
    run_id = case.open_run()
    case.fetch(run_id, [row("Late", email="late@x.test", leave=60)])
    case.work_off(run_id)
    found = case.rows("SELECT actual_participant_count, attendances FROM webinar_attendance_analytics")
    assert found == [{"actual_participant_count": 3, "attendances": 4}]
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    assert_fresh(case)


def test_two_batches_of_one_webinar_do_not_wait_for_each_other(case: AttendanceCase, dsn: str) -> None:
    run_id = case.open_run()
    for name in ("a", "b"):
        case.fetch(run_id, [row(name, leave=5)], instance_id=case.add_instance(name))
    while attendance.sessionize(case.conn, run_id, 1):
        pass
    with psycopg.connect(dsn, autocommit=True, options="-c lock_timeout=2s") as other:
        other.execute("SET search_path TO rollcall")
        with case.conn.transaction():
            assert attendance.upsert(case.conn, run_id, 1) == 1
            assert attendance.upsert(other, run_id, 1) == 1
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    assert_fresh(case)


def test_a_rebuild_waits_for_a_change_under_way_and_then_sees_it(case: AttendanceCase, dsn: str) -> None:
    first_read(case)
    # Numbers that nobody has stored yet: no row of theirs stands in the way.
    for table in TABLES:
        case.conn.execute(f"DELETE FROM {table}".encode())  # noqa: S608
    record = {"registrant_id": "r9", "email": "nine@x.test", "status": "approved"}
    with psycopg.connect(dsn, autocommit=True, options="-c lock_timeout=300ms") as other:
        other.execute("SET search_path TO rollcall")
        with case.conn.transaction():
            webinars.upsert_registrants(case.conn, case.webinar_id, [record])
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("SELECT refresh_statistics()")
        assert other.execute("SELECT webinars FROM refresh_statistics('case')").fetchall() == [(1,)]
    assert case.rows("SELECT registrants FROM zoom_webinar_statistics") == [{"registrants": 2}]


def test_a_rebuild_is_for_one_connection_or_all(case: AttendanceCase) -> None:
    other = AttendanceCase(case.conn, name="other")
    query = "SELECT connection_id, instances, webinars FROM refresh_statistics(%s)"
    assert len(case.rows(query, None)) == 2
    assert case.rows(query, "other") == [
        {"connection_id": other.connection_id, "instances": 1, "webinars": 1}
    ]
    assert case.rows(query, str(case.connection_id))[0]["connection_id"] == case.connection_id
    assert case.rows(query, "nobody") == []


def test_a_question_about_one_connection_works_out_no_other(db: psycopg.Connection) -> None:
    AttendanceCase(db).read([row("Ann", leave=5)])
    quiet = AttendanceCase(db, name="quiet")
    db.execute("DELETE FROM zoom_instance_statistics")
    db.execute("DELETE FROM zoom_webinar_statistics")
    db.execute("SET track_functions = 'all'")
    view = "SELECT * FROM webinar_attendance_analytics"
    db.execute(f"{view} WHERE connection_id = %s".encode(), (quiet.connection_id,))
    db.execute(f"{view} WHERE connection_name = 'quiet'".encode())
    db.execute("SELECT pg_stat_force_next_flush()")
    calls = db.execute(
        "SELECT calls FROM pg_stat_user_functions WHERE funcname = 'measure_webinars'"
    ).fetchall()
    assert calls == [(2,)]
