"""The last task decides the colour of the Airflow run: never green beside a task that failed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from rollcall.errors import NetworkFault, Unavailable
from rollcall.sync.refusals import log_source_error, record_gap
from tests.dags.conftest import DAG_ID


class TaskInstance:
    """As much of Airflow's as the last task uses; `states` are those of the run's tasks."""

    dag_id = DAG_ID

    def __init__(self, states: dict[str, str]) -> None:
        self.states = states

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert dag_id == self.dag_id
        return {run_ids[0]: self.states}


def finish(**states: str) -> str:
    from rollcall.airflow.zoom_tasks import finish_task

    context: dict[str, Any] = {"ti": TaskInstance(states), "dag_run": SimpleNamespace(run_id="run-1")}
    return finish_task(context)


def status(database: psycopg.Connection, run_id: int) -> str:
    found = database.execute("SELECT status FROM sync_runs WHERE id = %s", (run_id,)).fetchone()
    assert found is not None
    return str(found[0])


def test_a_run_of_which_every_task_succeeded_is_completed(
    database: psycopg.Connection, open_run: int
) -> None:
    assert finish(discover="success", fetch="success") == "completed"
    assert status(database, open_run) == "completed"


def test_tasks_cleared_after_the_run_was_over_are_not_green_when_they_fail(
    database: psycopg.Connection, open_run: int
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    finish(discover="success", fetch="success")
    with pytest.raises(AirflowFailException, match="Task fetch failed") as failed:
        finish(discover="success", fetch="failed")
    assert "completed" in str(failed.value)
    assert status(database, open_run) == "completed"


@pytest.mark.parametrize("ended_task", [True, False])
def test_a_failed_task_is_explained_by_what_ended_it_not_by_a_gap(
    database: psycopg.Connection, open_run: int, ended_task: bool
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    if ended_task:
        cut = NetworkFault("No answer from Zoom: the connection was cut.")
        log_source_error(database, open_run, "participants abc==", cut, ended_task=True)
    record_gap(database, open_run, "participants", "def==", Unavailable("Zoom does not serve def==."))
    with pytest.raises(AirflowFailException):
        # Airflow tells in no order of its own.
        finish(upsert="upstream_failed", discover="success", fetch_0="failed", fetch_1="success")
    told = database.execute(
        "SELECT error_kind, error_message FROM sync_runs WHERE id = %s", (open_run,)
    ).fetchone() or ("", "")
    if ended_task:
        assert told[0] == "network_error"
        assert told[1].startswith("Task fetch_0 failed: No answer from Zoom: the connection was cut. ")
    else:
        assert told[0] == "internal_error"
        assert told[1].startswith("Task fetch_0 failed: its log in Airflow says why. ")
