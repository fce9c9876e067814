"""The end of a run drops its own staged rows: at once where it is alone, row by row beside others, and theirs never."""

from __future__ import annotations

import psycopg
import pytest

from rollcall.store import runs
from tests.sql.attendance_case import AttendanceCase, row

STAGED = "zoom_participant_staging"


def file_of(case: AttendanceCase) -> int:
    """Postgres's file of the table: another one after the table was emptied as a whole."""
    return int(case.rows(f"SELECT pg_relation_filenode('{STAGED}') AS file")[0]["file"])


def staged(case: AttendanceCase) -> int:
    return len(case.rows(f"SELECT FROM {STAGED}"))


@pytest.fixture
def run_id(case: AttendanceCase) -> int:
    """A run with all its work done but the end."""
    run_id = case.open_run()
    case.fetch(run_id, [row("Ann", leave=1), row("Bob", leave=1)])
    case.work_off(run_id)
    return run_id


def test_a_run_that_is_alone_empties_the_tables(case: AttendanceCase, run_id: int) -> None:
    before = file_of(case)
    assert runs.finish_run(case.conn, run_id, error_kind=None, error_message=None) == "completed"
    assert (staged(case), file_of(case) != before) == (0, True)


def test_what_other_runs_dropped_long_ago_is_not_in_the_way(case: AttendanceCase, run_id: int) -> None:
    runs.close_run(case.conn, run_id, "failed", "internal_error", "A task failed")
    again = case.open_run()
    case.fetch(again, [row("Ann", leave=1)])
    case.work_off(again)
    before = file_of(case)
    runs.finish_run(case.conn, again, error_kind=None, error_message=None)
    assert (staged(case), file_of(case) != before) == (0, True)


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_rows_of_another_run_stay(case: AttendanceCase, run_id: int, is_whole: bool) -> None:
    other = AttendanceCase(case.conn, name="other")
    others = other.open_run()
    item_id = other.fetch(others, [row("Cy", leave=1)])
    if not is_whole:
        case.conn.execute("UPDATE webinar_sync_queue SET status = 'queued' WHERE id = %s", (item_id,))
    runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    assert case.rows(f"SELECT DISTINCT item_id FROM {STAGED}") == [{"item_id": item_id}]  # noqa: S608


def test_a_run_that_begins_drops_what_its_own_connection_left_there(case: AttendanceCase) -> None:
    left = {}
    for each in (case, AttendanceCase(case.conn, name="other")):
        run_id = each.open_run()
        left[each.connection_id] = each.fetch(run_id, [row("Ann", leave=1)])
        runs.close_run(each.conn, run_id, "failed", "internal_error", "A task failed")
    case.open_run()
    del left[case.connection_id]
    assert [r["item_id"] for r in case.rows(f"SELECT item_id FROM {STAGED}")] == [*left.values()]  # noqa: S608


def test_a_run_that_begins_drops_what_a_stopped_one_had_done_with(
    case: AttendanceCase, run_id: int, dsn: str
) -> None:
    assert runs.close_run(case.conn, run_id, "cancelled", None, "Stopped by a person")
    with psycopg.connect(dsn) as reader:
        # Else the end of the next run might empty the table as a whole.
        reader.execute(f"SELECT FROM {STAGED}".encode())
        case.read([row("Ann", leave=1)])
    assert staged(case) == 0


def test_nobody_who_reads_there_is_waited_for(case: AttendanceCase, run_id: int, dsn: str) -> None:
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SELECT FROM {STAGED}".encode())
        case.conn.execute("SET lock_timeout = '5s'")
        runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
        assert staged(case) == 0
