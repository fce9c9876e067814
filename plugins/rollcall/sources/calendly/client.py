"""The Calendly API client: paces, signs, retries and pages; its callers see objects or one of rollcall's errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

import requests

from rollcall.errors import PageTokenRepeated, Unavailable
from rollcall.sources.calendly.addresses import api_address
from rollcall.sources.calendly.calls import Call, object_in, page_in
from rollcall.sources.calendly.endpoints import Endpoint, describe
from rollcall.sources.calendly.paging import Page
from rollcall.sources.calendly.rate_limits import limits_of
from rollcall.sources.exchange import exchange
from rollcall.sources.retry import DEFAULT_POLICIES, Clock, RetryPolicy, utc_now
from rollcall.sources.wire import Answer, Wire

T = TypeVar("T")


def _no_note(_limit: int | None, _remaining: int | None, _reset_seconds: float | None) -> None:
    return None


def _no_announcement(_seconds: float, _reason: str) -> None:
    return None


class CalendlyClient:
    """Calls Calendly's API for one connection. May be shared by threads: each gets its own session from
    `session_factory`.

    `token(rejected)` gives an access token; True says that the last one was refused and a fresh one is due, or, for
    a personal token, that it is dead (tokens.PersonalToken).
    `throttle()` is called before each HTTP call, blocks for pacing, and may raise Parked.
    `note_limits(limit, remaining, reset_seconds)` hears what the X-RateLimit headers of each answer say (calls a
    minute, calls left, seconds until they start again); None stands for what is missing or unreadable.
    `retry_policies` are by error kind; a kind without one has the default of sources/retry.py.
    `on_wait(seconds, reason)` hears of each wait; `sleep(seconds)` does it and may raise to end it.

    Items and values that name an object are its full URI, as Calendly's own.
    """

    def __init__(
        self,
        session_factory: Callable[[], requests.Session],
        api_url: str,
        token: Callable[[bool], str],
        throttle: Callable[[], None],
        note_limits: Callable[[int | None, int | None, float | None], None] = _no_note,
        retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        on_wait: Callable[[float, str], None] = _no_announcement,
    ) -> None:
        self._wire = Wire(session_factory, api_address(api_url), "Calendly")
        self._token = token
        self._throttle = throttle
        self._note_limits = note_limits
        self._policies = retry_policies
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._count_lock = threading.Lock()
        self.calls = 0
        """HTTP calls made so far, retries and refused ones included."""

    def __enter__(self) -> CalendlyClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def get(self, endpoint: Endpoint, item: str = "", **params: str) -> dict[str, Any]:
        """The single object that `endpoint` serves for `item`, out of its wrapper. Raises a SourceError, or Parked."""
        if endpoint.is_list:
            raise TypeError(f"{endpoint.name} is a list: ask for its pages")
        return self._made(Call("GET", endpoint, item, {**endpoint.params, **params}), object_in)

    def page(self, endpoint: Endpoint, item: str = "", page_token: str = "", **params: str) -> Page:
        """One page of a list; `page_token` is the `next_token` of the page before, with the same `params`.

        Raises PageTokenExpired when the list must start again, other SourceErrors, or Parked.
        """
        if not endpoint.is_list:
            raise TypeError(f"{endpoint.name} is a single object, not a list")
        asked = {**params, **endpoint.params, **({"page_token": page_token} if page_token else {})}
        return self._made(Call("GET", endpoint, item, asked), page_in)

    def pages(self, endpoint: Endpoint, item: str = "", **params: str) -> Iterator[Page]:
        """All pages, ended by the null token only: an empty page with a token goes on. Tokens live for seconds, so
        read on without other calls in between.

        Raises PageTokenRepeated after the page whose token was seen before; PageTokenExpired means that the
        caller starts the list again from its first page.
        """
        page_token = ""
        seen = {page_token}
        while True:
            page = self.page(endpoint, item, page_token, **params)
            yield page
            page_token = page.next_token
            if not page_token:
                return
            if page_token in seen:
                raise PageTokenRepeated(
                    f"Calendly repeated a page token at {describe(endpoint, item, params)}, the list would never "
                    "end; start the run again, and tell Calendly's support if it stays so."
                )
            seen.add(page_token)

    def post(self, endpoint: Endpoint, **fields: Any) -> dict[str, Any]:
        """Create what `fields` describe and give the object made, out of its wrapper.

        Sent once: after a NetworkFault or ServerFault it may exist all the same, so list before the next try. Raises
        AlreadyThere where Calendly has it, other SourceErrors, or Parked.
        """
        return self._made(Call("POST", endpoint, "", fields), object_in)

    def delete(self, endpoint: Endpoint, item: str) -> bool:
        """Delete `item`: True where this call did it, False where it was gone. Raises a SourceError, or Parked."""
        try:
            self._made(Call("DELETE", endpoint, item, {}), lambda _answer: True)
        except Unavailable as gone:
            if gone.status == 404:
                return False
            raise
        return True

    def _made(self, call: Call, find: Callable[[Any], T | None]) -> T:
        return exchange(
            lambda token_rejected: self._send(call, token_rejected),
            lambda answer: call.read(answer, find, self._clock()),
            call.rejected_twice,
            call.allowed(self._policies),
            clock=self._clock,
            sleep=self._sleep,
            on_wait=self._on_wait,
        )

    def _send(self, call: Call, token_rejected: bool) -> Answer:
        target = call.target
        # The token after the pacing, which may last longer than the token had to live.
        self._throttle()
        token = self._token(token_rejected)
        with self._count_lock:
            self.calls += 1
        answer = self._wire.send(call.method, target, token, call.what, call.body)
        limits = limits_of({name.lower(): value for name, value in answer.headers.items()}, self._clock())
        if limits is not None:
            self._note_limits(limits.limit, limits.remaining, limits.reset_seconds)
        return answer
