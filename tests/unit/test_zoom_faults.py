"""Each refusal Zoom is known to give, and which of rollcall's errors it becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.errors import (
    DataFault,
    PageTokenExpired,
    RateLimited,
    ScopeMissing,
    ServerFault,
    SourceError,
    TokenRejected,
    Unavailable,
)
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.faults import fault_of

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
NO_SCOPES = "Invalid access token, does not contain scopes:[report:read:admin, webinar:read:list_x:admin]."


def fault(
    status: int,
    code: object,
    message: str,
    endpoint: Endpoint = zoom.REPORT_PARTICIPANTS,
    headers: dict[str, str] | None = None,
    page_token_sent: bool = False,
) -> SourceError:
    body = json.dumps({"code": code, "message": message}).encode()
    item = "91234567890" if endpoint.subject == "webinar" else "q7Yx0pTt=="
    return fault_of(status, headers or {}, body, endpoint, item, page_token_sent=page_token_sent, now=NOW)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (401, 124, "Invalid access token."),
        (401, 124, "Access token is expired."),
        (400, 124, "Access token has expired."),
        (401, "124", "Invalid access token."),
        (401, None, ""),
        (200, 124, "Invalid access token."),
    ],
)
def test_a_dead_token(status: int, code: object, message: str) -> None:
    assert type(fault(status, code, message)) is TokenRejected


@pytest.mark.parametrize(
    ("status", "code"), [(400, 4711), (401, 4711), (403, 4711), (400, 4700), (401, 124), (400, 104), (403, 0)]
)
def test_a_missing_scope_is_known_by_its_text_and_names_the_scopes(status: int, code: int) -> None:
    error = fault(status, code, NO_SCOPES)
    assert isinstance(error, ScopeMissing)
    assert error.scopes == ("report:read:admin", "webinar:read:list_x:admin")
    assert "webinar:read:list_x:admin" in str(error)


@pytest.mark.parametrize(("status", "code"), [(400, 4711), (400, 4700), (403, None), (403, 9)])
def test_a_missing_scope_without_names(status: int, code: object) -> None:
    assert type(fault(status, code, "no")) is ScopeMissing


@pytest.mark.parametrize(
    "message", ["Webinar plan is missing.", "No permission.", "only available for paid account"]
)
@pytest.mark.parametrize("status", [400, 200, 403])
def test_code_200_lets_a_report_fall_back_but_makes_a_host_unavailable(status: int, message: str) -> None:
    assert type(fault(status, 200, message)) is ScopeMissing
    assert type(fault(status, 200, message, zoom.HISTORY_MEETINGS)) is ScopeMissing
    for endpoint in (zoom.USER_WEBINARS, zoom.PAST_PARTICIPANTS, zoom.REGISTRANTS):
        error = fault(status, 200, message, endpoint)
        assert isinstance(error, Unavailable)
        assert error.recheck_after_hours == 168


@pytest.mark.parametrize("message", ["Webinar does not exist: 5.", "The meeting ID is invalid or not end."])
def test_3001_is_looked_at_again_and_expected_only_for_webinar_ids(message: str) -> None:
    by_uuid, by_id = fault(404, 3001, message), fault(404, 3001, message, zoom.REGISTRANTS)
    assert isinstance(by_uuid, Unavailable)
    assert isinstance(by_id, Unavailable)
    assert (by_uuid.expected, by_id.expected) == (False, True)
    assert by_uuid.recheck_after_hours == 12
    assert by_uuid.code == 3001


@pytest.mark.parametrize(
    ("status", "code", "message", "hours", "expected"),
    [
        (400, 12702, "Can not access a webinar a year ago.", None, False),
        (400, 300, "Invalid webinar id.", None, False),
        (400, 300, "The next page token is invalid or expired.", None, False),
        (400, 3000, "This webinar has not registration required", None, True),
        (404, 1001, "User does not exist", 168, False),
        (400, 1010, "User does not belong to this account", 168, False),
        (401, 1010, "User does not belong to this account", 168, False),
        (400, 3161, "Your user account is not allowed to host", 168, False),
        (200, 3001, "Webinar does not exist", 12, False),
    ],
)
def test_an_item_that_is_not_to_be_had(
    status: int, code: int, message: str, hours: float | None, expected: bool
) -> None:
    error = fault(status, code, message)
    assert isinstance(error, Unavailable)
    assert (error.recheck_after_hours, error.expected) == (hours, expected)


@pytest.mark.parametrize("text", ["The next page token is invalid or expired.", "Invalid next_page_token."])
def test_an_expired_page_token_only_where_one_was_sent(text: str) -> None:
    assert type(fault(400, 300, text, page_token_sent=True)) is PageTokenExpired
    assert type(fault(400, 300, "Invalid webinar id.", page_token_sent=True)) is Unavailable


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302])
def test_the_servers_own_trouble(status: int) -> None:
    assert type(fault(status, None, "")) is ServerFault


@pytest.mark.parametrize(("status", "code"), [(400, 4242), (404, None), (418, 7), (200, 404)])
def test_an_unknown_refusal_names_its_numbers_and_not_its_text(status: int, code: object) -> None:
    error = fault(status, code, "mira@acme.test may not")
    assert type(error) is DataFault
    assert "mira" not in str(error)
    assert str(error.status) in str(error)
    assert "q7Yx0pTt==" in str(error)


@pytest.mark.parametrize(
    ("headers", "message", "daily", "retry_at"),
    [
        ({"X-RateLimit-Type": "QPS"}, "maximum per-second rate limit", False, None),
        ({"X-RATELIMIT-TYPE": "QPS", "RETRY-AFTER": "5"}, "", False, NOW + timedelta(seconds=5)),
        ({}, "You have reached the maximum per-second rate limit", False, None),
        ({}, "", False, None),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 2)}, "", False, NOW + timedelta(seconds=2)),
        ({}, "You have reached the maximum daily rate limit", True, MIDNIGHT),
        ({"x-ratelimit-type": "Daily-limit"}, "", True, MIDNIGHT),
        ({"X-RateLimit-Type": "Daily-limit", "Retry-After": "nonsense"}, "", True, MIDNIGHT),
        (
            {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-03-05T01:00:00+01:00"},
            "",
            True,
            MIDNIGHT,
        ),
        ({"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-03-05T00:00:00"}, "", True, MIDNIGHT),
        ({"X-RateLimit-Type": "Daily-limit", "Retry-After": "5400"}, "", True, MIDNIGHT),
        (
            {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2026-03-04T00:00:00Z"},
            "",
            True,
            NOW + timedelta(minutes=1),
        ),
    ],
)
def test_both_kinds_of_rate_limit(
    headers: dict[str, str], message: str, daily: bool, retry_at: datetime | None
) -> None:
    error = fault(429, 429, message, headers=headers)
    assert isinstance(error, RateLimited)
    assert (error.daily, error.retry_at) == (daily, retry_at)


def test_a_failure_dressed_as_success_is_what_its_code_says() -> None:
    assert type(fault(200, 429, "")) is RateLimited
    assert type(fault(200, 503, "")) is ServerFault


def test_the_tracking_id_for_zooms_support_is_kept() -> None:
    assert fault(404, 3001, "", headers={"X-Zm-TrackingId": "v=2.0;id=7"}).tracking_id == "v=2.0;id=7"


def test_a_host_given_by_e_mail_is_not_named() -> None:
    error = fault_of(404, {}, b'{"code":1001}', zoom.USER_WEBINARS, "mira@acme.test", now=NOW)
    assert "mira" not in str(error)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[]", b"null", b'{"code":true,"message":5}', b"[" * 99999]
)
def test_any_body_at_all_gives_an_error_and_not_a_crash(body: bytes) -> None:
    assert type(fault_of(400, {}, body, zoom.USERS, "", now=NOW)) is DataFault


@pytest.mark.parametrize("code", [2**31, 2**63, "9" * 5000, True, [3001], "x"])
def test_a_code_that_can_not_be_one_is_none(code: object) -> None:
    refused = fault(400, code, "Webinar does not exist.")
    assert type(refused) is DataFault
    assert refused.code is None


def test_a_call_for_the_whole_account_names_no_item() -> None:
    error = fault_of(400, {}, b"{}", zoom.USERS, "", now=NOW)
    assert str(error).startswith("Zoom refused users with HTTP 400")
