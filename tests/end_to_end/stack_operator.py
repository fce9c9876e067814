"""A person at a running stack: triggers, waits, looks into the database, and puts faults in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import psycopg
import requests
from psycopg.rows import dict_row

from rollcall.stack.up import Stack

DAG = "zoom_webinar_sync"
CALENDLY_DAG = "calendly_sync"
_ENDED = ("success", "failed")


def rollcall(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as a person types it beside the stack."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from rollcall.cli import main; sys.exit(main())", *words],
        env={**os.environ, "ROLLCALL_STATE": str(stack.state.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Operator:
    """What a person can do and see from outside, with the Dag of one source."""

    def __init__(self, stack: Stack, dag_id: str = DAG) -> None:
        self.stack = stack
        self.rest = stack.rest
        self.dag_id = dag_id
        if dag_id == CALENDLY_DAG:
            self.sandbox = stack.record.calendly_url
            self._usual: dict[str, Any] = {"user": stack.calendly_user}
        else:
            self.sandbox = stack.record.sandbox_url
            self._usual = {"connection": "sandbox", "mode": "full"}

    def trigger(self, **conf: Any) -> str:
        """Press Trigger."""
        return self.rest.trigger(self.dag_id, {**self._usual, **conf})

    def stop(self, run: str) -> None:
        """Mark the run as failed."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{quote(run, safe='')}"
        self.call("PATCH", path, state="failed").raise_for_status()

    def wait(self, run: str, seconds: float = 120) -> str:
        """Wait for the end of a run; returns Airflow's word for it."""
        return str(
            until(lambda: (state := self.rest.run_state(self.dag_id, run)) in _ENDED and state, seconds)
        )

    def until(self, run: str, condition: Callable[[dict[str, Any]], Any], seconds: float = 60) -> Any:
        """Wait until the run's row meets a condition; fails at once when the run has ended without."""

        def met_or_over() -> Any:
            over = self.rest.run_state(self.dag_id, run) in _ENDED
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
        found = self.rows(
            "SELECT * FROM sync_runs WHERE airflow_dag_id = %s AND airflow_run_id = %s", self.dag_id, run
        )
        return found[0] if found else {}

    def edit(self, what: str, **order: Any) -> dict[str, Any]:
        """Let something happen at the source."""
        answer = requests.post(f"{self.sandbox}/sandbox/world", json={"do": what, **order}, timeout=30)
        answer.raise_for_status()
        done: dict[str, Any] = answer.json()
        return done

    def fault(self, **fault: Any) -> None:
        """Put a fault in the sandbox's way."""
        requests.post(f"{self.sandbox}/sandbox/faults", json=fault, timeout=10).raise_for_status()

    def mend(self) -> None:
        """Take all faults away."""
        requests.delete(f"{self.sandbox}/sandbox/faults", timeout=10).raise_for_status()

    def clear_up(self) -> None:
        """Take all faults away and stop what still runs."""
        self.mend()
        open_runs = "SELECT airflow_run_id FROM sync_runs WHERE finished_at IS NULL AND airflow_dag_id = %s"
        for run in self.rows(open_runs, self.dag_id):
            self.stop(run["airflow_run_id"])
            until(lambda: not self.rows(open_runs, self.dag_id))

    def log_of(self, run: str, task: str) -> str:
        """The log of a task's first try, as Airflow's page shows it."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{quote(run, safe='')}/taskInstances/{task}/logs/1"
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
