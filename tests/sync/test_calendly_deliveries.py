"""Webhook deliveries over HTTP, signed and sent by the fake Calendly, received by the real app, on a real database."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import requests

from rollcall.stack.postgres import Postgres
from rollcall.sync.calendly.deliveries import apply_waiting
from tests.sync.calendly_hooks import Hooks
from tests.sync.calendly_truth import assert_truth
from tests.sync.conftest import StartCalendly
from tests.sync.webhook_receiver import receiving, receiving_process


@pytest.fixture
def hooks(start_calendly: StartCalendly) -> Iterator[Hooks]:
    """A live subscription of an empty organization, and a receiver."""
    runner = start_calendly("empty")
    with receiving(runner.connect, lambda: runner.keyring) as url:
        found = Hooks(runner, url)
        found.create()
        yield found


@pytest.fixture
def deaf(start_calendly: StartCalendly, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    """The same, but nothing is applied before a test says so."""
    runner = start_calendly("empty")
    monkeypatch.setattr("rollcall.sync.calendly.webhook_door.WebhookDoor.apply_later", lambda *_: None)
    with receiving(runner.connect, lambda: runner.keyring) as url:
        found = Hooks(runner, url)
        found.create()
        yield found


def apply(hooks: Hooks) -> int:
    with closing(hooks.runner.connect()) as conn:
        return apply_waiting(conn, hooks.runner.user_id)


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


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"signed": "none"}, "missing"),
        ({"signed": "wrong"}, "mismatch"),
        ({"signed": "other_key"}, "mismatch"),
        ({"signed": "body_only"}, "mismatch"),
        ({"signed": "no_time"}, "malformed"),
        ({"signed": "garbage"}, "malformed"),
        ({"age": 330}, "too_old"),
        ({"age": -330}, "in_future"),
    ],
)
def test_what_is_not_proven_to_be_calendlys_leaves_a_count_and_nothing_else(
    hooks: Hooks, how: dict[str, object], reason: str
) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(times=2, **how) == [401, 401]
    assert hooks.refusals() == {reason: 2}
    assert hooks.events() == []
    (health,) = hooks.runner.rows("SELECT refusals, last_refused_at FROM calendly_sync_health")
    assert health["refusals"] == 2


@pytest.mark.parametrize("signed", ["good", "spaced", "two"])
def test_signatures_may_be_written_in_several_ways(hooks: Hooks, signed: str) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(signed=signed) == [200]


def test_the_tolerance_is_a_setting(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    with receiving(runner.connect, lambda: runner.keyring, lambda: 4000) as url:
        hooks = Hooks(runner, url)
        hooks.create()
        hooks.calendly.edit("book")
        assert hooks.send(age=3600) == [200]
        assert hooks.send(1, age=4100) == [401]


@pytest.mark.parametrize("signed", ["good", "none"])
def test_what_is_larger_than_a_mebibyte_is_counted_and_not_kept(hooks: Hooks, signed: str) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(body="oversized", size=1024 * 1024 + 1, signed=signed) == [413]
    assert hooks.refusals() == {"too_large": 1}
    assert hooks.events() == []
    assert hooks.send(body="oversized", size=1024 * 1024 - 1000) == [200]


@pytest.mark.parametrize("body", ["broken", "empty", "not_object", "no_uri"])
def test_a_signed_body_that_makes_no_sense_is_kept_for_a_person(hooks: Hooks, body: str) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(body=body, times=2) == [202, 202]
    (event,) = hooks.events()
    assert (event["apply_status"], event["seen_count"]) == ("unreadable", 2)
    assert "example" not in event["apply_message"]
    assert hooks.runner.rows("SELECT deliveries_unreadable AS n FROM calendly_sync_health") == [{"n": 1}]


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


def test_an_address_that_is_none_tells_nothing(hooks: Hooks) -> None:
    base = f"{hooks.url}/rollcall/webhooks/calendly"
    for unknown in ("nobody", "a" * 65, "%00", "x%20y"):
        assert requests.post(f"{base}/{unknown}", data=b"{}", timeout=10).status_code == 404
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert requests.request(method, f"{base}/nobody", timeout=10).status_code == 405
    for address in (f"{base}/test", f"{base}/nobody/test"):
        up = requests.get(address, timeout=10)
        assert (up.status_code, up.json()["status"]) == (200, "up")
    assert hooks.refusals() == {}


def test_a_database_that_is_away_makes_calendly_send_again(
    hooks: Hooks, postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.calendly.edit("book", count=2)
    assert hooks.send(1) == [200]
    hooks.settled()
    name = psycopg.conninfo.conninfo_to_dict(hooks.runner.dsn)["dbname"]
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        assert hooks.send(2) == [503]
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    assert hooks.send() == [200]
    hooks.settled()
    assert_truth(hooks.runner)
    assert "does not answer" in caplog.text


def test_a_cut_connection_costs_no_delivery(hooks: Hooks, postgres: Postgres) -> None:
    hooks.calendly.edit("book", count=3)
    assert hooks.send(1) == [200]
    hooks.settled()
    name = psycopg.conninfo.conninfo_to_dict(hooks.runner.dsn)["dbname"]
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    assert hooks.send() == [200, 200]
    hooks.settled()
    assert_truth(hooks.runner)


def test_keys_that_are_gone_make_calendly_send_again(
    start_calendly: StartCalendly, caplog: pytest.LogCaptureFixture
) -> None:
    from rollcall.secrets import Keyring

    runner = start_calendly("empty")
    with receiving(runner.connect, lambda: Keyring.from_env({})) as url:
        hooks = Hooks(runner, url)
        hooks.create()
        hooks.calendly.edit("book")
        assert hooks.send() == [503]
    assert "Fernet.generate_key()" in caplog.text


@pytest.mark.parametrize("by", ["the next delivery", "the next sync"])
def test_what_a_killed_process_had_stored_is_applied_later(
    start_calendly: StartCalendly, tmp_path: Path, by: str
) -> None:
    runner = start_calendly("empty")
    with receiving_process(runner.dsn, runner.key, tmp_path) as (process, url):
        hooks = Hooks(runner, url)
        hooks.create()
        hooks.calendly.edit("book", count=2)
        with closing(runner.connect()) as holder, holder.transaction():
            # Whoever applies waits here, and the process dies meanwhile.
            holder.execute("LOCK TABLE meetings IN SHARE ROW EXCLUSIVE MODE")
            assert hooks.send(1) == [200]
            process.kill()
            process.wait()
    assert [row["apply_status"] for row in hooks.events()] == ["pending"]
    if by == "the next sync":
        run_id = runner.open(mode="incremental")
        runner.discover(run_id)
    else:
        with receiving(runner.connect, lambda: runner.keyring) as url:
            assert hooks.send(2, url=hooks.events()[0] and _moved(hooks, url)) == [200]
            hooks.settled()
    assert set(hooks.settled()) == {"applied"}
    if by == "the next delivery":
        assert_truth(runner)


def _moved(hooks: Hooks, url: str) -> str:
    """The subscription's address at another port."""
    (subscription,) = hooks.at_calendly()
    return str(subscription["callback_url"]).replace(hooks.url, url)


