"""What happens to bookings between two syncs: the incremental one picks it up, and canceled stays canceled."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.sources.calendly.records import event_record, invitee_record
from rollcall.store import meetings
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth
from tests.sync.conftest import StartCalendly

Runner = CalendlyRunner


@pytest.fixture
def runner(start_calendly: StartCalendly) -> Runner:
    """An organization of this month alone, synced once, so that the truth of all is that of the window."""
    begun = start_calendly("empty")
    for number in range(4):
        begun.calendly.edit("book", event_type="Intro call", start=moment(days=2 + number))
        begun.calendly.edit("book", event_type="Deep dive", start=moment(days=-2 - number))
    group = begun.calendly.edit("book", event_type="Group onboarding", start=moment(days=4, hours=5))
    for _ in range(3):
        begun.calendly.edit("book", event=group["event"])
    begun.sync()
    assert_truth(begun)
    return begun


def moment(**ahead: float) -> str:
    """An ISO moment, on the full hour, so and so long from now."""
    return (datetime.now(UTC) + timedelta(**ahead)).replace(minute=0, second=0, microsecond=0).isoformat()


def events(runner: Runner, kind: str) -> list[str]:
    """URIs of events of a kind, by their start."""
    found = [
        (e["start_time"], uri) for uri, e in runner.calendly.truth()["events"].items() if e["name"] == kind
    ]
    return [uri for _, uri in sorted(found)]


def only_invitee(runner: Runner, event: str) -> str:
    return str(next(iter(runner.calendly.truth()["events"][event]["invitees"])))


def synced(runner: Runner) -> dict[str, Any]:
    """The row of an incremental run after which everything is the truth's."""
    run = runner.sync()
    assert (run["mode"], run["status"]) == ("incremental", "completed")
    assert_truth(runner)
    return run


def found(run: dict[str, Any]) -> tuple[int, int, int]:
    return run["meetings_new"], run["meetings_updated"], run["meetings_canceled"]


def test_a_booking_and_a_cancellation(runner: Runner) -> None:
    runner.calendly.edit("book", event_type="Intro call", start=moment(days=9))
    assert found(synced(runner)) == (1, 0, 0)
    runner.calendly.edit("cancel", event=events(runner, "Intro call")[0], by="host", reason="Ill")
    assert found(synced(runner)) == (0, 1, 1)
    assert found(synced(runner)) == (0, 0, 0)


def test_a_chain_of_three_moves_is_four_rows_and_one_booking(runner: Runner) -> None:
    first = only_invitee(runner, events(runner, "Intro call")[0])
    bookings = runner.rows("SELECT count(*) AS n FROM meeting_bookings")[0]["n"]
    last = first
    for days in (10, 11, 12):
        last = runner.calendly.edit("reschedule", invitee=last, start=moment(days=days))["invitee"]
        synced(runner)
    assert runner.rows("SELECT count(*) AS n FROM meeting_bookings")[0]["n"] == bookings
    booking = runner.rows("SELECT * FROM meeting_bookings WHERE reschedules > 0")
    assert [(b["invitee_uri"], b["reschedules"], b["outcome"]) for b in booking] == [(last, 3, "upcoming")]
    begun = runner.rows("SELECT invitee_created_at FROM meeting_invitees WHERE uri = %s", first)[0]
    assert booking[0]["first_booked_at"] == begun["invitee_created_at"]


def test_one_leaves_a_group_another_moves_to_the_next_and_the_host_takes_it_back(runner: Runner) -> None:
    group = events(runner, "Group onboarding")[0]
    people = list(runner.calendly.truth()["events"][group]["invitees"])
    runner.calendly.edit("cancel", invitee=people[0], reason="No time")
    assert found(synced(runner)) == (0, 1, 0)
    stored = runner.rows("SELECT status, invitees_active FROM meetings WHERE uri = %s", group)[0]
    assert (stored["status"], stored["invitees_active"]) == ("active", 3)
    other = runner.calendly.edit("book", event_type="Group onboarding", start=moment(days=6, hours=5))[
        "event"
    ]
    runner.calendly.edit("reschedule", invitee=people[1], to_event=other)
    assert found(synced(runner)) == (1, 1, 0)
    runner.calendly.edit("cancel", event=group, by="host")
    assert found(synced(runner)) == (0, 1, 1)


