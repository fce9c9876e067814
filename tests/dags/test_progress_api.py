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
from tests.dags.conftest import CALENDLY_DAG_ID, DAG_ID, opened_by

TOLD = {
    *("run_id", "source", "status", "mode", "current_phase", "progress_percentage", "message"),
    *("instances_done", "instances_total", "rows_fetched", "rows_expected"),
    *("sessions_inserted", "sessions_updated", "sessions_unchanged", "gaps", "provisional", "errors"),
    *("meetings_new", "meetings_updated", "meetings_unchanged", "meetings_canceled", "meetings_missing"),
    *("waiting_until", "waiting_reason", "error_kind", "error_message"),
    *("started_at", "heartbeat_at", "estimated_end_at", "finished_at"),
}
"""Counts, times and sentences about the run: nothing about a person, nothing of the connection."""


Get = Callable[[str], httpx.Response]


def everybody() -> Callable[[str], bool]:
    return lambda _dag_id: True


def caller(dsn: str, may_see: Callable[..., Callable[[str], bool]] = everybody) -> Get:
    """Ask the app as a server would, without a server."""
    app = progress_app(lambda: psycopg.connect(dsn, autocommit=True), (DAG_ID, CALENDLY_DAG_ID), may_see)

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


@pytest.mark.parametrize("run", ["run-2", "' OR true --", "%25", "%00"])
def test_a_run_that_opened_nothing_is_not_found(get: Get, open_run: int, run: str) -> None:
    answer = get(f"/runs/{run}")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "This Airflow run has not opened a sync run (yet)."}


def test_a_run_of_another_dag_is_not_found(get: Get, database: psycopg.Connection, open_run: int) -> None:
    database.execute("UPDATE sync_runs SET airflow_dag_id = 'someone_elses'")
    assert get("/runs/run-1").status_code == 404


def test_a_calendly_run_tells_of_its_meetings(
    get: Get, database: psycopg.Connection, calendly_user: int
) -> None:
    run_id = opened_by(database, CALENDLY_DAG_ID, "run-9")
    runs.add_meetings(database, run_id, {"new": 3, "unchanged": 2}, canceled=1)
    told = get("/runs/run-9").json()
    assert set(told) == TOLD
    assert (told["run_id"], told["source"]) == (run_id, "calendly")
    assert (told["meetings_new"], told["meetings_unchanged"], told["meetings_canceled"]) == (3, 2, 1)


def test_whoever_gave_both_dags_the_same_run_id_asks_for_one(
    get: Get, database: psycopg.Connection, open_run: int, calendly_user: int
) -> None:
    younger = opened_by(database, CALENDLY_DAG_ID, "run-1")
    assert get("/runs/run-1").json()["run_id"] == younger
    assert get(f"/runs/run-1?dag_id={DAG_ID}").json()["run_id"] == open_run
    assert get(f"/runs/run-1?dag_id={CALENDLY_DAG_ID}").json()["run_id"] == younger
    assert get("/runs/run-1?dag_id=someone_elses").status_code == 403


def test_whoever_may_see_one_dag_is_told_nothing_of_the_other(
    dsn: str, database: psycopg.Connection, open_run: int, calendly_user: int
) -> None:
    opened_by(database, CALENDLY_DAG_ID, "run-9")
    get = caller(dsn, lambda: lambda dag_id: dag_id == CALENDLY_DAG_ID)
    assert get("/runs/run-9").status_code == 200
    assert get("/runs/run-1").status_code == 404
    assert get(f"/runs/run-1?dag_id={DAG_ID}").status_code == 403


def test_whoever_may_see_no_dag_is_told_nothing(dsn: str, open_run: int) -> None:
    answer = caller(dsn, lambda: lambda _dag_id: False)("/runs/run-1")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Forbidden"})


def test_a_stranger_is_told_nothing(dsn: str, open_run: int) -> None:
    def refuse() -> Callable[[str], bool]:
        raise HTTPException(401, "Not authenticated")

    answer = caller(dsn, refuse)("/runs/run-1")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not authenticated"})


def test_a_database_that_does_not_answer_is_no_fault_of_the_caller(database: psycopg.Connection) -> None:
    nobody_there = "postgresql://rollcall_writer:secret@127.0.0.1:1/rollcall"
    answer = caller(nobody_there)("/runs/run-1")
    assert answer.status_code == 503
    assert answer.json() == {"detail": "The data database does not answer now: ask again."}
