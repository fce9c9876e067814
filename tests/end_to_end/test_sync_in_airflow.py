"""The sync as its users meet it: triggered over REST or from a shell, stopped, parked, killed, misused."""

from __future__ import annotations

import os
import signal
from typing import Any

import psutil
import pytest
import requests

from rollcall.errors import WrongUse
from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import DAG, Operator, rollcall, until


def test_everybodys_totals_equal_the_truth(operator: Operator) -> None:
    run = operator.trigger(fetch_workers=2)
    assert operator.wait(run) == "success"
    assert operator.sync_run(run)["status"] == "completed_with_gaps"
    truth = requests.get(f"{operator.sandbox}/sandbox/truth", timeout=60).json()["instances"]
    stored: dict[str, list[tuple[int, int, int]]] = {}
    for row in operator.rows(
        "SELECT i.uuid, p.session_count, p.total_duration, p.attended_seconds"
        " FROM zoom_participants p JOIN zoom_webinar_instances i ON i.id = p.instance_id"
    ):
        stored.setdefault(row["uuid"], []).append(
            (row["session_count"], row["total_duration"], row["attended_seconds"])
        )
    whole = {u: t for u, t in truth.items() if t["gap"] is None and t["late"] is None}
    assert len(whole) > 60
    for uuid, instance in whole.items():
        expected = sorted(
            (p["session_count"], p["total_duration"], p["attended_seconds"]) for p in instance["people"]
        )
        assert sorted(stored[uuid]) == expected, uuid


def test_the_command_follows_and_tells_by_its_exit_code(stack: Stack, operator: Operator) -> None:
    followed = rollcall(stack, "sync", "zoom", "sandbox", "--mode", "full", "--follow")
    assert followed.returncode == 3, followed.stderr
    assert "gap" in followed.stdout
    unknown = rollcall(stack, "sync", "zoom", "nobody", "--mode", "full", "--follow")
    assert unknown.returncode == 2
    assert "There is no connection named 'nobody'" in unknown.stderr
    assert rollcall(stack, "sync", "zoom", "sandbox", "--mode", "sideways").returncode == 2
    assert rollcall(stack, "sync", "zoom", "sandbox", "--mode", "webinars").returncode == 2


@pytest.mark.parametrize(
    ("conf", "word"),
    [
        ({"mode": "sideways"}, "sideways"),
        ({"fetch_workers": 0}, "fetch_workers"),
        ({"fetch_workers": "many"}, "fetch_workers"),
        ({"connection": ""}, "connection"),
        ({"from": "yesterday", "mode": "date_range"}, "date"),
    ],
)
def test_the_api_refuses_what_the_schema_can_tell(
    operator: Operator, conf: dict[str, Any], word: str
) -> None:
    with pytest.raises(WrongUse, match=word):
        operator.trigger(**conf)


REFUSED: dict[str, dict[str, Any]] = {
    "There is no connection named": {"connection": "nobody"},
    "back to front": {"mode": "date_range", "from": "2026-03-02", "to": "2026-03-01"},
    "in the future": {"mode": "date_range", "from": "2026-03-02", "to": "2099-01-01"},
    "needs webinar_ids": {"mode": "webinars"},
    "Unknown params: webinar_id": {"mode": "full", "webinar_id": 88_988_872_033},
}
"""By what the refusal says: parameters of a run."""


def api_calls(operator: Operator) -> int:
    answer = requests.get(f"{operator.sandbox}/sandbox/calls", timeout=10)
    return int(answer.json()["api_calls"])


@pytest.fixture(scope="module")
def refused(stack: Stack) -> tuple[int, dict[str, str]]:
    """Calls of the API before, and the runs by sentence: started together, so that their tasks take turns."""
    operator = Operator(stack)
    before = api_calls(operator)
    return before, {sentence: operator.trigger(**conf) for sentence, conf in REFUSED.items()}


@pytest.mark.parametrize("sentence", REFUSED)
def test_the_first_task_refuses_the_rest_in_a_sentence(
    operator: Operator, refused: tuple[int, dict[str, str]], sentence: str
) -> None:
    before, runs = refused
    run = runs[sentence]
    assert operator.wait(run) == "failed"
    assert sentence in operator.log_of(run, "discover")
    assert operator.sync_run(run) == {}
    assert api_calls(operator) == before


def test_a_second_run_is_refused_and_a_stopped_one_makes_way(operator: Operator) -> None:
    operator.fault(match="participants", kind="slow", seconds=0.5, times=10000)
    first = operator.trigger(fetch_workers=2)
    operator.until(first, lambda row: row["rows_fetched"])
    second = operator.trigger(mode="delta")
    assert operator.wait(second) == "failed"
    refusal = operator.log_of(second, "discover")
    assert first in refusal
    assert "Mark run as failed" in refusal
    operator.call("PATCH", f"/api/v2/dags/{DAG}/dagRuns/{first}", state="failed")
    until(lambda: operator.sync_run(first)["status"] == "cancelled", seconds=60)
    requests.delete(f"{operator.sandbox}/sandbox/faults", timeout=10)
    third = operator.trigger(mode="delta")
    assert operator.wait(third) == "success"


