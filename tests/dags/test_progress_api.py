"""The progress of a run over HTTP, on a real database: what it tells, what it never tells, and whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import psycopg
import pytest
from fastapi import HTTPException

from rollcall.api.progress import progress_app
from rollcall.store import runs
from tests.dags.conftest import DAG_ID

TOLD = {
    *("run_id", "status", "mode", "current_phase", "progress_percentage", "message"),
    *("instances_done", "instances_total", "rows_fetched", "rows_expected"),
    *("sessions_inserted", "sessions_updated", "sessions_unchanged", "gaps", "provisional", "errors"),
    *("waiting_until", "waiting_reason", "error_kind", "error_message"),
    *("started_at", "heartbeat_at", "estimated_end_at", "finished_at"),
}
"""Counts, times and sentences about the run: nothing about a person, nothing of the connection."""


Get = Callable[[str], httpx.Response]


def caller(dsn: str, dag_id: str = DAG_ID, allowed: Callable[[], None] = lambda: None) -> Get:
    """Ask the app as a server would, without a server."""
    app = progress_app(lambda: psycopg.connect(dsn, autocommit=True), dag_id, allowed)

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            return await client.get(path)

    return lambda path: asyncio.run(ask(path))


@pytest.fixture
def get(dsn: str) -> Get:
    """Calls of somebody who may see the Dag's runs."""
    return caller(dsn)


def test_a_running_sync_tells_how_far_it_is(get: Get, database: psycopg.Connection, open_run: int) -> None:
    runs.set_phase(database, open_run, "fetch", "Reading attendance")
    answer = get("/runs/run-1")
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == TOLD
    assert (told["run_id"], told["status"], told["mode"]) == (open_run, "running", "full")
    assert told["current_phase"] == "fetch"
    assert 0 <= told["progress_percentage"] < 100
    assert told["finished_at"] is None


def test_an_ended_sync_tells_how_it_ended(get: Get, database: psycopg.Connection, open_run: int) -> None:
    runs.close_run(database, open_run, "failed", "auth_error", "Zoom refuses the credentials: connect again.")
    told = get("/runs/run-1").json()
    assert (told["status"], told["error_kind"]) == ("failed", "auth_error")
    assert told["error_message"] == "Zoom refuses the credentials: connect again."
    assert told["finished_at"] is not None


@pytest.mark.parametrize("run", ["run-2", "' OR true --", "%25"])
def test_a_run_that_opened_nothing_is_not_found(get: Get, open_run: int, run: str) -> None:
    answer = get(f"/runs/{run}")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "This Airflow run has not opened a sync run (yet)."}


def test_a_run_of_another_dag_is_not_found(dsn: str, open_run: int) -> None:
    assert caller(dsn, dag_id="someone_elses")("/runs/run-1").status_code == 404


def test_whoever_may_not_see_the_dag_is_told_nothing(dsn: str, open_run: int) -> None:
    def refuse() -> None:
        raise HTTPException(403, "Forbidden")

    answer = caller(dsn, allowed=refuse)("/runs/run-1")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Forbidden"})
