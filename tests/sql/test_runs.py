"""Runs: the last word is honest, and the mark moves with it or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.errors import RunClosed
from rollcall.store import attendance, gaps, queue, runs
from tests.sql.attendance_case import AttendanceCase, row


def finish(case: AttendanceCase, run_id: int, message: str | None = None) -> str:
    return runs.finish_run(case.conn, run_id, error_kind=None, error_message=message)


def gap(
    case: AttendanceCase, run_id: int, key: str, *, expected: bool = False, hours: float | None = 24
) -> None:
    gaps.note_gap(
        case.conn, run_id, object_kind="participants", object_key=key, status=404, code=3001,
        reason="Zoom does not know it", is_expected=expected, recheck_after_hours=hours,
    )  # fmt: skip


class TestTheEnd:
    def test_everything_read_is_completed(self, case: AttendanceCase) -> None:
        run = case.read([row("Ann", leave=1)])
        assert (run["status"], run["progress_percentage"], run["error_message"]) == ("completed", 100, None)
        assert run["finished_at"] is not None
        assert case.activity(run["id"])[-1] == "Completed"
        for table in ("zoom_participant_staging", "zoom_session_staging", "zoom_person_staging"):
            assert case.rows(f"SELECT 1 FROM {table}") == []  # noqa: S608

    def test_an_unexpected_gap_makes_it_one_with_gaps(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        gap(case, run_id, "uuid-1")
        assert finish(case, run_id) == "completed_with_gaps"
        assert case.run(run_id)["gaps"] == 1

    def test_what_happens_to_every_webinar_in_time_does_not(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        gap(case, run_id, "uuid-1", expected=True)
        assert finish(case, run_id) == "completed"

    def test_a_gap_of_an_earlier_delta_is_not_a_later_ones_but_every_full_runs(
        self, case: AttendanceCase
    ) -> None:
        first = case.open_run("delta")
        gap(case, first, "uuid-1")
        assert finish(case, first) == "completed_with_gaps"
        assert finish(case, case.open_run("delta")) == "completed"
        assert finish(case, case.open_run("full")) == "completed_with_gaps"

    def test_a_gap_is_filled_by_a_read_that_succeeds(self, case: AttendanceCase) -> None:
        first = case.open_run()
        gap(case, first, "uuid-of-the-instance")
        finish(case, first)
        assert case.read([row("Ann", leave=1)])["status"] == "completed"
        (found,) = case.rows("SELECT * FROM sync_gaps")
        assert found["closed_at"] is not None
        assert found["recheck_at"] is None

    def test_a_gap_of_another_connection_to_the_same_account_stays_open(self, case: AttendanceCase) -> None:
        other = AttendanceCase(case.conn, name="other")
        for each in (case, other):
            run_id = each.open_run()
            gap(each, run_id, "uuid-of-the-instance")
            finish(each, run_id)
        case.read([row("Ann", leave=1)])
        open_gaps = case.rows("SELECT connection_id FROM sync_gaps WHERE closed_at IS NULL")
        assert open_gaps == [{"connection_id": other.connection_id}]

    def test_lists_that_nobody_read_make_it_failed(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        queue.enqueue_participants(case.conn, run_id, [case.instance_id])
        assert finish(case, run_id) == "failed"
        run = case.run(run_id)
        assert (run["error_kind"], run["finished_at"] is not None) == ("internal_error", True)
        assert "1 lists were not read to their end" in run["error_message"]
        assert run["error_message"].endswith("No attendance was fetched; start it again.")

    def test_a_task_that_failed_before_makes_it_failed(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        case.fetch(run_id, [row("Ann", leave=1)])
        assert finish(case, run_id, "Task fetch failed") == "failed"
        told = case.run(run_id)["error_message"]
        assert told == "Task fetch failed. What was fetched is stored; start a delta to do the rest."

    @pytest.mark.parametrize(
        "accident",
        [
            pytest.param("DELETE FROM zoom_participant_staging WHERE row_no = 0", id="a staged row is gone"),
            pytest.param(
                "UPDATE webinar_sync_queue SET rows_fetched = 4", id="a row was counted but not staged"
            ),
        ],
    )
    def test_rows_that_are_not_accounted_for_make_it_failed(
        self, case: AttendanceCase, accident: str
    ) -> None:
        run_id = case.open_run()
        case.fetch(run_id, [row("Ann", leave=1), row("Bob", leave=1), row("Cem", leave=1)])
        case.conn.execute(accident.encode())
        case.work_off(run_id)
        assert finish(case, run_id) == "failed"
        run = case.run(run_id)
        assert run["error_kind"] == "data_error"
        assert f"1 of {run['rows_fetched']} staged rows are not accounted for" in run["error_message"]

    def test_a_session_lost_between_sessionize_and_upsert_makes_it_failed(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        case.fetch(run_id, [row("Ann", leave=1), row("Bob", leave=1)])
        attendance.sessionize(case.conn, run_id, 1000)
        case.conn.execute("DELETE FROM zoom_participant_staging WHERE row_no = 0")
        attendance.upsert(case.conn, run_id, 1000)
        assert finish(case, run_id) == "failed"

    def test_the_first_to_end_a_run_wins(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        assert runs.close_run(case.conn, run_id, "cancelled")
        assert not runs.close_run(case.conn, run_id, "failed")
        assert finish(case, run_id) == "cancelled"
        assert case.run(run_id)["status"] == "cancelled"

    @pytest.mark.parametrize("ends", ["by a person", "as stale"])
    def test_a_run_that_is_stopped_tells_what_it_had_done(self, case: AttendanceCase, ends: str) -> None:
        run_id = case.open_run()
        twice = row("Bob", email="bob@example.com", leave=5)
        case.fetch(run_id, [row("Ann", email="ann@example.com", leave=5), twice, twice])
        case.work_off(run_id)
        runs.log_error(
            case.conn, run_id, kind="server_error", code="502", subject="x", message="Bad gateway", context={}
        )
        if ends == "as stale":
            case.conn.execute("UPDATE sync_runs SET heartbeat_at = heartbeat_at - interval '2 hours'")
            assert len(case.rows("SELECT * FROM check_stale_syncs()")) == 1
        else:
            assert runs.close_run(case.conn, run_id, "cancelled")
        run = case.run(run_id)
        counts = ("rows_fetched", "rows_duplicate", "sessions_inserted", "participants_inserted", "errors")
        assert [run[count] for count in counts] == [3, 1, 2, 2, 1]

    def test_nothing_more_is_written_to_an_ended_run(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        runs.close_run(case.conn, run_id, "cancelled")
        before = case.run(run_id)
        with pytest.raises(RunClosed):
            runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        with pytest.raises(RunClosed):
            runs.refresh_progress(case.conn, run_id)
        with pytest.raises(RunClosed):
            runs.set_waiting(case.conn, run_id, datetime.now(UTC), "x", parked=True)
        assert case.run(run_id) == before


class TestTheMark:
    def end_run(self, case: AttendanceCase, mode: str, until: datetime, message: str | None = None) -> None:
        run_id = case.open_run(mode)
        case.conn.execute("UPDATE sync_runs SET window_to = %s WHERE id = %s", (until, run_id))
        finish(case, run_id, message)

    @pytest.mark.parametrize(
        ("mode", "moves"), [("full", True), ("delta", True), ("date_range", False), ("webinars", False)]
    )
    def test_it_moves_when_everything_since_the_last_one_was_read(
        self, case: AttendanceCase, mode: str, moves: bool
    ) -> None:
        until = datetime(2026, 10, 1, tzinfo=UTC)
        self.end_run(case, mode, until)
        assert runs.mark(case.conn, case.connection_id) == (until if moves else None)

    def test_it_stays_when_the_run_failed(self, case: AttendanceCase) -> None:
        self.end_run(case, "delta", datetime(2026, 10, 1, tzinfo=UTC), "Task fetch failed")
        assert runs.mark(case.conn, case.connection_id) is None

    def test_it_never_moves_backwards(self, case: AttendanceCase) -> None:
        later = datetime(2026, 10, 1, tzinfo=UTC)
        self.end_run(case, "delta", later)
        self.end_run(case, "full", later - timedelta(days=9))
        assert runs.mark(case.conn, case.connection_id) == later


def test_the_same_error_again_is_counted(case: AttendanceCase) -> None:
    run_id = case.open_run()
    for attempt in range(3):
        runs.log_error(
            case.conn, run_id, kind="server_error", code="500", subject="uuid-1", message="Zoom failed",
            context={"attempt": attempt},
        )  # fmt: skip
    runs.log_error(
        case.conn,
        run_id,
        kind="server_error",
        code="500",
        subject="uuid-2",
        message="Zoom failed",
        context={},
    )
    found = case.rows(
        "SELECT subject, occurrences, context, last_seen_at > first_seen_at AS again FROM sync_error_logs"
    )
    assert found == [
        {"subject": "uuid-1", "occurrences": 3, "context": {"attempt": 2}, "again": True},
        {"subject": "uuid-2", "occurrences": 1, "context": {}, "again": False},
    ]
    finish(case, run_id)
    assert case.run(run_id)["errors"] == 2


def test_a_gap_says_when_to_look_again(case: AttendanceCase) -> None:
    run_id = case.open_run()
    gap(case, run_id, "soon", hours=24)
    gap(case, run_id, "never", hours=None)
    gap(case, run_id, "soon", hours=48)
    soon, never = case.rows(
        "SELECT object_key, times_seen, recheck_at - last_seen_at AS again FROM sync_gaps ORDER BY object_key DESC"
    )
    assert (soon["times_seen"], soon["again"]) == (2, timedelta(hours=48))
    assert (never["times_seen"], never["again"]) == (1, None)
