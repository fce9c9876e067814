"""What the token endpoints of all sources have in common (RFC 6749): the call, its retries, and what they grant."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import requests

from rollcall.errors import ServerFault, SourceError
from rollcall.sources.addresses import environment_proxies_off
from rollcall.sources.bodies import read_json
from rollcall.sources.retry import (
    DEFAULT_POLICIES,
    Clock,
    RetryPolicy,
    call_with_retries,
    park_if_long,
    parse_retry_after,
    utc_now,
)
from rollcall.sources.values import int_of, text_of
from rollcall.sources.wire import CONNECT_SECONDS, READ_SECONDS, network_fault

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
    """What the source granted. `expires_at` is aware UTC; `refresh_token` is None where the old one stays;
    `scopes` is None where the source did not say. The repr shows no token."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(repr=False)
    scopes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """One source's token endpoint. `usual_lifetime` (seconds) is for an answer that does not say;
    `refused(response, fields, retry_at)` is the error that a refusal stands for."""

    source: str
    url: str
    usual_lifetime: int
    refused: Callable[[requests.Response, dict[str, Any], datetime | None], SourceError]


def request_token(
    session: requests.Session,
    endpoint: TokenEndpoint,
    form: Mapping[str, str],
    client_id: str,
    client_secret: str,
    *,
    retry_policies: Mapping[str, RetryPolicy],
    clock: Clock = utc_now,
    sleep: Callable[[float], None] = time.sleep,
    on_wait: Callable[[float, str], None] = lambda _seconds, _reason: None,
) -> TokenAnswer:
    """POST `form` with the client's login and read the grant.

    Raises what `endpoint.refused` makes of a refusal, NetworkFault or ServerFault when the policy's attempts are
    used up, and Parked for a pause too long to hold the connection's lock for.
    """
    not_before: datetime | None = None

    def attempt() -> TokenAnswer:
        nonlocal not_before
        not_before = None
        asked_at = clock()
        try:
            response = session.post(
                endpoint.url,
                data=form,
                auth=(_latin(client_id), _latin(client_secret)),
                headers={"Accept": "application/json"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                proxies=environment_proxies_off(endpoint.url),
            )
        except requests.RequestException as error:
            raise network_fault(error, "an access token", endpoint.source) from None
        if response.ok and not response.is_redirect:
            return _granted(endpoint, response, asked_at)
        not_before = parse_retry_after(response.headers.get("Retry-After"), clock())
        refused = endpoint.refused(response, _object(response), not_before)
        not_before = getattr(refused, "retry_at", None) or not_before
        if refused.retry:
            # The caller holds the connection's lock meanwhile.
            park_if_long(not_before, refused, clock())
        raise refused

    return call_with_retries(
        attempt, retry_policies, clock=clock, sleep=sleep, on_wait=on_wait, not_before=lambda: not_before
    )


def at_most(attempts: int, policies: Mapping[str, RetryPolicy], *kinds: str) -> dict[str, RetryPolicy]:
    """`policies` with no more than so many attempts for each of `kinds`."""
    limited = {kind: policies.get(kind) or DEFAULT_POLICIES[kind] for kind in kinds}
    return {
        **policies,
        **{
            kind: replace(policy, attempts=min(attempts, policy.attempts)) for kind, policy in limited.items()
        },
    }


def is_sendable(token: str) -> bool:
    """Whether a header takes the token: another would look like a network's fault with each call."""
    return token.isascii() and token.isprintable() and token.strip() != ""


def error_word(fields: Mapping[str, Any]) -> str | None:
    """The error name of RFC 6749 that a refusal holds; None for any other text, which might show a secret."""
    word = fields.get("error")
    return word if isinstance(word, str) and word in _KNOWN_WORDS else None


def _latin(text: str) -> str:
    # Basic authentication puts Latin-1 on the wire; this way the UTF-8 bytes of any text arrive there.
    return text.encode().decode("latin-1")


def _granted(endpoint: TokenEndpoint, response: requests.Response, asked_at: datetime) -> TokenAnswer:
    answer = _object(response)
    token = answer.get("access_token")
    if not isinstance(token, str) or not is_sendable(token):
        raise ServerFault(
            f"{endpoint.source}'s token endpoint answered without a usable token; check the OAuth address of the "
            "connection.",
            status=response.status_code,
        )
    lifetime = int_of(answer.get("expires_in"))
    # Counted from before the call: the token may end a little earlier than that for the source, never for us.
    seconds = lifetime if lifetime is not None and 0 < lifetime < 10**7 else endpoint.usual_lifetime
    refresh, scope = answer.get("refresh_token"), answer.get("scope")
    granted = (text_of(scope) or "") if isinstance(scope, str) else ""
    return TokenAnswer(
        access_token=token,
        expires_at=asked_at + timedelta(seconds=seconds),
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        scopes=tuple(granted.replace(",", " ").split()) or None,
    )


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        answer = read_json(response.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
