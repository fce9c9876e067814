"""One active run a connection; the same Airflow run again goes on where it stood."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg

from rollcall.store import queue, runs
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.writers import Connect, take, wait_until_blocked


def test_two_at_the_same_moment_open_one(case: AttendanceCase, connect: Connect) -> None:
    first, second = connect(), connect()

    def open_in(conn: psycopg.Connection, dag_run: str) -> int | None:
        return runs.open_run(
            conn, source="zoom", connection_id=case.connection_id, mode="full", window_from=None, window_to=None,
            webinar_ids=None, fetch_workers=1, dag_id="dag", dag_run_id=dag_run,
        )  # fmt: skip

    with ThreadPoolExecutor(1) as pool:
        with first.transaction():
            opened = open_in(first, "one")
            late = pool.submit(open_in, second, "two")
            wait_until_blocked(case.conn, second)
        assert late.result(30) is None
    assert opened is not None
    active = runs.active_run(case.conn, "zoom", case.connection_id)
    assert active is not None
    assert active.id == opened


def test_a_run_of_another_connection_is_not_in_the_way(case: AttendanceCase, run_id: int) -> None:
    other = AttendanceCase(case.conn, name="other")
    assert other.open_run() != run_id


def test_the_same_airflow_run_goes_on_with_what_was_abandoned(case: AttendanceCase, run_id: int) -> None:
    item = take(case.conn, run_id)
    queue.advance(case.conn, item, next_page_token="page-2", rows=300)
    runs.close_run(case.conn, run_id, "failed", "internal_error", "A task failed")

    again = runs.open_run(
        case.conn, source="zoom", connection_id=case.connection_id, mode="full", window_from=None, window_to=None,
        webinar_ids=None, fetch_workers=2, dag_id=case.name, dag_run_id="run 1",
    )  # fmt: skip
    assert again == run_id
    found = case.run(run_id)
    assert (found["status"], found["finished_at"], found["error_message"]) == ("running", None, None)
    assert take(case.conn, run_id).next_page_token == "page-2"


def test_the_next_run_drops_what_an_ended_one_left_staged(case: AttendanceCase) -> None:
    left = case.open_run()
    item_id = case.fetch(left, [row("Ann", leave=1), row("Bob", leave=1)], total_records=7)
    runs.close_run(case.conn, left, "failed", "internal_error", "A task failed")
    assert len(case.rows("SELECT 1 FROM zoom_participant_staging")) == 2, "it may still go on"

    case.open_run()
    assert case.rows("SELECT 1 FROM zoom_participant_staging") == []
    (item,) = case.rows("SELECT * FROM webinar_sync_queue WHERE id = %s", item_id)
    assert (item["status"], item["rows_fetched"], item["next_page_token"]) == ("abandoned", 0, "")


def test_a_run_taken_up_after_that_reads_its_lists_anew(case: AttendanceCase) -> None:
    left = case.open_run()
    rows = [row("Ann", leave=1), row("Bob", leave=1)]
    item_id = case.fetch(left, rows)
    case.conn.execute(
        "UPDATE webinar_sync_queue SET rows_rejected = 1, rows_kept_back = 1 WHERE id = %s", (item_id,)
    )
    runs.close_run(case.conn, left, "failed", "internal_error", "A task failed")
    case.read([])
    runs.open_run(
        case.conn, source="zoom", connection_id=case.connection_id, mode="full", window_from=None, window_to=None,
        webinar_ids=None, fetch_workers=1, dag_id=case.name, dag_run_id="run 1",
    )  # fmt: skip
    assert case.fetch(left, rows) == item_id
    case.work_off(left)
    assert runs.finish_run(case.conn, left, error_kind=None, error_message=None) == "completed"
    run = case.run(left)
    assert (run["rows_fetched"], run["rows_rejected"], run["sessions_inserted"]) == (2, 0, 2)


def test_a_run_taken_up_drops_what_a_later_one_left_staged(case: AttendanceCase) -> None:
    ann = row("Ann", leave=1, user_id="1")
    first = case.open_run()
    runs.close_run(case.conn, first, "failed", "internal_error", "A task failed")
    second = case.open_run()
    item_id = case.fetch(second, [ann])
    runs.close_run(case.conn, second, "failed", "internal_error", "A task failed")

    case.take_up_again(first)
    corrected = row("Ann", leave=9, user_id="1")
    case.fetch(first, [corrected])
    case.work_off(first)
    assert runs.finish_run(case.conn, first, error_kind=None, error_message=None) == "completed"

    case.take_up_again(second)
    case.work_off(second)
    assert [session["leave_time"] for session in case.sessions()] == [corrected["leave_time"]]
    assert take(case.conn, second).item_id == item_id, "it is read anew"
