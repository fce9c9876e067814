"""Access tokens from Zoom's token endpoint, for both kinds of app."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from rollcall.errors import AuthRefused, Parked, RateLimited, ReconnectNeeded, ServerFault, SourceError
from rollcall.sources.retry import (
    DEFAULT_POLICIES,
    LONGEST_WAIT_SECONDS,
    RetryPolicy,
    call_with_retries,
    parse_retry_after,
)
from rollcall.sources.zoom.addresses import environment_proxies_off, oauth_address
from rollcall.sources.zoom.bodies import read_json
from rollcall.sources.zoom.wire import CONNECT_SECONDS, READ_SECONDS, network_fault

SERVER_TO_SERVER = "server_to_server"
OAUTH = "oauth"

# Zoom's tokens live an hour; for an answer that doesn't say (Zoom API reference, OAuth).
_USUAL_LIFETIME_SECONDS = 3600

# Bad client, grant and the like are mistakes in what was typed in; these end a connection that once worked.
_DEAD_CODES = frozenset({4717, 4733, 4734, 4735, 4738, 4740, 4741})

# Words that may be shown: the error names of RFC 6749, section 5.2.
_KNOWN_WORDS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    }
)


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """What Zoom granted. `expires_at` is aware UTC; `refresh_token` is None where the old one stays;
    `scopes` is None where Zoom did not say. The repr shows no token."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)
    scopes: tuple[str, ...] | None


def _utc_now() -> datetime:
    return datetime.now(UTC)


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
    clock: Callable[[], datetime] = _utc_now,
    sleep: Callable[[float], None] = time.sleep,
    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None,
) -> TokenAnswer:
    """One fresh access token for an app of `kind` (server_to_server or oauth).

    Raises ReconnectNeeded where Zoom declares the credentials dead, AuthRefused where it does not know the
    client, and NetworkFault, ServerFault or RateLimited when the policy's attempts are used up; Parked for a
    pause too long to hold the connection's lock for. A refresh is sent at most twice: if the first answer was
    lost on the way, the second try shows whether the stored refresh token still counts.
    """
    form = _form(kind, account_id, refresh_token)
    url = oauth_address(oauth_url)
    if kind == OAUTH:
        retry_policies = {
            **retry_policies,
            **{name: _at_most_twice(retry_policies, name) for name in ("network_error", "server_error")},
        }
    not_before: datetime | None = None

    def attempt() -> TokenAnswer:
        nonlocal not_before
        not_before = None
        asked_at = clock()
        try:
            response = session.post(
                url,
                data=form,
                auth=(_latin(client_id), _latin(client_secret)),
                headers={"Accept": "application/json"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                proxies=environment_proxies_off(url),
            )
        except requests.RequestException as error:
            raise network_fault(error, "an access token") from None
        if response.ok and not response.is_redirect:
            return _granted(response, asked_at)
        not_before = parse_retry_after(response.headers.get("Retry-After"), clock())
        refused = _refused(response, kind, not_before)
        if refused.retry and not_before and (not_before - clock()).total_seconds() > LONGEST_WAIT_SECONDS:
            # The caller holds the connection's lock meanwhile.
            raise Parked(f"{refused} The run goes on by itself then.", not_before) from refused
        raise refused

    return call_with_retries(
        attempt, retry_policies, clock=clock, sleep=sleep, on_wait=on_wait, not_before=lambda: not_before
    )


def _latin(text: str) -> str:
    # Basic authentication puts Latin-1 on the wire; this way the UTF-8 bytes of any text arrive there.
    return text.encode().decode("latin-1")


def _form(kind: str, account_id: str | None, refresh_token: str | None) -> dict[str, str]:
    if kind == SERVER_TO_SERVER:
        return {"grant_type": "account_credentials", "account_id": account_id or ""}
    return {"grant_type": "refresh_token", "refresh_token": refresh_token or ""}


def _at_most_twice(policies: Mapping[str, RetryPolicy], kind: str) -> RetryPolicy:
    policy = policies.get(kind) or DEFAULT_POLICIES[kind]
    return replace(policy, attempts=min(2, policy.attempts))


def _granted(response: requests.Response, asked_at: datetime) -> TokenAnswer:
    answer = _object(response)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise ServerFault(
            "Zoom's token endpoint answered without a token; check the OAuth address of the connection.",
            status=response.status_code,
        )
    lifetime = answer.get("expires_in")
    # Counted from before the call: the token may end a little earlier than that for Zoom, never for us.
    seconds = lifetime if isinstance(lifetime, int) and 0 < lifetime < 10**7 else _USUAL_LIFETIME_SECONDS
    refresh, scope = answer.get("refresh_token"), answer.get("scope")
    return TokenAnswer(
        access_token=token,
        expires_at=asked_at + timedelta(seconds=seconds),
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        scopes=tuple(scope.replace(",", " ").split()) if isinstance(scope, str) and scope.strip() else None,
    )


def _refused(response: requests.Response, kind: str, retry_at: datetime | None) -> SourceError:
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
    answer = _object(response)
    word = answer.get("error")
    word = word if word in _KNOWN_WORDS else None
    code = next((answer[name] for name in ("code", "errorCode") if isinstance(answer.get(name), int)), None)
    reason = str(answer.get("reason", "")).lower()
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


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = read_json(response.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
