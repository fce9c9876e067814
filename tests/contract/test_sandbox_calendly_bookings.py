"""What happens to bookings in the fake Calendly, and the webhooks that it makes of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.calendly.harness import Sandbox
from tests.contract.scripted_server import Reply, ScriptedServer, Seen

KEY = "a-key-for-tests"
NOWHERE = "https://hooks.example.test/calendly"


@pytest.fixture
def calendly() -> Iterator[Sandbox]:
    with Sandbox("demo", "--scale", "0.3") as running:
        yield running


def read(calendly: Sandbox, uri: str) -> dict[str, Any]:
    answer = calendly.get(uri)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["resource"]
    return found


def verified(seen: Seen, key: str = KEY) -> bool:
    parts = dict(part.split("=", 1) for part in seen.headers["calendly-webhook-signature"].split(","))
    right = hmac.new(key.encode(), parts["t"].encode() + b"." + seen.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], right)


def test_a_one_to_one_event_goes_with_its_invitee_and_stays_listed(calendly: Sandbox) -> None:
    booked = calendly.edit("book")
    before = read(calendly, booked["event"])
    calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
    after = read(calendly, booked["event"])
    assert (before["status"], after["status"]) == ("active", "canceled")
    assert after["invitees_counter"] == {"total": 1, "active": 0, "limit": 1}
    assert after["updated_at"] > before["updated_at"]
    invitee = read(calendly, booked["invitee"])
    assert invitee["status"] == "canceled"
    assert invitee["cancellation"]["reason"] == "Ill"
    with pytest.raises(Exception, match="400"):
        calendly.edit("cancel", invitee=booked["invitee"])


def test_a_group_event_stays_for_the_others(calendly: Sandbox) -> None:
    event = calendly.edit("book", event_type="Group onboarding")["event"]
    others = calendly.edit("book", event=event, count=2)
    calendly.edit("cancel", invitee=others["invitee"])
    shown = read(calendly, event)
    assert shown["status"] == "active"
    assert shown["invitees_counter"]["total"] == 3
    assert shown["invitees_counter"]["active"] == 2
    calendly.edit("cancel", event=event, by="host")
    told = calendly.truth()["events"][event]
    assert told["status"] == "canceled"
    assert {one["status"] for one in told["invitees"].values()} == {"canceled"}


def test_a_reschedule_is_two_invitees_with_links_and_a_chain(calendly: Sandbox) -> None:
    meetings = calendly.truth()["counts"]["meetings"]
    first = calendly.edit("book")["invitee"]
    second = calendly.edit("reschedule", invitee=first)["invitee"]
    third = calendly.edit("reschedule", invitee=second)["invitee"]
    middle = read(calendly, second)
    assert (middle["status"], middle["rescheduled"]) == ("canceled", True)
    assert (middle["old_invitee"], middle["new_invitee"]) == (first, third)
    last = read(calendly, third)
    assert (last["status"], last["rescheduled"], last["new_invitee"]) == ("active", False, None)
    told = calendly.truth()
    assert [first, second, third] in told["chains"]
    assert told["counts"]["meetings"] == meetings + 1


def test_late_changes_move_the_invitee_and_not_the_event_unless_asked(calendly: Sandbox) -> None:
    booked = calendly.edit("book")
    before = read(calendly, booked["event"])["updated_at"]
    calendly.edit("mark_no_show", invitee=booked["invitee"])
    marked = read(calendly, booked["invitee"])
    assert read(calendly, marked["no_show"]["uri"])["invitee"] == booked["invitee"]
    calendly.edit("edit_answers", invitee=booked["invitee"], answers=["Something new"])
    edited = read(calendly, booked["invitee"])
    assert edited["questions_and_answers"][0]["answer"] == "Something new"
    assert edited["updated_at"] > marked["updated_at"]
    assert read(calendly, booked["event"])["updated_at"] == before
    calendly.edit("unmark_no_show", invitee=booked["invitee"], moves_event=True)
    assert read(calendly, booked["invitee"])["no_show"] is None
    assert read(calendly, booked["event"])["updated_at"] > before


def test_a_conference_gets_its_link_later(calendly: Sandbox) -> None:
    event = calendly.edit("book", event_type="Intro call")["event"]
    assert read(calendly, event)["location"]["join_url"] is None
    calendly.edit("push_location", event=event)
    assert read(calendly, event)["location"]["status"] == "pushed"


def test_subscriptions_are_made_found_and_deleted_and_never_show_their_key(calendly: Sandbox) -> None:
    uri = calendly.subscribe(NOWHERE, KEY)
    shown = read(calendly, uri)
    assert (shown["state"], shown["retry_started_at"]) == ("active", None)
    assert KEY not in json.dumps(shown)
    body = {key: shown[key] for key in ("events", "organization", "scope")}
    twice = calendly.call("POST", "/webhook_subscriptions", {**body, "url": NOWHERE})
    assert (twice.status_code, twice.json()["message"]) == (409, "Hook with this url already exists")
    asked = {"organization": calendly.organization, "scope": "organization"}
    listed = calendly.get("/webhook_subscriptions", **asked).json()["collection"]
    assert [each["uri"] for each in listed] == [uri]
    assert calendly.call("DELETE", uri).status_code == 204
    assert calendly.get(uri).status_code == 404


def test_every_change_is_announced_to_who_hears_of_it(calendly: Sandbox) -> None:
    calendly.edit("book")
    events = ["invitee.created", "invitee.canceled", "invitee_no_show.created"]
    calendly.subscribe(NOWHERE, KEY, events)
    booked = calendly.edit("book")
    moved = calendly.edit("reschedule", invitee=booked["invitee"])
    calendly.edit("mark_no_show", invitee=moved["invitee"])
    calendly.edit("unmark_no_show", invitee=moved["invitee"])
    made = calendly.deliveries()
    assert [(each["event"], each["invitee"]) for each in made] == [
        ("invitee.created", booked["invitee"]),
        ("invitee.created", moved["invitee"]),
        ("invitee.canceled", booked["invitee"]),
        ("invitee_no_show.created", moved["invitee"]),
    ]
    body = made[2]["body"]
    assert body.keys() == {"event", "created_at", "created_by", "payload"}
    assert body["created_at"].endswith(".000000Z")
    assert body["payload"]["rescheduled"] is True
    assert body["payload"]["scheduled_event"]["uri"] == booked["event"]


def test_messages_are_signed_and_sent_in_any_order_and_number(
    calendly: Sandbox, server: ScriptedServer
) -> None:
    calendly.subscribe(server.url + "/hook", KEY)
    calendly.edit("book", count=3)
    sent = calendly.send(sequence="reversed", times=2)
    assert [each["number"] for each in sent] == [3, 3, 2, 2, 1, 1]
    assert all(verified(seen) and seen.path == "/hook" for seen in server.seen)
    assert calendly.send() == []
    assert all(each["delivered"] for each in calendly.deliveries())
    calendly.edit("book", count=20)
    assert sorted(each["number"] for each in calendly.send(at_once=20)) == list(range(4, 24))


def test_messages_are_spoiled_as_ordered(calendly: Sandbox, server: ScriptedServer) -> None:
    calendly.subscribe(server.url, KEY)
    calendly.edit("book")
    for signed in ("none", "wrong", "other_key", "body_only"):
        calendly.send(signed=signed)
        header = server.seen[-1].headers.get("calendly-webhook-signature")
        assert header is None if signed == "none" else not verified(server.seen[-1])
    calendly.send(body="oversized", size=100_000)
    assert len(server.seen[-1].body) >= 100_000
    assert verified(server.seen[-1])
    calendly.send(body="broken")
    assert verified(server.seen[-1])
    with pytest.raises(json.JSONDecodeError):
        json.loads(server.seen[-1].body)
    calendly.send(age=600)
    said = int(server.seen[-1].headers["calendly-webhook-signature"].split(",")[0].removeprefix("t="))
    assert 599 <= time.time() - said < 660
    assert calendly.deliveries()[0]["statuses"] == [200]


def test_a_day_of_failures_disables_a_subscription(calendly: Sandbox, server: ScriptedServer) -> None:
    server.replies = [Reply(301, headers={"Location": "https://hooks.example.test/"})]
    uri = calendly.subscribe(server.url, KEY)
    calendly.edit("book", count=2)
    assert [each["status"] for each in calendly.send()] == [301, 301]
    assert read(calendly, uri)["retry_started_at"] is not None
    assert read(calendly, uri)["state"] == "active"
    calendly.edit("advance", seconds=24 * 3600 + 1)
    calendly.send()
    assert read(calendly, uri)["state"] == "disabled"
    assert calendly.edit("book")["deliveries"] == []
    assert calendly.send() == []


def test_a_running_server_can_send_by_itself(server: ScriptedServer) -> None:
    with Sandbox("empty", "--deliver") as calendly:
        calendly.subscribe(server.url, KEY)
        calendly.edit("book")
        deadline = time.monotonic() + 20
        while not calendly.deliveries()[0]["delivered"]:
            assert time.monotonic() < deadline, "nothing was sent"
            time.sleep(0.01)
        assert json.loads(server.seen[0].body) == calendly.deliveries()[0]["body"]


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ({"do": "fly"}, "one of book"),
        ({"do": "cancel", "event": "x"}, "no such event"),
        ({"do": "spend"}, "calls"),
    ],
)
def test_an_edit_that_makes_no_sense_says_why(calendly: Sandbox, order: dict[str, Any], word: str) -> None:
    answer = requests.post(f"{calendly.base}/sandbox/world", json=order, timeout=60)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
