"""The Calendly client is refused: which token, scope, role, plan or pace is at fault, and how long it waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from rollcall.errors import (
    AuthRefused,
    Parked,
    PlanMissing,
    RateLimited,
    ReconnectNeeded,
    ScopeMissing,
    Unavailable,
)
from rollcall.sources.calendly import endpoints as calendly
from rollcall.sources.calendly.client import CalendlyClient
from rollcall.sources.calendly.tokens import PersonalToken
from tests.contract.calendly_client_harness import (
    EVENT,
    LIMITS,
    NOW,
    ORGANIZATION,
    TOKEN,
    USER,
    CalendlyHarness,
    listed,
    refusal,
)
from tests.contract.scripted_server import Reply, ScriptedServer

UNAUTHENTICATED = refusal(401, "Unauthenticated", "The access token is invalid")


def test_a_rejected_calendly_token_gets_one_fresh_one(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [UNAUTHENTICATED, Reply(body=listed("a"))]
    assert calendly_api.client.page(calendly.EVENTS, user=USER).rows == [{"uri": "a"}]
    assert calendly_api.tokens == [False, True]
    assert server.seen[1].headers["authorization"] == f"Bearer {TOKEN}-1"


def test_a_second_rejection_ends_the_call(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [UNAUTHENTICATED]
    with pytest.raises(AuthRefused, match="rollcall calendly test") as refused:
        calendly_api.client.page(calendly.EVENTS, user=USER)
    assert (len(server.seen), refused.value.retry) == (2, False)


def test_a_personal_token_is_dead_at_once(server: ScriptedServer) -> None:
    server.replies = [UNAUTHENTICATED]
    personal = PersonalToken(TOKEN)
    with CalendlyClient(requests.Session, server.url, personal, lambda: None) as client:
        with pytest.raises(ReconnectNeeded, match="personal access token"):
            client.get(calendly.ME)
        assert client.calls == 1
    assert TOKEN not in repr(personal)


@pytest.mark.parametrize("title", ["Insufficient scope", "InsufficientScopeError", "Permission Denied"])
def test_a_missing_scope_is_known_by_its_list(
    server: ScriptedServer, calendly_api: CalendlyHarness, title: str
) -> None:
    server.replies = [refusal(403, title, "upgrade", required_scopes=["scheduled_events:read"])]
    with pytest.raises(ScopeMissing, match="lacks the scope scheduled_events:read") as missing:
        calendly_api.client.page(calendly.EVENTS, user=USER)
    assert missing.value.scopes == ("scheduled_events:read",)
    assert not isinstance(missing.value, PlanMissing)


def test_a_plan_too_small_is_told_apart(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [refusal(403, "Permission Denied", "Please upgrade to a paid Calendly account.")]
    with pytest.raises(PlanMissing):
        calendly_api.client.post(calendly.WEBHOOKS, organization=ORGANIZATION)


def test_lost_access_to_one_event_is_no_loss_of_the_run(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [refusal(403, "Permission Denied", "You are not allowed to view this event")]
    with pytest.raises(Unavailable, match="GBGBDCAADAEDCRZ2") as lost:
        calendly_api.client.get(calendly.EVENT, EVENT)
    assert (lost.value.status, lost.value.recheck_after_hours) == (403, 24.0)


def test_a_role_that_may_not_list_is_never_taken_for_an_empty_list(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [
        refusal(403, "Permission Denied", "You do not have permission to access this resource.")
    ]
    with pytest.raises(ScopeMissing, match="owner or admin"):
        calendly_api.client.page(calendly.EVENTS, organization=ORGANIZATION)


def test_a_gone_event_is_not_looked_for_again(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [refusal(404, "Resource Not Found", "The server could not find the requested resource.")]
    with pytest.raises(Unavailable, match="gone") as gone:
        calendly_api.client.page(calendly.INVITEES, EVENT)
    assert (gone.value.status, gone.value.recheck_after_hours) == (404, None)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset": "37"}, 37.0),
        ({"X-RateLimit-Reset": "37", "Retry-After": "12"}, 12.0),
        ({"X-RateLimit-Reset": "37", "Retry-After": "soon"}, 37.0),
    ],
)
def test_a_429_waits_until_the_limit_starts_again(
    server: ScriptedServer, calendly_api: CalendlyHarness, headers: dict[str, str], seconds: float
) -> None:
    server.replies = [Reply(429, b"<html>slow down</html>", headers), Reply(body=listed("a"))]
    calendly_api.client.page(calendly.EVENTS, user=USER)
    assert seconds <= calendly_api.waits[0] <= seconds + 1.0


@pytest.mark.parametrize(
    "headers", [{}, {"X-RateLimit-Reset": "0"}, {"X-RateLimit-Reset": "-5"}, {"Retry-After": "0"}]
)
def test_a_429_without_a_moment_to_come_backs_off(
    server: ScriptedServer, calendly_api: CalendlyHarness, headers: dict[str, str]
) -> None:
    server.replies = [Reply(429, b"", headers)]
    with pytest.raises(RateLimited):
        calendly_api.client.page(calendly.EVENTS, user=USER)
    assert len(server.seen) == 3
    assert 0.5 <= calendly_api.waits[0] <= 1.0 <= calendly_api.waits[1] <= 2.0


def test_a_long_pause_parks(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [Reply(429, b"", {"X-RateLimit-Reset": "1800"})]
    with pytest.raises(Parked) as parked:
        calendly_api.client.page(calendly.EVENTS, user=USER)
    assert parked.value.until == NOW + timedelta(minutes=30)
    assert calendly_api.waits == []


def test_a_failing_server_is_given_the_time_it_asks_for_and_not_the_limits_reset(
    server: ScriptedServer, calendly_api: CalendlyHarness
) -> None:
    server.replies = [
        Reply(503, b"", {**LIMITS, "Retry-After": "20"}),
        Reply(503, b"", LIMITS),
        Reply(body=listed("a")),
    ]
    calendly_api.client.page(calendly.EVENTS, user=USER)
    assert 20.0 <= calendly_api.waits[0] <= 21.0
    assert calendly_api.waits[1] <= 2.0


def test_the_limits_of_every_answer_are_noted(server: ScriptedServer, calendly_api: CalendlyHarness) -> None:
    server.replies = [
        Reply(body=listed(), headers=LIMITS),
        UNAUTHENTICATED,
        Reply(body=listed(), headers={"x-ratelimit-limit": "50", "x-ratelimit-remaining": "many"}),
        Reply(body=listed(), headers={"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "9" * 40}),
        Reply(body=listed(), headers={"X-RateLimit-Reset": "3.5"}),
        Reply(body=listed(), headers={"X-RateLimit-Limit": "0", "X-RateLimit-Reset": "0"}),
        Reply(body=listed()),
    ]
    for _ in range(6):
        calendly_api.client.page(calendly.EVENTS, user=USER)
    assert calendly_api.limits == [
        (500, 499, 60.0),
        (500, 499, 60.0),
        (50, None, None),
        (None, None, 3.5),
        (None, None, 0.0),
    ]
