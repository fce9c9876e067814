"""Cleanup: old bookkeeping goes, attendance and what an active run needs stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.cleaning import (
    ATTENDANCE,
    CLEANED,
    DELIVERIES,
    STAGING,
    age,
    clean,
    counts,
    everything,
    failed_run,
    rows_in,
)


def test_old_runs_go_with_all_that_hangs_on_them(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    case.read([row("Ann", email="ann@example.com", leave=5)])
    old = failed_run(case, 40)
    case.read([row("Ann", email="ann@example.com", leave=5)])  # the last one
    before = everything(case.conn, ATTENDANCE)
    dry = clean(monitor, 30, True)
    assert all(each["is_dry_run"] for each in dry.values())
    assert not counts(dry, "rows_deleted")
    done = clean(monitor, 30)
    assert all(each["is_complete"] for each in done.values())
    assert counts(done, "rows_deleted") == counts(dry, "rows_found") == counts(done, "rows_found")
    assert counts(done, "rows_deleted")["sync_runs"] == 1
    assert not case.rows("SELECT FROM sync_runs WHERE id = %s", old)
    assert everything(case.conn, ATTENDANCE) == before
    assert not counts(clean(monitor, 30), "rows_found")


def test_what_is_staged_goes_with_its_list(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    failed_run(case, 40)
    staged = {table: rows_in(case.conn, table) for table in STAGING}
    assert all(staged.values())
    dry = clean(monitor, 30, True)
    assert {table: dry[table]["rows_found"] for table in STAGING} == staged
    clean(monitor, 30)
    assert [rows_in(case.conn, table) for table in STAGING] == [0, 0, 0]


def test_rows_whose_list_is_gone_are_found(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    attendance.stage_participants(case.conn, 4711, 0, 0, [(None,) * len(attendance.STAGING_COLUMNS)])
    assert clean(monitor, 3650)["zoom_participant_staging"]["rows_deleted"] == 1


def test_the_last_run_and_the_last_success_of_each_connection_stay(
    case: AttendanceCase, monitor: psycopg.Connection
) -> None:
    ids = []
    for _ in range(2):
        ids.append(case.read([row("Ann", leave=5)])["id"])
        age(case.conn, ids[-1], 90)
    ids += [failed_run(case, days) for days in (80, 70)]
    done = clean(monitor, 30)
    left = [each["id"] for each in case.rows("SELECT id FROM sync_runs ORDER BY id")]
    assert left == [ids[1], ids[3]]
    # What they said goes all the same, and so do their lists: a person who clears such a run reads them anew.
    assert rows_in(case.conn, "sync_progress_updates") == rows_in(case.conn, "webinar_sync_queue") == 0
    assert done["sync_runs"]["rows_deleted"] == 2


def test_a_run_that_a_mark_names_stays(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    marked = case.read([row("Ann", leave=5)])["id"]
    age(case.conn, marked, 90)
    for _ in range(2):
        run_id = case.open_run("webinars")
        runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
        age(case.conn, run_id, 80)
    clean(monitor, 30)
    left = [each["id"] for each in case.rows("SELECT id FROM sync_runs ORDER BY id")]
    assert left == [marked, run_id]


def test_an_active_run_keeps_everything_however_old(
    case: AttendanceCase, monitor: psycopg.Connection
) -> None:
    run_id = case.open_run()
    case.fetch(run_id, [row("Ann", leave=5)])
    attendance.sessionize(case.conn, run_id, 1000)
    runs.log_activity(case.conn, run_id, "Working")
    age(case.conn, run_id, 90)
    tables = ("sync_runs", "webinar_sync_queue", "sync_progress_updates", *STAGING)
    before = everything(case.conn, tables)
    assert not counts(clean(monitor, 0), "rows_found")
    assert everything(case.conn, tables) == before


def test_old_words_of_a_long_run_go_though_it_ended_lately(
    case: AttendanceCase, monitor: psycopg.Connection
) -> None:
    run_id = failed_run(case, 40)
    case.conn.execute("UPDATE sync_runs SET finished_at = now() WHERE id = %s", (run_id,))
    deleted = counts(clean(monitor, 30), "rows_deleted")
    assert deleted.keys() == {"sync_progress_updates", "sync_error_logs"}


def test_zero_days_is_all_that_has_ended(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    case.conn.execute(
        "INSERT INTO zoom_call_budgets (account, daily_pool, day, exhausted_until) VALUES"
        " ('a', 'heavy', (now() AT TIME ZONE 'UTC')::date, NULL),"
        " ('a', 'heavy', (now() AT TIME ZONE 'UTC')::date - 1, now() + interval '1 hour'),"
        " ('a', 'heavy', (now() AT TIME ZONE 'UTC')::date - 2, NULL)"
    )
    failed_run(case, 0)
    case.read([row("Ann", leave=5)])
    done = clean(monitor, 0)
    assert all(each["is_complete"] for each in done.values())
    assert rows_in(case.conn, "webinar_sync_queue") == rows_in(case.conn, "sync_progress_updates") == 0
    assert rows_in(case.conn, "sync_runs") == 1
    assert done["zoom_call_budgets"]["rows_deleted"] == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((None,), "p_days is null"),
        ((-1,), "p_days is -1"),
        ((1, None), "p_dry_run is null"),
        ((1, False, 0), "p_max_rows is 0"),
    ],
)
def test_wrong_arguments_are_named(
    monitor: psycopg.Connection, arguments: tuple[Any, ...], word: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=word):
        clean(monitor, *arguments)


def test_any_number_of_days_will_do(monitor: psycopg.Connection) -> None:
    assert not counts(clean(monitor, 2_147_483_647), "rows_found")


def test_a_caller_can_go_in_steps(case: AttendanceCase, monitor: psycopg.Connection) -> None:
    failed_run(case, 40)
    run_id = failed_run(case, 35)
    expected = counts(clean(monitor, 30, True), "rows_found")
    total: dict[str, int] = {}
    for _ in range(100):
        done = clean(monitor, 30, False, 2)
        assert sum(each["rows_deleted"] for each in done.values()) <= 2
        for name, number in counts(done, "rows_deleted").items():
            total[name] = total.get(name, 0) + number
        if all(each["is_complete"] for each in done.values()):
            break
    assert total == expected
    assert [each["id"] for each in case.rows("SELECT id FROM sync_runs")] == [run_id]


class TestSettings:
    def scheduled(self, conn: psycopg.Connection) -> dict[str, dict[str, Any]]:
        with conn.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("SELECT * FROM scheduled_cleanup()").fetchall()
        return {each["table_name"]: each for each in rows}

    def test_each_table_keeps_as_long_as_its_row_says(
        self, case: AttendanceCase, monitor: psycopg.Connection
    ) -> None:
        failed_run(case, 40)
        failed_run(case, 35)
        done = self.scheduled(monitor)
        deleted = counts(done, "rows_deleted")
        assert {"webinar_sync_queue", "sync_progress_updates"} < deleted.keys()
        assert not {"sync_runs", "sync_error_logs"} & deleted.keys()
        assert done["zoom_person_staging"]["kept_since"] == done["webinar_sync_queue"]["kept_since"]
        days = datetime.now(UTC) - done["sync_error_logs"]["kept_since"]
        assert timedelta(days=89) < days < timedelta(days=91)

    def test_a_run_is_kept_as_long_as_what_hangs_on_it(
        self, case: AttendanceCase, monitor: psycopg.Connection
    ) -> None:
        case.conn.execute("RESET ROLE")
        case.conn.execute("UPDATE sync_retention_settings SET keep_days = 1 WHERE table_name = 'sync_runs'")
        done = self.scheduled(monitor)
        assert done["sync_runs"]["kept_since"] == done["sync_error_logs"]["kept_since"]
        case.conn.execute(
            "UPDATE sync_retention_settings SET keep_days = NULL WHERE table_name = 'sync_error_logs'"
        )
        done = self.scheduled(monitor)
        assert done["sync_runs"]["kept_since"] is done["sync_error_logs"]["kept_since"] is None

    def test_old_webhook_deliveries_go_but_not_by_the_days_of_bookkeeping(
        self, db: psycopg.Connection, monitor: psycopg.Connection
    ) -> None:
        db.execute(
            """
            INSERT INTO calendly_webhook_events (delivery_key, raw_body, apply_status, last_seen_at)
            SELECT status || days, '{}', status, now() - make_interval(days => days)
            FROM unnest(ARRAY['applied', 'outdated', 'unreadable', 'pending', 'failed']) status,
                unnest(ARRAY[29, 31]) days
            """
        )
        clean(monitor, 0)
        looked = (
            "SELECT rows_found, rows_deleted FROM clean_sync_data(NULL, true, NULL) WHERE table_name = %s"
        )
        assert db.execute(looked, (DELIVERIES,)).fetchone() == (3, 0)
        assert rows_in(db, DELIVERIES) == 10
        done = self.scheduled(monitor)
        assert counts(done, "rows_deleted") == {DELIVERIES: 3}
        assert done[DELIVERIES]["is_complete"]
        left = db.execute("SELECT apply_status FROM calendly_webhook_events WHERE delivery_key LIKE '%31'")
        assert set(left.fetchall()) == {("pending",), ("failed",)}
        assert monitor.execute("SELECT clean_old_webhook_events(0)").fetchone() == (3,)
        assert monitor.execute("SELECT clean_old_webhook_events(2147483647)").fetchone() == (0,)
        for days in ("-1", "NULL"):
            with pytest.raises(psycopg.errors.InvalidParameterValue, match="p_days is"):
                monitor.execute(f"SELECT clean_old_webhook_events({days})".encode())

    def test_no_row_means_for_ever(self, case: AttendanceCase, monitor: psycopg.Connection) -> None:
        failed_run(case, 4000)
        case.conn.execute("DELETE FROM sync_retention_settings")
        done = self.scheduled(monitor)
        assert not counts(done, "rows_found")
        assert {each["kept_since"] for each in done.values()} == {None}

    def test_it_may_stand_in_the_select_list(self, monitor: psycopg.Connection) -> None:
        assert len(monitor.execute("SELECT scheduled_cleanup()").fetchall()) == len((*CLEANED, DELIVERIES))

    @pytest.mark.parametrize("days", [0, -1])
    def test_a_day_is_the_least(self, db: psycopg.Connection, days: int) -> None:
        with pytest.raises(psycopg.errors.CheckViolation, match="at_least_a_day_is_kept"):
            db.execute("UPDATE sync_retention_settings SET keep_days = %s", (days,))

    @pytest.mark.parametrize("role", ["writer", "monitor", "reader"])
    def test_nobody_but_the_owner_changes_them(self, db: psycopg.Connection, role: str) -> None:
        db.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"rollcall_{role}")))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("UPDATE sync_retention_settings SET keep_days = 1")


@pytest.mark.parametrize("call", ["cleanup_old_sync_data(30)", "scheduled_cleanup()", "check_stale_syncs()"])
def test_an_analyst_may_not_clean_up(db: psycopg.Connection, call: str) -> None:
    db.execute("SET ROLE rollcall_reader")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(f"SELECT * FROM {call}".encode())  # noqa: S608 - a constant
