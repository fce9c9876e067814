"""Access tokens for both kinds of connection: a personal token that is all there is, or OAuth's that rotate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import requests

from rollcall.errors import AuthRefused, RateLimited, ReconnectNeeded, ServerFault, SourceError
from rollcall.sources.calendly.addresses import oauth_address
from rollcall.sources.retry import DEFAULT_POLICIES, Clock, RetryPolicy, utc_now
from rollcall.sources.token_endpoint import (
    TokenAnswer,
    TokenEndpoint,
    at_most,
    error_word,
    request_token,
)

PERSONAL = "personal"
OAUTH = "oauth"

# Calendly's tokens live two hours; for an answer that doesn't say (Calendly API reference, authentication).
_USUAL_LIFETIME_SECONDS = 7200

# Eight token requests a user and minute (same place): after a refusal without a word, wait the minute out.
_LIMIT_WINDOW = timedelta(seconds=60)


class PersonalToken:
    """The `token` of a CalendlyClient for a personal access token: there is no fresh one to be had."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "PersonalToken()"

    def __call__(self, rejected: bool) -> str:
        """The token. Raises ReconnectNeeded where Calendly rejected it."""
        if rejected:
            raise personal_token_dead()
        return self._token


def personal_token_dead() -> ReconnectNeeded:
    """The error for a personal token that was rejected: a change of its user's e-mail, password or login ends it."""
    return ReconnectNeeded(
        "Calendly rejected the personal access token (HTTP 401): it was revoked, or ended when its user changed "
        "e-mail, password or login. Make a new one under Integrations, API & Webhooks, and store it with `rollcall "
        "calendly connect`.",
        status=401,
    )


def refresh_tokens(
    session: requests.Session,
    oauth_url: str,
    client_id: str,
    client_secret: str,
    refresh_token: str,
    *,
    retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None,
) -> TokenAnswer:
    """A fresh access token and the refresh token that replaces `refresh_token`, which is dead from then on.

    Store both in the transaction that holds the connection's lock. Raises ReconnectNeeded where Calendly declares the
    refresh token used or revoked (read the connection again before you believe it: another worker may have used it);
    AuthRefused where it does not know the app; NetworkFault, ServerFault or RateLimited when the attempts are used
    up: at most two, and three after a 429, for Calendly allows eight requests a minute; Parked for a pause too long to
    hold the lock for.
    """
    policies = at_most(2, retry_policies, "network_error", "server_error")
    endpoint = TokenEndpoint(
        "Calendly",
        oauth_address(oauth_url),
        _USUAL_LIFETIME_SECONDS,
        lambda response, fields, named: _refused(response, fields, named, clock()),
    )
    return request_token(
        session,
        endpoint,
        {"grant_type": "refresh_token", "refresh_token": refresh_token},
        client_id,
        client_secret,
        retry_policies=at_most(3, policies, "rate_limit"),
        clock=clock,
        sleep=sleep,
        on_wait=on_wait,
    )


def _refused(
    response: requests.Response, fields: dict[str, Any], named: datetime | None, now: datetime
) -> SourceError:
    status = response.status_code
    if status == 429:
        return RateLimited(
            "Calendly gives out no more tokens for the moment; other programs may use the same user.",
            retry_at=named or now + _LIMIT_WINDOW,
        )
    if status >= 500 or status < 400:
        return ServerFault(
            f"Calendly's token endpoint failed (HTTP {status}); check the OAuth address if this goes on.",
            status=status,
        )
    word = error_word(fields)
    said = f"HTTP {status}, {word}" if word else f"HTTP {status}"
    if word == "invalid_grant":
        return ReconnectNeeded(
            f"Calendly takes the refresh token no longer ({said}): it was used or revoked. Authorize the app again.",
            status=status,
        )
    return AuthRefused(
        f"Calendly gave no access token ({said}); check client id and client secret of the app.",
        status=status,
    )
