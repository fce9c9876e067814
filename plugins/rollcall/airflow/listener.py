"""Hears when a person stops a run in Airflow, so that the run's own record says so at once and the next may start."""

from __future__ import annotations

import importlib
import logging
import sys
from contextlib import closing
from typing import Any

from airflow.listeners import hookimpl

from rollcall.airflow.database import connect
from rollcall.store import runs

log = logging.getLogger(__name__)

SYNC_DAGS = ("zoom_webinar_sync", "calendly_sync")

_NEEDED_BY_TASKS = (
    "rollcall.airflow.zoom_tasks",
    "rollcall.airflow.calendly_tasks",
    "airflow.providers.http.hooks.http",
    "airflow.providers.postgres.hooks.postgres",
)


@hookimpl
def on_starting() -> None:
    """Import what tasks need before the scheduler starts its executor: tasks are forks of it, each would take 0.15 s of
    processor time to do so itself, and keep a copy of its own in memory."""
    # What starts does not know yet what it will be.
    if sys.argv[1:2] == ["scheduler"]:
        for name in _NEEDED_BY_TASKS:
            importlib.import_module(name)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    """Close the run as cancelled when it was set to failed by hand, as failed when its last task could not."""
    _close(dag_run, msg)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """A person may also stop a run by marking it as a success: it was not one."""
    _close(dag_run, msg)


def _close(dag_run: Any, msg: str) -> None:
    if dag_run.dag_id not in SYNC_DAGS:
        return
    if "manually" in (msg or ""):
        status, kind, message = "cancelled", None, "Stopped by a person in Airflow"
    else:
        status, kind, message = "failed", "internal_error", "Airflow ended the run before it was finished"
    with closing(connect()) as conn:
        run_id = runs.run_of(conn, dag_run.dag_id, dag_run.run_id)
        if run_id is not None and runs.close_run(conn, run_id, status, kind, message):
            log.info("Run %s closed (%s)", run_id, status)