@pytest.mark.parametrize("moves_event", [False, True])
def test_a_no_show_that_is_set_and_taken_back(runner: Runner, moves_event: bool) -> None:
    event = events(runner, "Deep dive")[-1]
    invitee = only_invitee(runner, event)
    outcome = "SELECT outcome FROM meeting_bookings WHERE invitee_uri = %s"
    runner.calendly.edit("mark_no_show", invitee=invitee, moves_event=moves_event)
    synced(runner)
    assert runner.rows(outcome, invitee) == [{"outcome": "no_show"}]
    runner.calendly.edit("unmark_no_show", invitee=invitee, moves_event=moves_event)
    synced(runner)
    assert runner.rows(outcome, invitee) == [{"outcome": "held"}]


def test_answers_that_are_changed_after_the_meeting_or_with_a_mark_on_the_event(runner: Runner) -> None:
    runner.calendly.edit(
        "edit_answers", invitee=only_invitee(runner, events(runner, "Deep dive")[-1]), answers=["A"]
    )
    runner.calendly.edit(
        "edit_answers",
        invitee=only_invitee(runner, events(runner, "Intro call")[-1]),
        answers=["One\nTwo", "Three"],
        moves_event=True,
    )
    synced(runner)


def test_what_the_host_changes_or_takes_out_of_an_event(runner: Runner) -> None:
    event = events(runner, "Intro call")[0]
    runner.calendly.edit("push_location", event=event)
    runner.calendly.edit("edit_event", event=event, name="Intro call, moved rooms", notes="Bring the offer.")
    synced(runner)
    stored = runner.rows("SELECT join_url, meeting_notes_plain FROM meetings WHERE uri = %s", event)[0]
    assert stored["join_url"].startswith("https://conference.test/j/")
    assert stored["meeting_notes_plain"] == "Bring the offer."
    runner.calendly.edit("edit_event", event=event, notes=None)
    changed = synced(runner)
    # Its invitees were read for that once; the next sync leaves them alone.
    assert synced(runner)["instances_queued"] == changed["instances_queued"] - 1
    assert (
        runner.rows("SELECT meeting_notes_plain FROM meetings WHERE uri = %s", event)[0][
            "meeting_notes_plain"
        ]
        is None
    )


def test_an_older_answer_that_comes_late_makes_nobody_active_again(runner: Runner) -> None:
    event = events(runner, "Intro call")[0]
    invitee = only_invitee(runner, event)
    old_event = event_record(runner.calendly.get(event).json()["resource"])
    old_invitee = invitee_record(runner.calendly.get(invitee).json()["resource"])
    assert old_event
    assert old_invitee
    runner.calendly.edit("cancel", invitee=invitee, reason="No time")
    synced(runner)
    for via_webhook in (False, True):
        with closing(runner.connect()) as conn:
            late = meetings.upsert_meetings(conn, runner.user_id, [old_event], via_webhook=via_webhook)
            late_too = meetings.upsert_invitees(conn, [old_invitee], via_webhook=via_webhook)
        assert (late.counts, late_too.counts) == ({"outdated": 1}, {"outdated": 1})
        assert_truth(runner)
    # Even as young as the cancellation itself, whoever says so.
    for record, stamp in ((old_event, "event_updated_at"), (old_invitee, "invitee_updated_at")):
        record[stamp] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    with closing(runner.connect()) as conn:
        meetings.upsert_meetings(conn, runner.user_id, [old_event], via_webhook=False)
        meetings.upsert_invitees(conn, [old_invitee], via_webhook=False)
    statuses = runner.rows(
        "SELECT m.status, i.status AS invitee FROM meetings m JOIN meeting_invitees i ON i.meeting_id = m.id"
        " WHERE i.uri = %s",
        invitee,
    )
    assert statuses == [{"status": "canceled", "invitee": "canceled"}]


def test_two_users_who_see_the_same_events_keep_them_fresh_between_them(runner: Runner) -> None:
    runner.connect_user(
        "Jonas.Berg@acme.test"
    )  # the owner's token serves: who is asked for does not matter here
    runner.without_pacing()
    other = runner.sync(user="jonas.berg@acme.test", mode="full")
    assert (other["status"], other["meetings_new"]) == ("completed", 0)
    runner.calendly.edit("cancel", invitee=only_invitee(runner, events(runner, "Intro call")[0]))
    again = runner.sync(user="jonas.berg@acme.test")
    assert (again["mode"], again["meetings_updated"]) == ("incremental", 1)
    assert_truth(runner)
