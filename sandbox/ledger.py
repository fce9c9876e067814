"""What was called and how often, so that a test can prove that nothing was fetched twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Ledger:
    """Counts since the start or the last reset.

    `pages` counts good answers by path, parameters and first row: page tokens differ from read to read, this
    does not.
    """

    endpoints: Counter[str] = field(default_factory=Counter)
    targets: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    token_grants: int = 0
    grants_under_way: int = 0
    most_grants_under_way: int = 0

    def grant_begins(self) -> None:
        """A token was asked for."""
        self.grants_under_way += 1
        self.most_grants_under_way = max(self.most_grants_under_way, self.grants_under_way)

    def grant_ends(self) -> None:
        """The answer has left."""
        self.grants_under_way -= 1

    def told(self) -> dict[str, Any]:
        """The counts for GET /sandbox/calls."""
        return {
            "endpoints": dict(self.endpoints),
            "targets": dict(self.targets),
            "pages": dict(self.pages),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "api_calls": sum(self.endpoints.values()),
            "too_many_requests": self.statuses[429],
            "token_grants": self.token_grants,
            "most_token_grants_at_once": self.most_grants_under_way,
        }
