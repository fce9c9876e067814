"""Dag sync_maintenance as a person meets it: a dry run that changes nothing and tells what it found."""

from __future__ import annotations

from urllib.parse import quote

from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import Operator, rollcall, until

DAG = "sync_maintenance"


def test_a_dry_run_looks_at_everything_and_changes_nothing(operator: Operator) -> None:
    assert operator.wait(operator.trigger(mode="full")) == "success"
    before = operator.rows("SELECT * FROM sync_runs ORDER BY id")
    run = operator.rest.trigger(DAG, {"keep_days": 1})
    state = until(lambda: (s := operator.rest.run_state(DAG, run)) in ("success", "failed") and s, 120)
    tasks = operator.call("GET", f"/api/v2/dags/{DAG}/dagRuns/{quote(run, safe='')}/taskInstances").json()
    states = {each["task_id"]: each["state"] for each in tasks["task_instances"]}
    looks = ("check_stale", "clean_up", "check_health", "check_process")
    assert {name: states[name] for name in looks} == dict.fromkeys(looks, "success")
    # Whatever the tests before left behind may be critical; then it is the last task, and it alone, that says so.
    assert states["finish"] == state
    assert operator.rows("SELECT * FROM sync_runs ORDER BY id") == before
    results = operator.rows("SELECT * FROM sync_test_results")
    assert results
    assert [each for each in results if not each["passed"]] == []


def test_health_is_asked_of_the_stack_with_a_dbas_rights(stack: Stack) -> None:
    told = rollcall(stack, "health")
    assert told.stderr == ""
    assert "sandbox" in told.stdout
    assert stack.calendly_user in told.stdout