def test_a_delivery_that_fails_holds_up_no_other_and_is_tried_again(hooks: Hooks) -> None:
    hooks.calendly.edit("book", count=2)
    bad = hooks.calendly.deliveries()[0]["invitee"]
    owner = psycopg.connect(hooks.runner.dsn, autocommit=True)
    with closing(owner):
        owner.execute(
            f"ALTER TABLE meeting_invitees ADD CONSTRAINT not_this_one CHECK (uri <> '{bad}')".encode()
        )
        hooks.send()
        assert hooks.settled() == ["failed", "applied"]
        assert "CheckViolation" in hooks.events()[0]["apply_message"]
        assert bad not in hooks.events()[0]["apply_message"]
        owner.execute("ALTER TABLE meeting_invitees DROP CONSTRAINT not_this_one")
    hooks.calendly.edit("book")
    hooks.send()
    deadline = time.monotonic() + 10
    while "failed" in hooks.settled():
        assert time.monotonic() < deadline
    assert_truth(hooks.runner)


def test_nothing_secret_or_personal_is_logged(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hooks.calendly.edit("book", email="very.private@example.test", name="Very Private")
    hooks.send(signed="wrong")
    hooks.send(body="broken")
    hooks.send()
    hooks.settled()
    (key,) = hooks.runner.rows("SELECT key_encrypted FROM calendly_webhook_keys")
    secret = hooks.runner.keyring.decrypt(key["key_encrypted"])
    assert "Very Private" in json.dumps(hooks.calendly.deliveries()[0]["body"])
    for word in (secret, "very.private", "Very Private", "v1="):
        assert word not in caplog.text
