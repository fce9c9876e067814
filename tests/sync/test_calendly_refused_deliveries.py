"""Deliveries that are turned away or make no sense: what is counted, what is kept, what is told."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.sync.calendly_hooks import Hooks
from tests.sync.conftest import StartCalendly
from tests.sync.webhook_receiver import receiving


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


def test_a_body_that_breaks_off_is_refused_without_ado(
    hooks: Hooks, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.api.webhooks._SECONDS_TO_READ", 0.1)
    (known,) = hooks.runner.rows("SELECT callback_url FROM calendly_webhook_subscriptions")
    address = urlsplit(known["callback_url"])
    begun = f"POST {address.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{{".encode()
    with socket.create_connection((address.hostname, address.port), timeout=10) as slow:
        slow.sendall(begun)
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
    monkeypatch.undo()
    with socket.create_connection((address.hostname, address.port), timeout=10) as cut:
        cut.sendall(begun)
        # The answer to this one says that the server has seen the other end.
        cut.shutdown(socket.SHUT_WR)
        cut.recv(100)
    hooks.calendly.edit("book")
    assert hooks.send() == [200]
    assert "Exception" not in caplog.text


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
