"""What holds for every Dag: nobody but a person starts it, it explains itself, and no task runs or fails for ever."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollcall.sync.calendly.request import MODES as CALENDLY_MODES
from rollcall.sync.request import MODES

if TYPE_CHECKING:
    from airflow.sdk import DAG


def tasks(dags: dict[str, DAG]) -> Iterator[Any]:
    for dag in dags.values():
        yield from dag.tasks


def test_these_dags_and_no_others(dags: dict[str, DAG]) -> None:
    assert set(dags) == {"calendly_sync", "sync_maintenance", "zoom_webinar_sync"}


def test_a_file_holds_the_dag_of_its_name(dags: dict[str, DAG], repo: Path) -> None:
    assert {file.stem for file in (repo / "dags").glob("*.py")} == set(dags)


def test_every_dag_explains_itself(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert dag.description
        assert "rollcall" in dag.tags
        assert "Started by hand only" in (dag.doc_md or "")
        for task in dag.tasks:
            assert task.task_id in (dag.doc_md or ""), f"{task.task_id} is missing in the Dag's documentation"


def test_only_a_person_starts_a_dag(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert dag.schedule is None
        assert type(dag.timetable).__name__ == "NullTimetable"
        assert {kind.value for kind in dag.allowed_run_types or ()} == {"manual"}
        assert not dag.catchup


def test_no_task_asks_for_an_asset_or_offers_one(dags: dict[str, DAG]) -> None:
    for task in tasks(dags):
        assert not task.inlets
        assert not task.outlets


def test_every_task_explains_itself(dags: dict[str, DAG]) -> None:
    assert [task.task_id for task in tasks(dags) if not task.doc_md] == []


def test_every_task_ends_and_is_tried_again(dags: dict[str, DAG]) -> None:
    from rollcall.airflow.retries import RETRY_POLICY

    for task in tasks(dags):
        assert task.retries >= 1, task.task_id
        assert timedelta(0) < task.execution_timeout <= timedelta(hours=24), task.task_id
        set_policy = task.partial_kwargs.get("retry_policy") if task.is_mapped else task.retry_policy
        assert set_policy is RETRY_POLICY, task.task_id


def test_the_last_task_decides_whatever_happened_before(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        assert [task.task_id for task in dag.leaves] == ["finish"]
        assert dag.task_dict["finish"].trigger_rule.value == "all_done"


def test_every_param_has_a_title_and_a_help_text(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        for name in dag.params:
            schema = dag.params.get_param(name).schema
            assert schema.get("title"), name
            assert len(schema.get("description_md") or "") > 10, name


def test_every_sync_is_heard_when_it_is_stopped(dags: dict[str, DAG]) -> None:
    from rollcall.airflow.listener import SYNC_DAGS

    assert set(SYNC_DAGS) == {dag_id for dag_id, dag in dags.items() if "fetch" in dag.task_dict}


@pytest.mark.parametrize(
    ("dag_id", "modes"), [("zoom_webinar_sync", MODES), ("calendly_sync", CALENDLY_MODES)]
)
def test_the_form_offers_every_mode_by_a_name(
    dags: dict[str, DAG], dag_id: str, modes: tuple[str, ...]
) -> None:
    schema = dags[dag_id].params.get_param("mode").schema
    assert schema["enum"] == list(modes)
    assert set(schema["values_display"]) == set(modes)


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"connection": ""},
        {"connection": "sandbox", "mode": "sideways"},
        {"connection": "sandbox", "mode": None},
        {"connection": "sandbox", "from": "yesterday"},
        {"connection": "sandbox", "webinar_ids": "88988872033"},
        {"connection": "sandbox", "webinar_ids": [1.5]},
        {"connection": "sandbox", "webinar_ids": [2**64]},
        {"connection": "sandbox", "fetch_workers": 0},
        {"connection": "sandbox", "fetch_workers": 17},
    ],
)
def test_params_refuse_what_their_schema_can_tell(dags: dict[str, DAG], conf: dict[str, Any]) -> None:
    assert_refused(dags["zoom_webinar_sync"], conf)


@pytest.mark.parametrize(
    "conf",
    [
        {},
        {"user": ""},
        {"user": 1},
        {"user": "mira.holt@acme.test", "mode": "delta"},
        {"user": "mira.holt@acme.test", "to": "tomorrow"},
        {"user": "mira.holt@acme.test", "fetch_workers": 9},
    ],
)
def test_calendlys_params_refuse_what_their_schema_can_tell(
    dags: dict[str, DAG], conf: dict[str, Any]
) -> None:
    assert_refused(dags["calendly_sync"], conf)


def assert_refused(dag: DAG, conf: dict[str, Any]) -> None:
    from airflow.sdk import Param
    from airflow.sdk.exceptions import ParamValidationError

    params = copy.deepcopy(dag.params)
    for name, value in conf.items():
        params[name] = Param(value, **params.get_param(name).schema)
    with pytest.raises(ParamValidationError):
        params.validate()


def test_params_take_what_people_and_programs_send(dags: dict[str, DAG]) -> None:
    params = copy.deepcopy(dags["zoom_webinar_sync"].params)
    params.update(
        {"connection": "sandbox", "mode": "webinars", "webinar_ids": ["889 8887 2033", 88988872033]}
    )
    assert params.validate()["webinar_ids"] == ["889 8887 2033", 88988872033]
    params.update({"mode": "date_range", "from": "2026-01-01", "to": None, "webinar_ids": None})
    assert params.validate()["from"] == "2026-01-01"


def test_calendlys_params_take_what_people_send(dags: dict[str, DAG]) -> None:
    params = copy.deepcopy(dags["calendly_sync"].params)
    params.update({"user": "mira.holt@acme.test"})
    assert params.validate()["mode"] == "auto"
    params.update({"mode": "date_range", "from": "2026-01-01", "to": "2027-01-01"})
    assert params.validate()["to"] == "2027-01-01"
