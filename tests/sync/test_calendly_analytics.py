"""Show rate, cancellations, reschedules and lead time, counted once more in Python over the sandbox's truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from statistics import mean, median
from typing import Any

import pytest

from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import window_of
from tests.sync.conftest import StartCalendly

Booking = dict[str, Any]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def true_bookings(truth: dict[str, Any]) -> dict[str, Booking]:
    """By the URI of the last invitee of each chain: what became of it."""
    people = {
        uri: (invitee, event)
        for event in truth["events"].values()
        for uri, invitee in event["invitees"].items()
    }
    now = moment(truth["now"])
    bookings = {}
    for uri, (invitee, event) in people.items():
        if invitee["new_invitee"] in people:
            continue
        chain = [invitee]
        while chain[-1]["old_invitee"] in people:
            chain.append(people[chain[-1]["old_invitee"]][0])
        if invitee["status"] == "canceled":
            outcome = "rescheduled" if invitee["rescheduled"] else "canceled"
        elif moment(event["end_time"]) > now:
            outcome = "upcoming"
        else:
            outcome = "no_show" if invitee["no_show"] else "held"
        booked = min(moment(link["created_at"]) for link in chain)
        bookings[uri] = {
            "outcome": outcome,
            "reschedules": len(chain) - 1,
            "lead": (moment(event["start_time"]) - booked).total_seconds() / 3600,
            "event_type": event["event_type"],
            "hosts": event["hosts"],
        }
    return bookings


def counted(bookings: list[Booking]) -> dict[str, Any]:
    """The figures of one row of the analytics."""
    outcomes = Counter(booking["outcome"] for booking in bookings)
    came, missed = outcomes["held"], outcomes["no_show"]
    return {
        "bookings": len(bookings),
        "upcoming": outcomes["upcoming"],
        "held": came,
        "no_shows": missed,
        "canceled": outcomes["canceled"],
        "missing": 0,
        "rescheduled_bookings": sum(b["reschedules"] > 0 or b["outcome"] == "rescheduled" for b in bookings),
        "reschedules": sum(booking["reschedules"] for booking in bookings),
        "show_rate": pytest.approx(100 * came / (came + missed), abs=0.006) if came + missed else None,
        "cancellation_rate": pytest.approx(100 * outcomes["canceled"] / len(bookings), abs=0.006),
        "average_lead_hours": pytest.approx(mean(b["lead"] for b in bookings), abs=0.006),
        "median_lead_hours": pytest.approx(median(b["lead"] for b in bookings), abs=0.006),
    }


def figures(row: dict[str, Any]) -> dict[str, Any]:
    """A row's figures as plain numbers."""
    dropped = ("user_id", "event_type_uri", "event_name", "host_uri", "host_name")
    return {
        key: None if value is None else float(value) if "rate" in key or "hours" in key else int(value)
        for key, value in row.items()
        if key not in dropped
    }


@pytest.fixture
def runner(start_calendly: StartCalendly) -> CalendlyRunner:
    begun = start_calendly("seed", "--scale", "0.2")
    assert begun.sync()["status"] == "completed"
    return begun


def truth(runner: CalendlyRunner) -> dict[str, Any]:
    return runner.calendly.truth(**window_of(runner, 1))


def test_each_booking_counts_once_with_what_became_of_it(runner: CalendlyRunner) -> None:
    expected = true_bookings(truth(runner))
    stored = {
        row["invitee_uri"]: (row["outcome"], row["reschedules"])
        for row in runner.rows("SELECT * FROM meeting_bookings")
    }
    assert stored == {uri: (booking["outcome"], booking["reschedules"]) for uri, booking in expected.items()}
    assert max(reschedules for _, reschedules in stored.values()) == 3
    assert {outcome for outcome, _ in stored.values()} >= {"upcoming", "held", "no_show", "canceled"}


def test_figures_by_event_type(runner: CalendlyRunner) -> None:
    groups = defaultdict(list)
    for booking in true_bookings(truth(runner)).values():
        groups[booking["event_type"]].append(booking)
    rows = runner.rows("SELECT * FROM meeting_analytics_by_event_type")
    assert {row["event_type_uri"]: figures(row) for row in rows} == {
        key: counted(each) for key, each in groups.items()
    }


def test_figures_by_host(runner: CalendlyRunner) -> None:
    known = truth(runner)
    email = {uri: user["email"] for uri, user in known["users"].items()}
    groups = defaultdict(list)
    for booking in true_bookings(known).values():
        for host in booking["hosts"]:
            groups[host].append(booking)
    rows = runner.rows("SELECT * FROM meeting_analytics_by_host")
    assert {email[row["host_uri"]]: figures(row) for row in rows} == {
        key: counted(each) for key, each in groups.items()
    }
