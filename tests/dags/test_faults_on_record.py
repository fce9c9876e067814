"""What is wrong with the installation and ends a task stands in the run's own record, not in Airflow's log alone."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from rollcall.errors import SetupError
from rollcall.secrets import KEYS_VARIABLE
from tests.dags.conftest import CALENDLY_DAG_ID, DAG_ID


class TaskInstance:
    """As much of Airflow's as the first and the last task use, where task `failed` did."""

    def __init__(self, dag_id: str, failed: str) -> None:
        self.dag_id = dag_id
        self._failed = failed

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert dag_id == self.dag_id
        return {run_ids[0]: {self._failed: "failed"}}


ZOOM = {"connection": "sandbox", "mode": "full", "fetch_workers": 2}
CALENDLY = {"user": "mira.holt@acme.test", "mode": "full", "fetch_workers": 2}


@pytest.mark.parametrize(("dag_id", "params"), [(DAG_ID, ZOOM), (CALENDLY_DAG_ID, CALENDLY)])
def test_a_machine_without_its_key_is_told_in_the_runs_record(
    database: psycopg.Connection,
    calendly_user: int,
    monkeypatch: pytest.MonkeyPatch,
    dag_id: str,
    params: dict[str, Any],
) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow import calendly_tasks, zoom_tasks

    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    tasks: Any = zoom_tasks if dag_id == DAG_ID else calendly_tasks
    dag_run = SimpleNamespace(run_type=DagRunType.MANUAL, run_id="run-1", run_after=datetime.now(UTC))
    context = {"ti": TaskInstance(dag_id, "discover"), "dag_run": dag_run, "params": params}
    with pytest.raises(SetupError):
        tasks.discover_task(context)
    with pytest.raises(AirflowFailException):
        tasks.finish_task(context)
    assert told(database).startswith("Task discover failed: No key to encrypt secrets with: ")
    assert KEYS_VARIABLE in told(database)


def test_a_worker_that_lacks_the_key_is_told_too(
    database: psycopg.Connection, open_run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.zoom_tasks import fetch_task, finish_task

    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    with pytest.raises(SetupError):
        fetch_task(open_run, 0)
    context = {"ti": TaskInstance(DAG_ID, "fetch"), "dag_run": SimpleNamespace(run_id="run-1")}
    with pytest.raises(AirflowFailException):
        finish_task(context)
    assert told(database).startswith("Task fetch failed: No key to encrypt secrets with: ")


def told(database: psycopg.Connection) -> str:
    found = database.execute("SELECT error_message FROM sync_runs").fetchone()
    assert found is not None
    return str(found[0])
