"""The Zoom API client: paces, signs, retries and pages; its callers see rows or one of rollcall's errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import requests

from rollcall.errors import AuthRefused, PageTokenRepeated, RateLimited, TokenRejected
from rollcall.sources.bodies import read_json
from rollcall.sources.exchange import exchange
from rollcall.sources.retry import DEFAULT_POLICIES, Clock, RetryPolicy, utc_now
from rollcall.sources.wire import Answer, Wire
from rollcall.sources.zoom.addresses import api_address
from rollcall.sources.zoom.endpoints import Endpoint, Label
from rollcall.sources.zoom.faults import describe, fault_of, server_fault
from rollcall.sources.zoom.page_marks import Body
from rollcall.sources.zoom.paging import Known, Page, known_page, page_of, token_params

Read = TypeVar("Read")

_NONE: Known = MappingProxyType({})

# A row may stand on two pages, and a page may hold one row; so often, it is the same page whatever is asked.
_SAME_PAGE_TIMES = 3
_EMPTY_PAGES = 30  # empty ones are all alike, and rows may yet come behind some


def _no_feedback(_label: Label, _error: RateLimited) -> None:
    return None


def _no_announcement(_seconds: float, _reason: str) -> None:
    return None


class ZoomClient:
    """Calls one Zoom account's API. May be shared by threads: each gets its own session from
    `session_factory`.

    `token(rejected)` gives an access token; True says that the last one was refused and a fresh one is due.
    `throttle(label)` is called before each HTTP call, blocks for pacing, and may raise Parked.
    `throttle_feedback(label, error)` hears of every 429, so that other workers hold back too.
    `retry_policies` are by error kind; a kind without one has the default of sources/retry.py.
    `on_wait(seconds, reason)` hears of each wait; `sleep(seconds)` does it and may raise to end it.
    """

    def __init__(
        self,
        session_factory: Callable[[], requests.Session],
        api_url: str,
        token: Callable[[bool], str],
        throttle: Callable[[Label], None],
        retry_policies: Mapping[str, RetryPolicy] = DEFAULT_POLICIES,
        clock: Clock = utc_now,
        *,
        throttle_feedback: Callable[[Label, RateLimited], None] = _no_feedback,
        on_wait: Callable[[float, str], None] = _no_announcement,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wire = Wire(session_factory, api_address(api_url), "Zoom")
        self._token = token
        self._throttle = throttle
        self._policies = retry_policies
        self._clock = clock
        self._feedback = throttle_feedback
        self._on_wait = on_wait
        self._sleep = sleep
        self._count_lock = threading.Lock()
        self.calls = 0
        """HTTP calls made so far, retries and refused ones included."""

    def __enter__(self) -> ZoomClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def get(self, endpoint: Endpoint, item: str = "", **params: str) -> dict[str, Any]:
        """The single object that `endpoint` serves for `item`. Raises a SourceError, or Parked."""
        return self._call(endpoint, item, params, lambda answer: self._read(answer, endpoint, item))

    def page(
        self, endpoint: Endpoint, item: str = "", page_token: str = "", *, known: Known = _NONE, **params: str
    ) -> Page:
        """One page of a list; `page_token` is the `next_token` of the page before, with the same `params`. The JSON of
        a page that is among the `known` is not read.

        Raises PageTokenExpired when the list must start again, other SourceErrors, or Parked.
        """
        if endpoint.rows_key is None:
            raise TypeError(f"{endpoint.name} is a single object, not a list")

        def read(answer: Answer) -> Page:
            body: Page | Body
            if known and _is_good(answer):
                body = known_page(endpoint, answer.body, known)
                if isinstance(body, Page):
                    return body
            else:
                body = Body(answer.body)
            fields = self._read(answer, endpoint, item, page_token_sent=bool(page_token))
            return page_of(endpoint, fields, body, page_token)

        return self._call(endpoint, item, {**params, **token_params(page_token)}, read)

    def pages(
        self, endpoint: Endpoint, item: str = "", page_token: str = "", *, known: Known = _NONE, **params: str
    ) -> Iterator[Page]:
        """All pages from `page_token` on, ended by the empty token only: an empty page with a token goes on. What is
        `known` may change between two pages.

        Raises PageTokenRepeated after the page whose token was seen before, and where the same page comes again
        and again behind other tokens; PageTokenExpired means that the caller starts the list again from its
        first page.
        """
        seen = {page_token}
        before, times = b"", 0
        while True:
            page = self.page(endpoint, item, page_token, known=known, **params)
            times = times + 1 if page.digest == before else 1
            if times == (_SAME_PAGE_TIMES if page.row_count else _EMPTY_PAGES):
                raise _endless("a page", endpoint, item)
            before = page.digest
            yield page
            page_token = page.next_token
            if not page_token:
                return
            if page_token in seen:
                raise _endless("a page token", endpoint, item)
            seen.add(page_token)

    def _call(
        self, endpoint: Endpoint, item: str, params: Mapping[str, str], read: Callable[[Answer], Read]
    ) -> Read:
        """What `read` makes of the answer; the call is made again where it says that it may be."""
        query = urlencode({**endpoint.params, **params}, quote_via=quote, safe="")
        target = endpoint.path_for(item) + (f"?{query}" if query else "")

        def read_and_tell(answer: Answer) -> Read:
            try:
                return read(answer)
            except RateLimited as limited:
                self._feedback(endpoint.label, limited)
                raise

        return exchange(
            lambda token_rejected: self._send(endpoint, item, target, token_rejected=token_rejected),
            read_and_tell,
            lambda again: _rejected_twice(again, endpoint, item),
            self._policies,
            clock=self._clock,
            sleep=self._sleep,
            on_wait=self._on_wait,
        )

    def _send(self, endpoint: Endpoint, item: str, target: str, *, token_rejected: bool) -> Answer:
        # The token after the pacing, which may last longer than the token had to live.
        self._throttle(endpoint.label)
        token = self._token(token_rejected)
        with self._count_lock:
            self.calls += 1
        return self._wire.send("GET", target, token, describe(endpoint, item))

    def _read(
        self, answer: Answer, endpoint: Endpoint, item: str, *, page_token_sent: bool = False
    ) -> dict[str, Any]:
        """The answer's object, or the error it stands for. A 200 is believed only with its expected key."""
        if _is_good(answer):
            tracking_id = answer.headers.get("x-zm-trackingid")
            try:
                fields = read_json(answer.body)
            except ValueError:
                raise server_fault(
                    "its answer is not JSON", endpoint, item, answer.status, tracking_id
                ) from None
            if isinstance(fields, dict) and _holds_what_is_due(fields, endpoint):
                return fields
            if not (isinstance(fields, dict) and "code" in fields and "message" in fields):
                why = f"its answer has no usable {endpoint.proof_key!r}"
                raise server_fault(why, endpoint, item, answer.status, tracking_id)
        raise fault_of(
            answer.status,
            answer.headers,
            answer.body,
            endpoint,
            item,
            page_token_sent=page_token_sent,
            now=self._clock(),
        )


def _is_good(answer: Answer) -> bool:
    return 200 <= answer.status < 300


def _endless(what: str, endpoint: Endpoint, item: str) -> PageTokenRepeated:
    return PageTokenRepeated(
        f"Zoom repeated {what} at {describe(endpoint, item)}, the list would never end; "
        "start the run again, and tell Zoom's support if it stays so."
    )


def _rejected_twice(again: TokenRejected, endpoint: Endpoint, item: str) -> AuthRefused:
    return AuthRefused(
        f"Zoom rejected a fresh access token too, at {describe(endpoint, item)}; check that the app "
        "is activated in the Zoom Marketplace and that the API address belongs to this account, then "
        "run `rollcall connection test`.",
        status=again.status,
        code=again.code,
        tracking_id=again.tracking_id,
    )


def _holds_what_is_due(fields: dict[str, Any], endpoint: Endpoint) -> bool:
    if endpoint.rows_key is None:
        return fields.get(endpoint.proof_key) not in (None, "")
    rows = fields.get(endpoint.rows_key)
    return isinstance(rows, list)
