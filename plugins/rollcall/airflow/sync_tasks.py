"""The five tasks of a sync as plain functions: from Airflow's context to a use case and back to counts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowFailException, AirflowRescheduleException, AirflowSkipException

from rollcall.airflow.database import connect
from rollcall.airflow.resources import resources
from rollcall.airflow.task_rules import Context, as_sentences, check_started_by_hand, failed_task
from rollcall.errors import Parked, WrongUse
from rollcall.store import runs
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.batches import Connect
from rollcall.sync.discover import discover, open_run, run_in_the_way
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.park import park
from rollcall.sync.request import check_request
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert

log = logging.getLogger(__name__)

REFUSAL = "refusal"
"""XCom key of task discover: why the request was refused."""

_SILENCE = timedelta(minutes=5)  # longer than any task of a live run goes without a heartbeat


def discover_task(context: Context) -> list[dict[str, int]]:
    """Check the request, open the run, queue its lists. Returns for each fetch worker the run's id and its number."""
    dag_run, ti = context["dag_run"], context["ti"]
    with as_sentences(), _telling_refusals(ti), closing(connect()) as conn:
        check_started_by_hand(context, "syncs")
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
        as_sentences(),
        _parking(run_id),
        Account(resources(), run_id) as account,
    ):
        return fetch(account, f"worker-{worker}")


def sessionize_task(context: Context) -> int:
    """Returns how many instances were sessionized."""
    return _on_run(context, sessionize)


def upsert_task(context: Context) -> int:
    """Returns how many instances were upserted."""
    return _on_run(context, upsert)


def finish_task(context: Context) -> str:
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
    with as_sentences():
        with closing(connect()) as conn:
            run_id = runs.run_of(conn, context["ti"].dag_id, context["dag_run"].run_id)
        if run_id is None:
            raise AirflowSkipException("No run was opened.")
        return use_case(connect, run_id)


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