def test_a_limit_of_the_day_parks_the_run_and_it_goes_on_by_itself(operator: Operator) -> None:
    operator.fault(
        match="report/webinars/.*/participants",
        kind="daily429",
        after=20,
        times=1,
        retry_after="seconds",
        seconds=15,
    )
    run = operator.trigger(fetch_workers=2)
    parked = operator.until(run, lambda row: row["status"] == "waiting")
    assert parked["waiting_until"] is not None
    assert "by itself" in parked["waiting_reason"]
    stored = "SELECT FROM webinar_sync_queue WHERE run_id = %s AND kind = 'participants' AND status = 'done'"
    until(lambda: operator.rows(stored, parked["id"]))
    assert operator.sync_run(run)["status"] == "waiting", (
        "what was fetched is stored without waiting for the rest"
    )
    assert operator.wait(run) == "success"
    assert operator.sync_run(run)["progress_percentage"] == 100


def test_a_killed_worker_is_retried_and_fetches_one_page_again_at_most(operator: Operator) -> None:
    requests.delete(f"{operator.sandbox}/sandbox/calls", timeout=10)
    operator.fault(match="participants", kind="slow", seconds=0.1, times=10000)
    run = operator.trigger(fetch_workers=2)
    operator.until(run, lambda row: row["progress_percentage"] > 40)
    victim = until(lambda: _task_processes(operator, run))[0]
    os.kill(victim, signal.SIGKILL)
    assert operator.wait(run) == "success"
    row = operator.sync_run(run)
    assert row["rows_fetched"] == sum(
        row[name]
        for name in (
            "rows_duplicate",
            "rows_rejected",
            "rows_kept_back",
            "sessions_inserted",
            "sessions_updated",
            "sessions_unchanged",
        )
    )
    pages = requests.get(f"{operator.sandbox}/sandbox/calls", timeout=10).json()["pages"]
    attendance = {page: times for page, times in pages.items() if "/participants" in page}
    assert sum(times - 1 for times in attendance.values()) <= 1


def _task_processes(operator: Operator, run: str) -> list[int]:
    """Process ids of the fetch tasks at work, found by the task instance's id in their titles."""
    path = f"/api/v2/dags/{DAG}/dagRuns/{run}/taskInstances?state=running"
    running = operator.call("GET", path).json()["task_instances"]
    ids = [task["id"] for task in running if task["task_id"] == "fetch"]
    return [
        process.pid
        for process in psutil.process_iter()
        if (title := " ".join(_title(process)))
        and "LocalExecutor" not in title
        and any(i in title for i in ids)
    ]


def _title(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_nothing_but_a_person_starts_a_sync(operator: Operator) -> None:
    dag = operator.call("GET", f"/api/v2/dags/{DAG}/details").json()
    assert dag["timetable_summary"] is None
    assert dag["allowed_run_types"] == ["manual"]
    backfill = operator.call(
        "POST",
        "/api/v2/backfills",
        dag_id=DAG,
        from_date="2026-01-01T00:00:00Z",
        to_date="2026-01-02T00:00:00Z",
    )
    assert backfill.status_code >= 400
    runs = operator.call("GET", f"/api/v2/dags/{DAG}/dagRuns?limit=100").json()["dag_runs"]
    assert {run["run_type"] for run in runs} <= {"manual"}


def test_progress_needs_a_login(stack: Stack) -> None:
    answer = requests.get(f"{stack.record.airflow_url}/rollcall/runs/any", timeout=10)
    assert answer.status_code in (401, 403)


def test_no_secret_and_nobodys_name_is_in_logs_or_xcoms(operator: Operator) -> None:
    run = operator.trigger(mode="delta")
    operator.wait(run)
    truth = requests.get(f"{operator.sandbox}/sandbox/truth", timeout=60).json()["instances"]
    mails = {
        key.removeprefix("user_email:")
        for instance in truth.values()
        for person in instance["people"]
        for key in person["keys"]
        if key.startswith("user_email:")
    }
    assert len(mails) > 500
    xcoms = operator.rows_of_airflow("SELECT value::text AS text FROM xcom")
    logs = [
        path.read_text(errors="replace") for path in operator.stack.state.logs.rglob("*") if path.is_file()
    ]
    told = "\n".join([*logs, *(row["text"] or "" for row in xcoms)]).lower()
    assert len(told) > 1000
    assert "sandbox-secret" not in told
    assert operator.stack.record.dsn["writer"].split(":")[2].split("@")[0].lower() not in told
    assert [mail for mail in mails if mail in told] == []
