"""One call of Calendly's API: what is sent, and what an answer holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from rollcall.errors import AuthRefused, TokenRejected
from rollcall.sources.bodies import read_json
from rollcall.sources.calendly.endpoints import Endpoint, describe
from rollcall.sources.calendly.faults import fault_of, server_fault
from rollcall.sources.calendly.paging import Page, page_of
from rollcall.sources.retry import ONCE, RetryPolicy
from rollcall.sources.wire import Answer

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One call: `params` are the query of a GET, the JSON fields of a POST. The repr shows no value of theirs."""

    method: str
    endpoint: Endpoint
    item: str
    params: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Call({self.method} {self.what})"

    @property
    def what(self) -> str:
        """The call in words, for messages."""
        return describe(self.endpoint, self.item, self.params)

    @property
    def target(self) -> str:
        """Path and query, encoded. Raises DataFault where the item does not fit the path."""
        path = self.endpoint.path_for(self.item)
        if self.method != "GET" or not self.params:
            return path
        return f"{path}?{urlencode(self.params, quote_via=quote, safe='')}"

    @property
    def body(self) -> bytes | None:
        """The JSON to send, None for none."""
        return orjson.dumps(self.params) if self.method == "POST" else None

    def allowed(self, policies: Mapping[str, RetryPolicy]) -> Mapping[str, RetryPolicy]:
        """`policies` as far as they suit the call: what creates something is not repeated on a mere guess that it
        failed."""
        if self.method != "POST":
            return policies
        return {**policies, "network_error": ONCE, "server_error": ONCE}

    def read(self, answer: Answer, find: Callable[[Any], T | None], now: datetime) -> T:
        """What `find` sees in a success; raises the error that anything else stands for."""
        if not 200 <= answer.status < 300:
            raise fault_of(
                answer.status, answer.headers, answer.body, self.endpoint, self.item, self.params, now=now
            )
        try:
            found = find(read_json(answer.body)) if answer.body else find(None)
        except ValueError:
            raise server_fault("its answer is not JSON", self.what, answer.status) from None
        if found is None:
            raise server_fault("its answer lacks what was asked for", self.what, answer.status)
        return found

    def rejected_twice(self, again: TokenRejected) -> AuthRefused:
        """The error for a fresh token that was rejected too."""
        return AuthRefused(
            f"Calendly rejected a fresh access token too, at {self.what}; check that the API address belongs to this "
            "connection, then run `rollcall calendly test`.",
            status=again.status,
        )


def object_in(answer: Any) -> dict[str, Any] | None:
    """Finds the object in an answer: below `resource`, and believed only with its URI."""
    found = answer.get("resource") if isinstance(answer, dict) else None
    return found if isinstance(found, dict) and found.get("uri") else None


def page_in(answer: Any) -> Page | None:
    """Finds the page of a list in an answer."""
    return page_of(answer) if isinstance(answer, dict) else None
