"""What holds for the tasks of every sync: how a refusal is told, what is in the way, how a run pauses and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from rollcall.airflow.database import connect
from rollcall.airflow.task_rules import Context, as_sentences, failed_task
from rollcall.errors import Parked, RunClosed, SetupError, WrongUse
from rollcall.store import runs
from rollcall.store.migrate import check_schema
from rollcall.store.runs import Run
from rollcall.sync.batches import Connect
from rollcall.sync.opening import run_in_the_way

log = logging.getLogger(__name__)

REFUSAL = "refusal"
"""XCom key of task discover: why the request was refused."""

_SILENCE = timedelta(minutes=5)  # longer than any task of a live run goes without a heartbeat

_CLOCKS_DIFFER = timedelta(minutes=1)  # those of Airflow and of the database, at most


class Finish(Protocol):
    """A use case that closes a run and returns its status."""

    def __call__(self, conn: psycopg.Connection, run_id: int, *, failed_task: str | None) -> str:
        """Close the run; `failed_task` names a task that failed before, if any."""


def open_or_make_way(
    conn: psycopg.Connection, context: Context, connection: str, open_run: Callable[[str, str], int | Run]
) -> int:
    """Open the run with `open_run(dag_id, dag_run_id)` and return its id.

    A run in the way that Airflow no longer works on is closed as cancelled first. Raises RunInTheWay, naming
    `connection`, for one that is alive, and WrongUse for an Airflow run that has the id of an earlier one.
    """
    ti, dag_run = context["ti"], context["dag_run"]
    _refuse_used_id(conn, ti.dag_id, dag_run)
    opened = open_run(ti.dag_id, dag_run.run_id)
    if isinstance(opened, Run):
        if _lives_in_airflow(ti, opened):
            raise run_in_the_way(opened, connection)
        # Stopped while nobody was there to say so: Airflow knows that it is over.
        runs.close_run(conn, opened.id, "cancelled", None, "Its Airflow run was stopped or deleted")
        opened = open_run(ti.dag_id, dag_run.run_id)
    if isinstance(opened, Run):
        raise run_in_the_way(opened, connection)
    return opened


def for_each_worker(run_id: int, workers: int) -> list[dict[str, int]]:
    """What the mapped task fetch is given: the run's id and the worker's number, from 0."""
    return [{"sync_run": run_id, "worker": number} for number in range(workers)]


def on_run(context: Context, use_case: Callable[[Connect, int], int]) -> int:
    """Call `use_case(connect, run_id)` for the run that the first task opened; the task is skipped without one."""
    with as_sentences():
        with closing(connect()) as conn:
            check_schema(conn)
            run_id = runs.run_of(conn, context["ti"].dag_id, context["dag_run"].run_id)
        if run_id is None:
            raise AirflowSkipException("No run was opened.")
        return use_case(connect, run_id)


def finish_run(context: Context, finish: Finish) -> str:
    """Close the run with an honest status and return it; fails when the run did."""
    ti, dag_run = context["ti"], context["dag_run"]
    with as_sentences(), closing(connect()) as conn:
        run_id = runs.run_of(conn, ti.dag_id, dag_run.run_id)
        failed = failed_task(context)
        if run_id is None:
            raise AirflowFailException(f"No run was opened: the log of task {failed or 'discover'} says why.")
        status = finish(conn, run_id, failed_task=failed)
        log.info("Run %s: %s", run_id, status)
        if status not in ("completed", "completed_with_gaps"):
            raise AirflowFailException(f"Run {run_id} ended as {status}; see sync_runs and the tasks before.")
        if failed:
            # Somebody cleared tasks of a run that was over: the colour is theirs, the run's record stays as it was.
            raise AirflowFailException(
                f"Task {failed} failed: its log says why. Run {run_id} had ended as {status} before and still has."
            )
        return status


@contextmanager
def parking(run_id: int, park: Callable[[Connect, int, Parked], None]) -> Iterator[None]:
    """Turn a limit of the day into a pause that frees the worker; `park` stores what there is and names the wait."""
    try:
        yield
    except Parked as parked:
        park(connect, run_id, parked)
        log.info("%s", parked)
        raise AirflowRescheduleException(parked.until) from None  # type: ignore[no-untyped-call]


@contextmanager
def on_record(run_id: int, task: str) -> Iterator[None]:
    """Leave in the run's own record what is wrong with this installation, a key or a connection, and ends the task:
    not everybody who asks the database reads Airflow's logs. What the source said is there already."""
    try:
        yield
    except (SetupError, WrongUse) as error:
        with closing(connect()) as conn, suppress(RunClosed):  # a run that has ended has its reason
            runs.log_error(
                conn,
                run_id,
                kind="internal_error",
                code="",
                subject=f"task {task}",
                message=str(error),
                context={"ended_task": True},
            )
        raise


@contextmanager
def telling_refusals(ti: Any) -> Iterator[None]:
    """Leave the sentence of a refusal where whoever triggered over REST can read it."""
    try:
        yield
    except WrongUse as refused:
        ti.xcom_push(key=REFUSAL, value=str(refused))
        raise


def _refuse_used_id(conn: psycopg.Connection, dag_id: str, dag_run: Any) -> None:
    """A run that was deleted in Airflow leaves its id free there and its record here: who took the id again would go on
    with what that one was asked for. One that is cleared or tried again keeps its `run_after`."""
    run_id = runs.run_of(conn, dag_id, dag_run.run_id)
    if run_id is None:
        return
    if dag_run.run_after > runs.get_run(conn, run_id).started_at + _CLOCKS_DIFFER:
        raise WrongUse(
            f"An earlier Airflow run had the id {dag_run.run_id}, too, and opened run {run_id}: trigger again with "
            "another id, or with none."
        )


def _lives_in_airflow(ti: Any, run: Run) -> bool:
    """Whether Airflow still works on the run. One that this Airflow does not know was deleted, or is another
    Airflow's on the same database: then its own signs of life decide."""
    known = {"dag_id": run.airflow_dag_id, "run_ids": [run.airflow_run_id]}
    if ti.get_dr_count(**known, states=["queued", "running"]):
        return True
    if ti.get_dr_count(**known):
        return False
    last_sign = max(run.heartbeat_at, run.waiting_until or run.heartbeat_at)
    return datetime.now(UTC) - last_sign < _SILENCE
