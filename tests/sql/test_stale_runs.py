"""Runs without a sign of life: who closes them, who reports them, and what those who wake up later may still write."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from rollcall.errors import RunClosed
from rollcall.store import attendance, gaps, queue, runs
from rollcall.sync import finish as finish_step
from rollcall.sync.batches import run_batches
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.writers import Connect, wait_until_blocked

Write = Callable[[psycopg.Connection, int, queue.Item], object]
LONG_AGO = timedelta(hours=2)


def silence(case: AttendanceCase, run_id: int, since: timedelta = LONG_AGO) -> None:
    """As if the run's last sign of life were so long ago."""
    case.conn.execute("UPDATE sync_runs SET heartbeat_at = now() - %s WHERE id = %s", (since, run_id))


def check(conn: psycopg.Connection, *arguments: Any) -> list[dict[str, Any]]:
    query = "SELECT * FROM check_stale_syncs(%s)" if arguments else "SELECT * FROM check_stale_syncs()"
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), arguments).fetchall()


class TestCheck:
    def test_a_silent_run_is_closed_and_told(self, case: AttendanceCase, monitor: psycopg.Connection) -> None:
        run_id = case.open_run()
        queue.enqueue_participants(case.conn, run_id, [case.instance_id, case.add_instance("second")])
        assert queue.lease(case.conn, run_id, "worker-1")
        silence(case, run_id)
        (told,) = check(monitor)
        assert (told["run_id"], told["source"], told["connection_name"]) == (run_id, "zoom", "case")
        assert (told["airflow_run_id"], told["leases_returned"]) == ("run 1", 1)
        assert LONG_AGO <= told["silent_for"] < LONG_AGO + timedelta(minutes=1)
        run = case.run(run_id)
        assert (run["status"], run["error_kind"]) == ("failed", "internal_error")
        assert run["error_message"] == told["message"]
        assert "start a delta" in told["message"]
        left = case.rows("SELECT status, fencing_token FROM webinar_sync_queue")
        assert left == [{"status": "abandoned", "fencing_token": None}] * 2
        assert check(monitor) == []
        case.open_run()

    def test_all_is_well(self, case: AttendanceCase, monitor: psycopg.Connection) -> None:
        assert check(monitor) == []
        case.open_run()
        assert check(monitor) == []

    def test_a_parked_run_is_silent_on_purpose_until_its_time_has_come(
        self, case: AttendanceCase, monitor: psycopg.Connection
    ) -> None:
        run_id = case.open_run()
        for until, stale in ((timedelta(hours=5), 0), (timedelta(minutes=-30), 0), (timedelta(hours=-2), 1)):
            runs.set_waiting(case.conn, run_id, datetime.now(UTC) + until, "The day is spent", parked=True)
            silence(case, run_id, timedelta(days=1))
            assert len(check(monitor)) == stale

    def test_the_patience_is_the_callers(self, case: AttendanceCase, monitor: psycopg.Connection) -> None:
        silence(case, case.open_run(), timedelta(minutes=10))
        assert check(monitor, timedelta(minutes=11)) == []
        assert len(check(monitor, timedelta(minutes=9))) == 1

    @pytest.mark.parametrize("after", [None, timedelta(0), timedelta(hours=-1)])
    def test_no_patience_is_refused(self, monitor: psycopg.Connection, after: timedelta | None) -> None:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="how long a run may be silent"):
            check(monitor, after)

    def test_several_at_once_report_each_run_once(self, dsn: str, db: psycopg.Connection) -> None:
        expected = [_open_for_a_new_connection(db, f"connection-{n}") for n in range(16)]
        db.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours'")
        gate = threading.Barrier(6)

        def one(_: int) -> list[int]:
            with closing(psycopg.connect(dsn, autocommit=True)) as conn:
                gate.wait(timeout=30)
                return [told["run_id"] for told in check(conn)]

        with ThreadPoolExecutor(6) as pool:
            told = list(itertools.chain.from_iterable(pool.map(one, range(6))))
        assert sorted(told) == sorted(expected)

    def test_a_session_that_writes_is_a_sign_of_life(
        self, dsn: str, case: AttendanceCase, monitor: psycopg.Connection
    ) -> None:
        run_id = case.open_run()
        silence(case, run_id)
        with psycopg.connect(dsn) as writing:
            runs.hold(writing, runs.get_run(writing, run_id))
            assert check(monitor) == []
            writing.rollback()
            assert len(check(monitor)) == 1


