"""The first task refuses a run that no person started, before it opens anything or calls anybody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

PARAMS = {"connection": "sandbox", "mode": "full", "fetch_workers": 2}


class TaskInstance:
    """As much of Airflow's as the first task uses before it opens a run."""

    dag_id = "zoom_webinar_sync"

    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def test_a_run_that_no_person_started_is_refused_in_words(database: psycopg.Connection) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.zoom_tasks import discover_task

    others = [kind for kind in DagRunType if kind is not DagRunType.MANUAL]
    assert len(others) >= 4
    for kind in others:
        task = TaskInstance()
        dag_run = SimpleNamespace(run_type=kind, run_id="run-1")
        with pytest.raises(AirflowFailException, match="syncs are started by a person") as refused:
            discover_task({"dag_run": dag_run, "ti": task, "params": PARAMS})
        assert kind.value in str(refused.value).lower()
        assert task.pushed == {"refusal": str(refused.value)}
    assert database.execute("SELECT count(*) FROM sync_runs").fetchone() == (0,)


def test_a_person_who_names_an_unknown_connection_is_told_which_there_are(
    database: psycopg.Connection,
) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.zoom_tasks import discover_task

    dag_run = SimpleNamespace(run_type=DagRunType.MANUAL, run_id="run-1")
    with pytest.raises(AirflowFailException, match=r"no connection named 'nobody'.*there are: sandbox"):
        discover_task(
            {"dag_run": dag_run, "ti": TaskInstance(), "params": {**PARAMS, "connection": "nobody"}}
        )


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"user": "nobody@acme.test"},
            r"no such Calendly user .there are the ids: 1.",
        ),
        ({"user": "1", "from": "2026-01-01"}, "from and to belong to mode date_range, not to auto"),
        ({"user": "1", "mode": "date_range", "from": "2026-02-01"}, "needs from and to"),
    ],
)
def test_a_calendly_sync_that_makes_no_sense_is_refused_in_words(
    database: psycopg.Connection, calendly_user: int, params: dict[str, Any], sentence: str
) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.calendly_tasks import discover_task

    task = TaskInstance()
    dag_run = SimpleNamespace(run_type=DagRunType.MANUAL, run_id="run-1")
    with pytest.raises(AirflowFailException, match=sentence) as refused:
        discover_task({"dag_run": dag_run, "ti": task, "params": params})
    assert task.pushed == {"refusal": str(refused.value)}
    assert database.execute("SELECT count(*) FROM sync_runs").fetchone() == (0,)


def test_a_param_that_the_dag_does_not_have_is_refused_not_ignored(database: psycopg.Connection) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.zoom_tasks import discover_task

    task = TaskInstance()
    params = {**PARAMS, "mode": "delta", "webinar_id": 88988872033, "connexion": "sandbox"}
    with pytest.raises(
        AirflowFailException, match=r"Unknown params: connexion, webinar_id\. Syncs take connection, mode,"
    ) as refused:
        discover_task(
            {"dag_run": SimpleNamespace(run_type="manual", run_id="run-1"), "ti": task, "params": params}
        )
    assert task.pushed == {"refusal": str(refused.value)}
    assert database.execute("SELECT count(*) FROM sync_runs").fetchone() == (0,)


def test_a_calendly_sync_that_no_person_started_is_refused(
    database: psycopg.Connection, calendly_user: int
) -> None:
    from airflow.sdk.api.datamodels._generated import DagRunType
    from airflow.sdk.exceptions import AirflowFailException

    from rollcall.airflow.calendly_tasks import discover_task

    for kind in DagRunType:
        if kind is not DagRunType.MANUAL:
            dag_run = SimpleNamespace(run_type=kind, run_id="run-1")
            with pytest.raises(AirflowFailException, match="syncs are started by a person"):
                discover_task({"dag_run": dag_run, "ti": TaskInstance(), "params": {"user": "1"}})
    assert database.execute("SELECT count(*) FROM sync_runs").fetchone() == (0,)
