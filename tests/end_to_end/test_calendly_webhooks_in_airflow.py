"""Deliveries of Calendly at Airflow's API server: open to whoever signs, applied at once, and they start no run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import CALENDLY_DAG, DAG, Operator, rollcall, until


@pytest.fixture
def address(stack: Stack, calendly: Operator) -> Iterator[str]:
    """Where Calendly delivers to: a subscription made by the command, deleted again."""
    made = rollcall(stack, "calendly", "webhook", "create", "--url", stack.record.airflow_url)
    assert made.returncode == 0, made.stdout + made.stderr
    (subscription,) = calendly.rows(
        "SELECT callback_url FROM calendly_webhook_subscriptions WHERE state = 'active'"
    )
    yield str(subscription["callback_url"])
    assert rollcall(stack, "calendly", "webhook", "delete").returncode == 0


def sent(calendly: Operator, numbers: list[int], **how: Any) -> list[int]:
    """Let Calendly send these deliveries; the HTTP statuses of the answers."""
    order = {"numbers": numbers, **how}
    batch = requests.post(f"{calendly.sandbox}/sandbox/send", json=order, timeout=30).json()["batch"]

    def told() -> dict[str, Any]:
        found: dict[str, Any] = requests.get(
            f"{calendly.sandbox}/sandbox/batches", params={"batch": batch}, timeout=30
        ).json()
        return found

    until(lambda: told()["done"])
    return [each["status"] for each in told()["sent"]]


def status_of(calendly: Operator, invitee: str) -> str | None:
    """How an invitee is stored."""
    rows = calendly.rows("SELECT status FROM meeting_invitees WHERE uri = %s", invitee)
    return str(rows[0]["status"]) if rows else None


def airflow_runs(calendly: Operator) -> int:
    """How many runs Airflow knows of the two Dags."""
    counts = [
        calendly.call("GET", f"/api/v2/dags/{dag_id}/dagRuns?limit=1").json()["total_entries"]
        for dag_id in (DAG, CALENDLY_DAG)
    ]
    return sum(counts)


def test_a_booking_and_its_cancellation_are_there_at_once_and_start_no_run(
    calendly: Operator, address: str
) -> None:
    before = airflow_runs(calendly), len(calendly.rows("SELECT FROM sync_runs"))
    booked = calendly.edit("book", event_type="Intro call", count=1)
    begun = time.monotonic()
    assert set(sent(calendly, booked["deliveries"])) == {200}
    until(lambda: status_of(calendly, booked["invitee"]) == "active", seconds=5)
    assert time.monotonic() - begun < 5

    canceled = calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
    assert set(sent(calendly, canceled["deliveries"], times=2)) == {200}
    until(lambda: status_of(calendly, booked["invitee"]) == "canceled", seconds=5)
    (meeting,) = calendly.rows(
        "SELECT status, synced_via_webhook FROM meetings WHERE uri = %s", booked["event"]
    )
    assert meeting == {"status": "canceled", "synced_via_webhook": True}
    assert (airflow_runs(calendly), len(calendly.rows("SELECT FROM sync_runs"))) == before


def test_a_sync_beside_deliveries_never_brings_a_canceled_invitee_back(
    calendly: Operator, address: str
) -> None:
    booked = calendly.edit("book", event_type="Intro call", count=1)
    canceled = calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
    assert set(sent(calendly, canceled["deliveries"])) == {200}
    assert set(sent(calendly, booked["deliveries"])) == {200}
    run = calendly.trigger()
    assert calendly.wait(run) == "success"
    assert status_of(calendly, booked["invitee"]) == "canceled"


def test_whoever_does_not_sign_is_turned_away_and_nothing_is_kept(calendly: Operator, address: str) -> None:
    booked = calendly.edit("book", event_type="Intro call", count=1)
    before = len(calendly.rows("SELECT FROM calendly_webhook_events"))
    assert sent(calendly, booked["deliveries"], signed="wrong") == [401]
    assert sent(calendly, booked["deliveries"], signed="none") == [401]
    assert len(calendly.rows("SELECT FROM calendly_webhook_events")) == before
    assert status_of(calendly, booked["invitee"]) is None
    (health,) = calendly.rows("SELECT refusals FROM calendly_sync_health")
    assert health["refusals"] >= 2


def test_the_address_says_that_it_is_up_and_tells_no_more(calendly: Operator, address: str) -> None:
    answer = requests.get(f"{address}/test", timeout=10)
    assert (answer.status_code, answer.json()["status"]) == (200, "up")
    assert requests.get(address, timeout=10).status_code == 405
    assert requests.post(f"{address}0", json={}, timeout=10).status_code == 404
