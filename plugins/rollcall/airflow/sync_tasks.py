"""The five tasks of a sync as plain functions: from Airflow's context to a use case and back to counts.

Errors of rollcall end a task with their sentence alone: a trace would say less, and could say too much.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from rollcall.airflow.database import connect
from rollcall.airflow.resources import resources
from rollcall.errors import Parked, RollcallError, WrongUse
from rollcall.store import runs
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.batches import Connect
from rollcall.sync.discover import discover, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.lists import LISTS
from rollcall.sync.opening import run_in_the_way
from rollcall.sync.park import park
from rollcall.sync.request import check_request
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert

log = logging.getLogger(__name__)

REFUSAL = "refusal"
"""XCom key of task discover: why the request was refused."""

Context = Mapping[str, Any]
_SILENCE = timedelta(minutes=5)  # longer than any task of a live run goes without a heartbeat


def discover_task(context: Context) -> list[dict[str, int]]:
    """Check the request, open the run, queue its lists. Returns for each fetch worker the run's id and its number."""
    dag_run, ti = context["dag_run"], context["ti"]
    with _as_sentences(), _telling_refusals(ti), closing(connect()) as conn:
        _check_started_by_hand(str(getattr(dag_run.run_type, "value", dag_run.run_type)))
        request = check_request(conn, context["params"])
        run_id = _open(conn, request, ti, dag_run)
        log.info("Run %s: %s sync of connection %s", run_id, request.mode, request.connection.name)
        with _parking(run_id), Account(resources(), run_id) as account:
            found = discover(account)
    log.info("Found %s webinars; %s instances to read", found.webinars, found.instances)
    return [{"sync_run": run_id, "worker": number} for number in range(found.workers)]


def fetch_task(context: Context, run_id: int, worker: int) -> int:
    """One worker. Returns how many lists it read. Parks the task when a limit of the day is reached."""
    del context
    with (
        _as_sentences(),
        _parking(run_id),
        Account(resources(), run_id) as account,
    ):
        return fetch(account, f"worker-{worker}", LISTS)


def sessionize_task(context: Context) -> int:
    """Returns how many instances were sessionized."""
    return _on_run(context, sessionize)


def upsert_task(context: Context) -> int:
    """Returns how many instances were upserted."""
    return _on_run(context, upsert)


def finish_task(context: Context) -> str:
    """Close the run with an honest status and return it; fails when the run did."""
    ti, dag_run = context["ti"], context["dag_run"]
    with _as_sentences(), closing(connect()) as conn:
        run_id = runs.run_of(conn, ti.dag_id, dag_run.run_id)
        failed = _failed_task(ti, dag_run.run_id)
        if run_id is None:
            raise AirflowFailException(f"No run was opened: the log of task {failed or 'discover'} says why.")
        status = finish(conn, run_id, failed_task=failed)
        log.info("Run %s: %s", run_id, status)
        if status not in ("completed", "completed_with_gaps"):
            raise AirflowFailException(f"Run {run_id} ended as {status}; see sync_runs and the tasks before.")
        return status


def _open(conn: psycopg.Connection, request: Any, ti: Any, dag_run: Any) -> int:
    opened = open_run(conn, request, ti.dag_id, dag_run.run_id)
    if isinstance(opened, Run):
        if _lives_in_airflow(ti, opened):
            raise run_in_the_way(opened, request.connection.name)
        # Stopped while nobody was there to say so: Airflow knows that it is over.
        runs.close_run(conn, opened.id, "cancelled", None, "Its Airflow run was stopped or deleted")
        opened = open_run(conn, request, ti.dag_id, dag_run.run_id)
    if isinstance(opened, Run):
        raise run_in_the_way(opened, request.connection.name)
    return opened


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


def _on_run(context: Context, use_case: Callable[[Connect, int], int]) -> int:
    with _as_sentences():
        with closing(connect()) as conn:
            run_id = runs.run_of(conn, context["ti"].dag_id, context["dag_run"].run_id)
        if run_id is None:
            raise AirflowSkipException("No run was opened.")
        return use_case(connect, run_id)


def _failed_task(ti: Any, run_id: str) -> str | None:
    states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run_id]).get(run_id, {})
    failed = [name for name, state in states.items() if str(state) in ("failed", "upstream_failed")]
    causes = [name for name in failed if str(states[name]) == "failed"] or failed
    return causes[0] if causes else None


def _check_started_by_hand(run_type: str) -> None:
    if run_type != "manual":
        raise WrongUse(
            f"This run was started by {run_type}: syncs are started by a person, in Airflow or over REST."
        )


@contextmanager
def _parking(run_id: int) -> Iterator[None]:
    """Turn a limit of the day into a pause that frees the worker, after what was fetched has been stored."""
    try:
        yield
    except Parked as parked:
        park(connect, run_id, parked)
        log.info("%s", parked)
        raise AirflowRescheduleException(parked.until) from None  # type: ignore[no-untyped-call]


@contextmanager
def _telling_refusals(ti: Any) -> Iterator[None]:
    """Leave the sentence of a refusal where whoever triggered over REST can read it."""
    try:
        yield
    except WrongUse as refused:
        ti.xcom_push(key=REFUSAL, value=str(refused))
        raise


@contextmanager
def _as_sentences() -> Iterator[None]:
    try:
        yield
    except WrongUse as wrong:
        log.error("%s", wrong)  # noqa: TRY400 - on a line of its own, where people look first
        raise AirflowFailException(str(wrong)) from None
    except RollcallError as error:
        log.error("%s", error)  # noqa: TRY400 - the sentence is the message
        raise error.with_traceback(None) from None
