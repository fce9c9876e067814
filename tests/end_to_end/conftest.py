"""One whole stack for all end-to-end tests: Postgres, the sandbox and Airflow, in a fresh state folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from rollcall.stack.state import StateFolder
from rollcall.stack.up import Plan, Stack, remove_stack
from tests.end_to_end.stack_operator import DAG, Operator, until

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process, so that they share one Airflow."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running stack whose connection `sandbox` points to the sandbox's demo world.

    `.rest` talks to Airflow; `.record` has `dsn` (by role), `sandbox_url` and `airflow_url`.
    """
    folder = tmp_path_factory.mktemp("stack")
    plan = Plan(airflow_port=0, postgres_port=0, sandbox_arguments=("--profile", "demo"))
    try:
        with Stack(StateFolder(folder), plan) as running:
            yield running
    finally:
        remove_stack(folder)


@pytest.fixture
def operator(stack: Stack) -> Iterator[Operator]:
    """An operator at a stack without faults and without an active run."""
    person = Operator(stack)
    yield person
    requests.delete(f"{person.sandbox}/sandbox/faults", timeout=10)
    for run in person.rows("SELECT airflow_run_id FROM sync_runs WHERE finished_at IS NULL"):
        person.call("PATCH", f"/api/v2/dags/{DAG}/dagRuns/{run['airflow_run_id']}", state="failed")
        until(lambda: not person.rows("SELECT FROM sync_runs WHERE finished_at IS NULL"))