def _open_for_a_new_connection(db: psycopg.Connection, name: str) -> int:
    found = db.execute(
        "WITH c AS (INSERT INTO zoom_connections"
        " (name, account_id, kind, plan, client_id, client_secret_encrypted)"
        " VALUES (%s, 'account', 'server_to_server', 'pro', 'client', 'cipher') RETURNING id)"
        " INSERT INTO sync_runs (connection_id, mode) SELECT id, 'full' FROM c RETURNING id",
        (name,),
    ).fetchone()
    assert found is not None
    return int(found[0])


# Whatever a task calls on behalf of its run.
WRITES: dict[str, Write] = {
    "page": lambda conn, _run, item: queue.advance(conn, item, next_page_token="x", rows=1),
    "restart": lambda conn, _run, item: queue.restart(conn, item, "past_webinars"),
    "settle": lambda conn, _run, item: queue.settle(conn, item, "done"),
    "renew": lambda conn, _run, item: queue.renew(conn, item),
    "progress": lambda conn, run, _item: runs.refresh_progress(conn, run),
    "phase": lambda conn, run, _item: runs.set_phase(conn, run, "upsert", "late"),
    "waiting": lambda conn, run, _item: runs.set_waiting(conn, run, datetime.now(UTC), "late", parked=False),
    "activity": lambda conn, run, _item: runs.log_activity(conn, run, "late"),
    "error": lambda conn, run, _item: runs.log_error(
        conn, run, kind="data_error", code="1", subject="late", message="late", context={}
    ),
    "gap": lambda conn, run, _item: gaps.note_gap(
        conn, run, object_kind="host", object_key="late", status=404, code=1, reason="late",
        is_expected=False, recheck_after_hours=None,
    ),
    "no gap": lambda conn, run, _item: gaps.close_gap(conn, run, "host", "h1"),
}  # fmt: skip
QUIET: dict[str, Write] = {
    "sessionize": lambda conn, run, _item: attendance.sessionize(conn, run, 1000),
    "upsert": lambda conn, run, _item: attendance.upsert(conn, run, 1000),
    "reconcile": lambda conn, run, _item: attendance.reconcile(conn, run),
    "enqueue instances": lambda conn, run, _item: queue.enqueue_participants(conn, run, [1, 2, 3]),
    "enqueue lists": lambda conn, run, _item: queue.enqueue_webinar_lists(conn, run, "panelists", [1]),
    "requeue": lambda conn, run, item: queue.requeue(conn, run, [item.item_id]),
    "release": lambda conn, run, _item: queue.release_worker(conn, run, "worker-1"),
}


def everything(conn: psycopg.Connection) -> dict[str, list[str]]:
    """Each row of each table of ours, as text."""
    tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'rollcall'").fetchall()
    return {
        name: sorted(
            line for (line,) in conn.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
        )
        for (name,) in tables
    }


