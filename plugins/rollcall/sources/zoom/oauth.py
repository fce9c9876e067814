"""Access tokens from Zoom's token endpoint, for both kinds of app."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import requests

from rollcall.errors import AuthRefused, RateLimited, ReconnectNeeded, ServerFault, SourceError
from rollcall.sources.retry import DEFAULT_POLICIES, Clock, RetryPolicy, utc_now
from rollcall.sources.token_endpoint import (
    TokenAnswer,
    TokenEndpoint,
    at_most,
    error_word,
    request_token,
)
from rollcall.sources.values import int_of, text_of
from rollcall.sources.zoom.addresses import oauth_address

SERVER_TO_SERVER = "server_to_server"
OAUTH = "oauth"

# Zoom's tokens live an hour; for an answer that doesn't say (Zoom API reference, OAuth).
_USUAL_LIFETIME_SECONDS = 3600

# Bad client, grant and the like are mistakes in what was typed in; these end a connection that once worked.
_DEAD_CODES = frozenset({4717, 4733, 4734, 4735, 4738, 4740, 4741})


def fetch_token(
    session: requests.Session,
    oauth_url: str,
    kind: str,
    account_id: str | None,
    client_id: str,
    client_secret: str,
    refresh_token: str | None = None,
    *,
    retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None,
) -> TokenAnswer:
    """One fresh access token for an app of `kind` (server_to_server or oauth).

    Raises ReconnectNeeded where Zoom declares the credentials dead, AuthRefused where it does not know the
    client, and NetworkFault, ServerFault or RateLimited when the policy's attempts are used up; Parked for a
    pause too long to hold the connection's lock for. A refresh is sent at most twice: if the first answer was
    lost on the way, the second try shows whether the stored refresh token still counts.
    """
    if kind == OAUTH:
        retry_policies = at_most(2, retry_policies, "network_error", "server_error")
    return request_token(
        session,
        TokenEndpoint("Zoom", oauth_address(oauth_url), _USUAL_LIFETIME_SECONDS, partial(_refused, kind)),
        _form(kind, account_id, refresh_token),
        client_id,
        client_secret,
        retry_policies=retry_policies,
        clock=clock,
        sleep=sleep,
        on_wait=on_wait,
    )


def _form(kind: str, account_id: str | None, refresh_token: str | None) -> dict[str, str]:
    if kind == SERVER_TO_SERVER:
        return {"grant_type": "account_credentials", "account_id": account_id or ""}
    return {"grant_type": "refresh_token", "refresh_token": refresh_token or ""}


def _refused(
    kind: str, response: requests.Response, answer: dict[str, Any], retry_at: datetime | None
) -> SourceError:
    status = response.status_code
    tracking_id = response.headers.get("x-zm-trackingid")
    if status == 429:
        return RateLimited(
            "Zoom gives out no more tokens for the moment; other programs may use the same app.",
            retry_at=retry_at,
            tracking_id=tracking_id,
        )
    if status >= 500 or status < 400:
        return ServerFault(
            f"Zoom's token endpoint failed (HTTP {status}); check the OAuth address if this goes on.",
            status=status,
            tracking_id=tracking_id,
        )
    word = error_word(answer)
    code = int_of(answer.get("code")) or int_of(answer.get("errorCode"))
    reason = (text_of(answer.get("reason")) or "").lower()
    said = ", ".join(part for part in (f"HTTP {status}", word, f"code {code}" if code else None) if part)
    # In older answers a dead refresh token is an invalid_request, told by its reason.
    dead = word == "invalid_grant" or (kind == OAUTH and word == "invalid_request" and "token" in reason)
    if dead or code in _DEAD_CODES:
        return ReconnectNeeded(
            f"Zoom declared the stored credentials dead ({said}).",
            status=status,
            code=code,
            tracking_id=tracking_id,
        )
    return AuthRefused(
        f"Zoom gave no access token ({said}); check client id, client secret and account id "
        "in the Zoom Marketplace.",
        status=status,
        code=code,
        tracking_id=tracking_id,
    )
