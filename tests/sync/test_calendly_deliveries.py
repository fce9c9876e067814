"""Webhook deliveries over HTTP, signed and sent by the fake Calendly, received by the real app, on a real database."""

from __future__ import annotations

import threading

import pytest

from tests.sync.calendly_hooks import Hooks, apply
from tests.sync.calendly_truth import assert_truth


def test_a_booking_is_in_the_tables_a_moment_after_it_was_delivered(hooks: Hooks) -> None:
    hooks.calendly.edit("book", event_type="Group onboarding", count=3)
    assert hooks.send() == [200, 200, 200]
    assert hooks.settled() == ["applied"] * 3
    assert_truth(hooks.runner)
    assert hooks.runner.rows("SELECT DISTINCT synced_via_webhook FROM meetings") == [
        {"synced_via_webhook": True}
    ]
    (health,) = hooks.runner.rows("SELECT * FROM calendly_sync_health")
    assert (health["webhook_synced_meetings"], health["deliveries_waiting"]) == (3, 0)
    assert health["last_delivery_at"] is not None


def test_what_comes_twice_is_counted_and_stored_once(hooks: Hooks) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(times=3, at_once=3) == [200, 200, 200]
    hooks.settled()
    (event,) = hooks.events()
    assert (event["seen_count"], event["apply_status"]) == (3, "applied")
    assert_truth(hooks.runner)


def test_canceled_stays_canceled_whatever_comes_first(hooks: Hooks) -> None:
    booked = hooks.calendly.edit("book")
    hooks.calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
    assert hooks.send(2) == [200]
    hooks.settled()
    assert hooks.send(1) == [200]
    assert hooks.settled() == ["applied", "outdated"]
    assert hooks.invitee(booked["invitee"])["status"] == "canceled"
    assert_truth(hooks.runner)


@pytest.mark.parametrize("sequence", ["made", "reversed"])
def test_both_halves_of_a_reschedule_are_one_booking_in_any_order(hooks: Hooks, sequence: str) -> None:
    first = hooks.calendly.edit("book")
    second = hooks.calendly.edit("reschedule", invitee=first["invitee"])
    third = hooks.calendly.edit("reschedule", invitee=second["invitee"])
    assert hooks.send(sequence=sequence) == [200] * 5
    hooks.settled()
    assert_truth(hooks.runner)
    (booking,) = hooks.runner.rows("SELECT invitee_uri, outcome, reschedules FROM meeting_bookings")
    assert booking == {"invitee_uri": third["invitee"], "outcome": "upcoming", "reschedules": 2}


def test_many_at_once_in_any_order_and_twice_end_in_the_truth(hooks: Hooks) -> None:
    booked = hooks.calendly.edit("book", count=20)["invitees"]
    group = hooks.calendly.edit("book", event_type="Group onboarding")["event"]
    hooks.calendly.edit("book", event=group, count=10)
    for invitee in booked[:5]:
        hooks.calendly.edit("cancel", invitee=invitee)
    for invitee in booked[5:10]:
        moved = hooks.calendly.edit("reschedule", invitee=invitee)["invitee"]
        hooks.calendly.edit("reschedule", invitee=moved)
    hooks.calendly.edit("cancel", event=group, by="host")
    statuses = hooks.send(sequence="shuffled", times=2, at_once=20)
    assert set(statuses) == {200}
    hooks.settled()
    assert_truth(hooks.runner)


def test_appliers_beside_each_other_end_in_the_truth_too(deaf: Hooks) -> None:
    booked = deaf.calendly.edit("book", count=12)["invitees"]
    for invitee in booked[:8]:
        deaf.calendly.edit("cancel", invitee=deaf.calendly.edit("reschedule", invitee=invitee)["invitee"])
    deaf.send(sequence="shuffled", at_once=8)
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(apply(deaf))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    apply(deaf)
    assert "failed" not in deaf.settled()
    assert_truth(deaf.runner)


def test_a_hundred_at_once_are_each_answered_within_a_second(hooks: Hooks) -> None:
    hooks.calendly.edit("book", count=100)
    sent = hooks.calendly.send(at_once=100)
    assert [each["status"] for each in sent] == [200] * 100
    assert max(each["seconds"] for each in sent) < 1.0
    hooks.settled()
    assert_truth(hooks.runner)


def test_a_delivery_without_its_event_is_completed_by_the_next_sync(hooks: Hooks) -> None:
    booked = hooks.calendly.edit("book")
    assert hooks.send(body="bare") == [200]
    assert hooks.settled() == ["applied"]
    assert hooks.invitee(booked["invitee"])["meeting_id"] is None
    hooks.runner.sync(mode="full")
    assert_truth(hooks.runner)


def test_a_no_show_is_marked_and_unmarked_in_any_order(hooks: Hooks) -> None:
    invitee = hooks.calendly.edit("book")["invitee"]
    hooks.calendly.edit("mark_no_show", invitee=invitee)
    hooks.calendly.edit("unmark_no_show", invitee=invitee)
    hooks.send(1, 2)
    hooks.settled()
    assert hooks.invitee(invitee)["no_show_at"] is not None
    hooks.send(3)
    hooks.settled()
    assert hooks.invitee(invitee)["no_show_at"] is None
    hooks.calendly.edit("mark_no_show", invitee=invitee)
    hooks.calendly.edit("unmark_no_show", invitee=invitee)
    hooks.send(5)
    hooks.settled()
    hooks.send(4)
    hooks.settled()
    assert (hooks.invitee(invitee)["no_show_uri"], hooks.invitee(invitee)["no_show_at"]) == (None, None)
    hooks.calendly.edit("mark_no_show", invitee=invitee)
    hooks.send()
    hooks.settled()
    assert_truth(hooks.runner)
    assert hooks.invitee(invitee)["no_show_at"] is not None