class TestWhoWakesUpLate:
    @pytest.fixture
    def hung(self, dsn: str, case: AttendanceCase) -> Iterator[tuple[psycopg.Connection, int, queue.Item]]:
        """A session, its run and its lease: one list fetched, one sessionized, one in hand; then closed as stale."""
        run_id = case.open_run()
        case.fetch(run_id, [row("Ann", email="ann@example.com", leave=5)])
        attendance.sessionize(case.conn, run_id, 1000)
        case.fetch(run_id, [row("Bob", leave=5)], instance_id=case.add_instance("second"))
        queue.enqueue_participants(case.conn, run_id, [case.add_instance("third")])
        gaps.note_gap(
            case.conn, run_id, object_kind="host", object_key="h1", status=404, code=1, reason="no",
            is_expected=False, recheck_after_hours=None,
        )  # fmt: skip
        item = queue.lease(case.conn, run_id, "worker-1")
        assert item is not None
        with psycopg.connect(dsn, autocommit=True) as session:
            session.execute("SET ROLE rollcall_writer")
            silence(case, run_id)
            assert len(check(case.conn)) == 1
            yield session, run_id, item

    @pytest.mark.parametrize("write", WRITES)
    def test_it_is_told_and_writes_nothing(
        self, case: AttendanceCase, hung: tuple[psycopg.Connection, int, queue.Item], write: str
    ) -> None:
        before = everything(case.conn)
        with pytest.raises(RunClosed):
            WRITES[write](*hung)
        assert everything(case.conn) == before

    @pytest.mark.parametrize("write", QUIET)
    def test_it_finds_nothing_to_do(
        self, case: AttendanceCase, hung: tuple[psycopg.Connection, int, queue.Item], write: str
    ) -> None:
        before = everything(case.conn)
        assert QUIET[write](*hung) == 0
        assert everything(case.conn) == before

    def test_its_lease_is_gone_and_no_other_is_to_be_had(
        self, hung: tuple[psycopg.Connection, int, queue.Item]
    ) -> None:
        session, run_id, _ = hung
        assert queue.lease(session, run_id, "worker-2") is None

    def test_batches_do_not_pass_for_done(
        self, dsn: str, hung: tuple[psycopg.Connection, int, queue.Item]
    ) -> None:
        with pytest.raises(RunClosed):
            run_batches(lambda: psycopg.connect(dsn, autocommit=True), hung[1], attendance.upsert)

    def test_a_task_that_finishes_late_hears_how_the_run_ended(
        self, case: AttendanceCase, hung: tuple[psycopg.Connection, int, queue.Item]
    ) -> None:
        before = everything(case.conn)
        assert finish_step.finish(hung[0], hung[1], failed_task=None) == "failed"
        assert everything(case.conn) == before


class TestClosingMeetsWriting:
    def test_the_end_waits_for_a_write_and_then_shuts_the_door(self, dsn: str, case: AttendanceCase) -> None:
        run_id = case.open_run()
        closed = threading.Event()

        def close() -> bool:
            with closing(psycopg.connect(dsn, autocommit=True)) as conn:
                done = runs.close_run(conn, run_id, "cancelled", None, "Stopped by a person in Airflow")
                closed.set()
                return done

        with psycopg.connect(dsn) as writing, ThreadPoolExecutor(1) as pool:
            known = runs.get_run(writing, run_id)
            runs.hold(writing, known)
            ended = pool.submit(close)
            assert not closed.wait(0.3)
            # Heartbeats of other workers pass all the same.
            runs.note_found(writing, run_id, webinars=3, instances=0)
            writing.commit()
            assert ended.result(timeout=30)
            with pytest.raises(RunClosed):
                runs.hold(writing, known)
        assert case.run(run_id)["webinars_found"] == 3

    @pytest.mark.parametrize("batch", [attendance.sessionize, attendance.upsert])
    def test_the_end_comes_before_the_next_batch(
        self,
        case: AttendanceCase,
        connect: Connect,
        monitor: psycopg.Connection,
        batch: Callable[[psycopg.Connection, int, int], int],
    ) -> None:
        """Two backends that take one after the other, never both between two, would keep it out to the last."""
        run_id = case.open_run()
        for uuid in ("uuid-of-the-instance", "second"):
            case.fetch(run_id, [row("Ann", leave=5)], instance_id=case.add_instance(uuid))
        if batch is attendance.upsert:
            attendance.sessionize(case.conn, run_id, 10)
        silence(case, run_id)
        first, second, ender = connect(), connect(), connect()
        with ThreadPoolExecutor(2) as pool:
            with first.transaction():
                assert batch(first, run_id, 1) == 1
                assert check(monitor) == []
                ended = pool.submit(runs.close_run, ender, run_id, "cancelled", None, "Stopped")
                wait_until_blocked(case.conn, ender)
                late = pool.submit(batch, second, run_id, 1)
                wait_until_blocked(case.conn, second)
            assert ended.result(timeout=30)
            assert late.result(timeout=30) == 0

    def test_heartbeats_do_not_wait_for_a_write(self, dsn: str, case: AttendanceCase) -> None:
        run_id = case.open_run()
        case.conn.execute("SET lock_timeout = '2s'")
        with psycopg.connect(dsn) as writing:
            runs.hold(writing, runs.get_run(writing, run_id))
            runs.refresh_progress(case.conn, run_id)
            runs.set_phase(case.conn, run_id, "fetch", "Fetching")
            runs.set_waiting(case.conn, run_id, datetime.now(UTC), "A pause", parked=False)
            writing.rollback()
        assert case.run(run_id)["current_phase"] == "fetch"
