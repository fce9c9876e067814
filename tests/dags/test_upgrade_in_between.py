"""A run that was parked or waits for a worker while rollcall was upgraded, and the database was not yet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from rollcall.errors import SetupError
from tests.dags.conftest import DAG_ID
from tests.dags.test_finishing import finish


@pytest.mark.parametrize("task", ["fetch", "sessionize", "upsert"])
def test_a_task_refuses_to_go_on_upon_a_schema_that_is_not_its_own(
    database: psycopg.Connection, open_run: int, task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow import zoom_tasks

    context: dict[str, Any] = {
        "ti": SimpleNamespace(dag_id=DAG_ID),
        "dag_run": SimpleNamespace(run_id="run-1"),
    }
    steps = {
        "fetch": lambda: zoom_tasks.fetch_task(open_run, 0),
        "sessionize": lambda: zoom_tasks.sessionize_task(context),
        "upsert": lambda: zoom_tasks.upsert_task(context),
    }
    monkeypatch.setenv("ROLLCALL_FERNET_KEYS", Fernet.generate_key().decode())
    database.execute("UPDATE schema_code SET checksum = 'of another release'")
    with pytest.raises(SetupError, match="run `rollcall migrate up`"):
        steps[task]()
    with pytest.raises(AirflowFailException):
        finish(**{task: "failed"})
    told = database.execute("SELECT status, error_message FROM sync_runs").fetchone() or ("", "")
    assert told[0] == "failed"
    if task == "fetch":
        assert "rollcall migrate up" in told[1]
