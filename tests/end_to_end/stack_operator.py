"""A person at a running stack: triggers, waits, looks into the database, and puts faults in the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
import requests
from psycopg.rows import dict_row

from rollcall.stack.up import Stack

DAG = "zoom_webinar_sync"
_ENDED = ("success", "failed")


class Operator:
    """What a person can do and see from outside."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.rest = stack.rest
        self.sandbox = stack.record.sandbox_url

    def trigger(self, **conf: Any) -> str:
        """Press Trigger."""
        return self.rest.trigger(DAG, {"connection": "sandbox", "mode": "full", **conf})

    def wait(self, run: str, seconds: float = 120) -> str:
        """Wait for the end of a run; returns Airflow's word for it."""
        return str(until(lambda: (state := self.rest.run_state(DAG, run)) in _ENDED and state, seconds))

    def until(self, run: str, condition: Callable[[dict[str, Any]], Any], seconds: float = 60) -> Any:
        """Wait until the run's row meets a condition; fails at once when the run has ended without."""

        def met_or_over() -> Any:
            over = self.rest.run_state(DAG, run) in _ENDED
            row = self.sync_run(run)
            found = row and condition(row)
            assert found or not over, (
                f"the run ended first: {row.get('error_message') or self.log_of(run, 'discover')}"
            )
            return found and row

        return until(met_or_over, seconds)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        dsn = f"{self.stack.record.dsn['owner']}?options=-csearch_path%3Drollcall"
        with psycopg.connect(dsn, row_factory=dict_row) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def rows_of_airflow(self, query: str) -> list[dict[str, Any]]:
        """Ask Airflow's own database."""
        with psycopg.connect(self.stack.postgres.dsn("airflow"), row_factory=dict_row) as conn:
            return conn.execute(query.encode()).fetchall()

    def sync_run(self, run: str) -> dict[str, Any]:
        """The row of sync_runs that an Airflow run opened; empty where it opened none."""
        found = self.rows("SELECT * FROM sync_runs WHERE airflow_run_id = %s", run)
        return found[0] if found else {}

    def fault(self, **fault: Any) -> None:
        """Put a fault in the sandbox's way."""
        requests.post(f"{self.sandbox}/sandbox/faults", json=fault, timeout=10).raise_for_status()

    def log_of(self, run: str, task: str) -> str:
        """The log of a task's first try, as Airflow's page shows it."""
        path = f"/api/v2/dags/{DAG}/dagRuns/{quote(run, safe='')}/taskInstances/{task}/logs/1"
        answer = self.call("GET", path)
        return str(answer.json()["content"])

    def call(self, method: str, path: str, **body: Any) -> requests.Response:
        """A call to Airflow as the person logged in."""
        record = self.stack.record
        login = requests.post(
            f"{record.airflow_url}/auth/token",
            json={"username": record.airflow_user, "password": record.airflow_password},
            timeout=30,
        ).json()
        return requests.request(
            method,
            f"{record.airflow_url}{path}",
            headers={"Authorization": f"Bearer {login['access_token']}", "Accept": "application/json"},
            json=body or None,
            timeout=30,
        )


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Poll until the condition gives something true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return found
