"""Runs: the bar only moves forward, the last word is honest, and the mark moves with it or not at all."""

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


def activity(case: AttendanceCase, run_id: int) -> list[str]:
    return [
        each["message"]
        for each in case.rows(
            "SELECT message FROM sync_progress_updates WHERE run_id = %s ORDER BY id", run_id
        )
    ]


class TestProgress:
    def test_the_bar_only_moves_forward_and_ends_at_100(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        bar = []

        def look() -> None:
            runs.refresh_progress(case.conn, run_id)
            bar.append(float(case.run(run_id)["progress_percentage"]))

        look()
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        look()
        instances = [case.add_instance(f"instance {n}", participants_count=600) for n in range(3)]
        for instance in instances:
            case.fetch(run_id, [row("Ann", leave=1)] * 3, instance_id=instance, page_size=1)
            look()
        # More work turns up: the share that is done shrinks, the bar must not.
        queue.enqueue_participants(case.conn, run_id, [case.add_instance(f"late {n}") for n in range(9)])
        look()
        for phase in ("sessionize", "upsert", "fetch", "finish"):
            runs.set_phase(case.conn, run_id, phase, phase)
            look()
        case.conn.execute("UPDATE webinar_sync_queue SET status = 'gap' WHERE status = 'queued'")
        case.work_off(run_id)
        assert finish(case, run_id) == "completed"
        bar.append(float(case.run(run_id)["progress_percentage"]))
        assert bar == sorted(bar)
        assert bar[0] == 0
        assert bar[-1] == 100
        assert len(set(bar)) > 5

    def test_counts_and_time_left_are_shown_while_it_runs(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        case.fetch(run_id, [row("Ann", leave=1), row("Bob", leave=1)], total_records=5)
        queue.enqueue_participants(case.conn, run_id, [case.add_instance("second")])
        runs.refresh_progress(case.conn, run_id)
        run = case.run(run_id)
        assert (run["instances_done"], run["instances_queued"]) == (1, 2)
        assert (run["rows_fetched"], run["rows_expected"], run["pages_fetched"]) == (2, 5, 1)
        assert run["message"] == "Fetched 1 of 2 instances, 2 rows"
        assert run["estimated_end_at"] > run["heartbeat_at"]

    def test_each_phase_has_its_share_of_the_bar(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        second = case.add_instance("second")
        bar = []

        def look(phase: str) -> None:
            runs.set_phase(case.conn, run_id, phase, phase)
            runs.refresh_progress(case.conn, run_id)
            bar.append(float(case.run(run_id)["progress_percentage"]))

        queue.enqueue_participants(case.conn, run_id, [case.instance_id, second])
        for instance in (case.instance_id, second):
            case.fetch(run_id, [row("Ann", leave=1)], instance_id=instance)
            look("fetch")
        for work, phase in ((attendance.sessionize, "sessionize"), (attendance.upsert, "upsert")):
            for _ in range(2):
                assert work(case.conn, run_id, 1) == 1
                look(phase)
        assert bar == pytest.approx([42.5, 80, 84, 88, 93, 98], abs=0.1)

    def test_a_phase_is_told_once_however_many_workers_enter_it(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        for _ in range(4):
            runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        assert activity(case, run_id).count("Fetching") == 1

    def test_the_same_sentence_is_not_said_again_where_lists_of_people_move_the_bar(
        self, case: AttendanceCase
    ) -> None:
        run_id = case.open_run()
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        queue.enqueue_participants(case.conn, run_id, [case.instance_id])
        queue.enqueue_webinar_lists(
            case.conn, run_id, "registrants", [case.webinar_id], ["approved", "denied"]
        )
        queue.enqueue_webinar_lists(case.conn, run_id, "panelists", [case.webinar_id])
        bar = []
        for _ in range(3):
            item = queue.lease(case.conn, run_id, "worker-1")
            assert item is not None
            queue.settle(case.conn, item, "done")
            runs.refresh_progress(case.conn, run_id)
            bar.append(case.run(run_id)["progress_percentage"])
        assert bar[0] < bar[1] - 10 < bar[2] - 20
        assert activity(case, run_id).count("Fetched 0 of 1 instances, 0 rows") == 1

    def test_a_parked_run_says_so_once_and_goes_on(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        runs.refresh_progress(case.conn, run_id)
        until = datetime.now(UTC) + timedelta(hours=3)
        for _ in range(3):
            runs.set_waiting(case.conn, run_id, until, "The day's calls are used up", parked=True)
        run = case.run(run_id)
        assert (run["status"], run["waiting_until"], run["estimated_end_at"]) == ("waiting", until, until)
        assert run["waiting_reason"] == "The day's calls are used up"
        assert activity(case, run_id).count("The day's calls are used up") == 1
        runs.set_phase(case.conn, run_id, "fetch", "Fetching")
        run = case.run(run_id)
        assert (run["status"], run["waiting_until"], run["waiting_reason"]) == ("running", None, None)

    def test_a_short_wait_is_named_and_forgotten_when_it_is_over(self, case: AttendanceCase) -> None:
        run_id = case.open_run()
        runs.set_waiting(
            case.conn,
            run_id,
            datetime.now(UTC) - timedelta(seconds=1),
            "Zoom asked for a pause",
            parked=False,
        )
        assert case.run(run_id)["waiting_reason"] == "Zoom asked for a pause"
        assert case.run(run_id)["status"] == "running"
        runs.refresh_progress(case.conn, run_id)
        assert case.run(run_id)["waiting_reason"] is None


class TestTheEnd:
    def test_everything_read_is_completed(self, case: AttendanceCase) -> None:
        run = case.read([row("Ann", leave=1)])
        assert (run["status"], run["progress_percentage"], run["error_message"]) == ("completed", 100, None)
        assert run["finished_at"] is not None
        assert activity(case, run["id"])[-1] == "Completed"
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
