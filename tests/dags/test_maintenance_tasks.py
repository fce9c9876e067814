"""The tasks of sync_maintenance: a dry run unless told otherwise, by hand only, and red when something is critical."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

PARAMS = {"dry_run": True, "stale_after_minutes": 60, "cleanup": True, "keep_days": None, "self_test": True}


class TaskInstance:
    """As much of Airflow's as these tasks use."""

    dag_id = "sync_maintenance"

    def __init__(self, states: dict[str, str] | None = None) -> None:
        self.states = states or {}

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert dag_id == self.dag_id
        return {run_ids[0]: self.states}


def context(states: dict[str, str] | None = None, kind: str = "manual", **params: Any) -> dict[str, Any]:
    return {
        "dag_run": SimpleNamespace(run_type=kind, run_id="run-1"),
        "ti": TaskInstance(states),
        "params": {**PARAMS, **params},
    }


def status(database: psycopg.Connection) -> str:
    found = database.execute("SELECT status FROM sync_runs").fetchone()
    assert found is not None
    return str(found[0])


def test_the_form_starts_as_a_dry_run(dags: dict[str, Any]) -> None:
    assert dags["sync_maintenance"].params.dump() == PARAMS


@pytest.mark.parametrize(
    "conf", [{"dry_run": None}, {"stale_after_minutes": 0}, {"keep_days": 0}, {"keep_days": "30"}]
)
def test_the_form_refuses_what_makes_no_sense(dags: dict[str, Any], conf: dict[str, Any]) -> None:
    import copy

    from airflow.sdk import Param
    from airflow.sdk.exceptions import ParamValidationError

    params = copy.deepcopy(dags["sync_maintenance"].params)
    for name, value in conf.items():
        params[name] = Param(value, **params.get_param(name).schema)
    with pytest.raises(ParamValidationError):
        params.validate()


def test_nobody_but_a_person_starts_it(database: psycopg.Connection, open_run: int) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.maintenance_tasks import check_stale_task

    database.execute(
        "UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours' WHERE id = %s", (open_run,)
    )
    with pytest.raises(
        AirflowFailException, match="started by scheduled: maintenance runs are started by a person"
    ):
        check_stale_task(context(kind="scheduled", dry_run=False))
    assert status(database) == "running"


def test_a_stale_run_is_named_in_a_dry_run_and_closed_otherwise(
    database: psycopg.Connection, open_run: int
) -> None:
    from rollcall.airflow.maintenance_tasks import check_stale_task

    database.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '2 hours'")
    assert check_stale_task(context(stale_after_minutes=180)) == []
    (named,) = check_stale_task(context())
    assert named["severity"] == "critical"
    assert f"Run {open_run} of sandbox" in named["sentence"]
    assert status(database) == "running"
    (closed,) = check_stale_task(context(dry_run=False))
    assert closed["severity"] == "warning"
    assert status(database) == "failed"


def test_a_cleanup_tells_each_table(
    database: psycopg.Connection, open_run: int, caplog: pytest.LogCaptureFixture
) -> None:
    from rollcall.airflow.maintenance_tasks import clean_up_task

    database.execute(
        "INSERT INTO sync_test_results (test_run, run_at, test_name, passed, expected, detail, duration_ms)"
        " SELECT gen_random_uuid(), now() - interval '200 days', 'x', true, 'x', 'x', 1 FROM generate_series(1, 3)"
    )
    with caplog.at_level(logging.INFO):
        clean_up_task(context())
        clean_up_task(context(dry_run=False))
    assert "sync_test_results: 3 rows would be deleted" in caplog.text
    assert "sync_test_results: 3 of 3 old rows deleted" in caplog.text
    assert database.execute("SELECT count(*) FROM sync_test_results").fetchone() == (0,)
    assert database.execute("SELECT count(*) FROM sync_runs WHERE id = %s", (open_run,)).fetchone() == (1,)


@pytest.mark.usefixtures("database")
def test_what_was_not_asked_for_is_skipped() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from rollcall.airflow.maintenance_tasks import check_process_task, clean_up_task

    with pytest.raises(AirflowSkipException):
        clean_up_task(context(cleanup=False))
    with pytest.raises(AirflowSkipException):
        check_process_task(context(self_test=False))
    assert check_process_task(context()) == []


def test_critical_findings_are_the_message() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.maintenance_tasks import finish_task

    found = [
        [{"severity": "warning", "sentence": "Odd."}, {"severity": "critical", "sentence": "Token is dead."}],
        None,
        [{"severity": "critical", "sentence": "Run 5 hangs."}],
    ]
    with pytest.raises(AirflowFailException) as failed:
        finish_task(context(), found)
    assert str(failed.value) == "Critical (2):\nToken is dead.\nRun 5 hangs."


def test_a_task_that_failed_is_no_good_end() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.maintenance_tasks import finish_task

    with pytest.raises(AirflowFailException, match="Task check_health failed"):
        finish_task(context({"check_stale": "success", "check_health": "failed"}), [[], None, []])


def test_all_is_well() -> None:
    from rollcall.airflow.maintenance_tasks import finish_task

    assert (
        finish_task(context({"check_stale": "success", "clean_up": "skipped"}), [[], [], None])
        == "All is well"
    )
    odd = [[{"severity": "warning", "sentence": "Odd."}]]
    assert finish_task(context(), odd) == "Nothing critical; 1 to look at"
