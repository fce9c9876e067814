"""Webhooks at Airflow's real API server: set up from a shell, a hundred at once, and never a Dag run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import Operator, rollcall, until


def control(calendly: Operator, path: str, order: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(f"{calendly.sandbox}/sandbox/{path}", json=order, timeout=30)
    answer.raise_for_status()
    done: dict[str, Any] = answer.json()
    return done


def send(calendly: Operator, **how: Any) -> list[dict[str, Any]]:
    """Let Calendly send what waits; the answers."""
    batch = control(calendly, "send", how)["batch"]

    def done() -> Any:
        told = requests.get(f"{calendly.sandbox}/sandbox/batches", params={"batch": batch}, timeout=30).json()
        return told["done"] and told["sent"]

    found: list[dict[str, Any]] = until(done)
    return found


def type_in(stack: Stack, *words: str) -> str:
    """A command at this stack; what it said."""
    ended = rollcall(stack, *words)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def subscribed(stack: Stack, calendly: Operator) -> Iterator[Operator]:
    """A live subscription at this Airflow."""
    type_in(stack, "calendly", "webhook", "create", stack.calendly_user, "--url", stack.record.airflow_url)
    yield calendly
    type_in(stack, "calendly", "webhook", "delete", stack.calendly_user)


def test_a_hundred_deliveries_are_answered_at_once_applied_and_start_no_dag_run(
    stack: Stack, subscribed: Operator
) -> None:
    before = subscribed.rows_of_airflow("SELECT count(*) AS runs FROM dag_run")
    booked = control(subscribed, "world", {"do": "book", "event_type": "Intro call", "count": 100})[
        "invitees"
    ]
    sent = send(subscribed, at_once=100)
    assert [each["status"] for each in sent] == [200] * 100
    assert max(each["seconds"] for each in sent) < 1.0
    control(subscribed, "world", {"do": "cancel", "invitee": booked[0]})
    assert [each["status"] for each in send(subscribed, signed="wrong")] == [401]
    assert [each["status"] for each in send(subscribed)] == [200]
    until(
        lambda: (
            not subscribed.rows(
                "SELECT FROM calendly_webhook_events WHERE apply_status IN ('pending', 'failed')"
            )
        )
    )
    stored = subscribed.rows(
        "SELECT uri, status, synced_via_webhook FROM meeting_invitees WHERE uri = ANY(%s)", booked
    )
    assert len(stored) == 100
    assert {row["uri"] for row in stored if row["status"] == "canceled"} == {booked[0]}
    assert all(row["synced_via_webhook"] for row in stored)
    assert subscribed.rows_of_airflow("SELECT count(*) AS runs FROM dag_run") == before
    said = type_in(stack, "calendly", "webhook", "list", stack.calendly_user)
    assert "active" in said


def test_the_address_needs_no_login_and_says_that_it_is_up(calendly: Operator, stack: Stack) -> None:
    base = f"{stack.record.airflow_url}/rollcall/webhooks/calendly"
    assert requests.get(f"{base}/test", timeout=10).json()["status"] == "up"
    assert requests.post(f"{base}/nobody", data=b"{}", timeout=10).status_code == 404
    assert requests.get(f"{base}/nobody", timeout=10).status_code == 405
