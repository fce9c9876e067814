"""A run that ends in Airflow ends in sync_runs, too; other people's Dags are none of rollcall's business."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest

from tests.dags.conftest import CALENDLY_DAG_ID, DAG_ID, opened_by

BY_HAND = "Dag Run's state was manually set to `{}`."  # Airflow's own words


def status(database: psycopg.Connection, run_id: int) -> str:
    row = database.execute("SELECT status FROM sync_runs WHERE id = %s", (run_id,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("hook", ["failed", "success"])
def test_a_run_that_a_person_ends_is_cancelled(
    database: psycopg.Connection, open_run: int, hook: str
) -> None:
    from rollcall.airflow import listener

    ended = SimpleNamespace(dag_id=DAG_ID, run_id="run-1")
    getattr(listener, f"on_dag_run_{hook}")(ended, BY_HAND.format(hook))
    assert status(database, open_run) == "cancelled"


@pytest.mark.parametrize("stopped", [DAG_ID, CALENDLY_DAG_ID])
def test_of_two_sources_runs_only_the_stopped_one_ends(
    database: psycopg.Connection, open_run: int, calendly_user: int, stopped: str
) -> None:
    from rollcall.airflow import listener

    # People may give their runs the same id in both Dags; user and connection have the same id, too.
    ids = {DAG_ID: open_run, CALENDLY_DAG_ID: opened_by(database, CALENDLY_DAG_ID, "run-1")}
    listener.on_dag_run_failed(SimpleNamespace(dag_id=stopped, run_id="run-1"), BY_HAND.format("failed"))
    (other,) = set(ids) - {stopped}
    assert status(database, ids[stopped]) == "cancelled"
    assert status(database, ids[other]) == "running"


def test_a_run_that_airflow_gave_up_has_failed(database: psycopg.Connection, open_run: int) -> None:
    from rollcall.airflow import listener

    listener.on_dag_run_failed(SimpleNamespace(dag_id=DAG_ID, run_id="run-1"), "task_failure")
    assert status(database, open_run) == "failed"


@pytest.mark.parametrize(("dag_id", "run_id"), [("someone_elses", "run-1"), (DAG_ID, "run-2")])
def test_other_runs_are_left_alone(
    database: psycopg.Connection, open_run: int, dag_id: str, run_id: str
) -> None:
    from rollcall.airflow import listener

    for hook in (listener.on_dag_run_failed, listener.on_dag_run_success):
        hook(SimpleNamespace(dag_id=dag_id, run_id=run_id), BY_HAND.format("failed"))
    assert status(database, open_run) == "running"


def test_an_ended_run_keeps_its_first_ending(database: psycopg.Connection, open_run: int) -> None:
    from rollcall.airflow import listener

    ended = SimpleNamespace(dag_id=DAG_ID, run_id="run-1")
    listener.on_dag_run_failed(ended, BY_HAND.format("failed"))
    listener.on_dag_run_failed(ended, "task_failure")
    assert status(database, open_run) == "cancelled"


def test_someone_elses_dag_ends_while_the_data_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from rollcall.airflow import listener

    monkeypatch.setenv("AIRFLOW_CONN_ROLLCALL_DB", "postgresql://nobody@127.0.0.1:1/none")
    listener.on_dag_run_failed(
        SimpleNamespace(dag_id="someone_elses", run_id="run-1"), BY_HAND.format("failed")
    )
