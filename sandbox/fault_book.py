"""Faults that were ordered and not committed yet, of any sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Order(Protocol):
    """What a fault has to say of itself: how many matching calls pass first, and how many fail then (-1: all)."""

    after: int
    times: int

    def wants(self, call: str) -> bool:
        """Whether this fault could strike this call."""


F = TypeVar("F", bound=Order)


@dataclass(slots=True)
class FaultBook(Generic[F]):
    """All orders that are still open, in the order they were given."""

    orders: list[F] = field(default_factory=list)

    def strike(self, call: str) -> F | None:
        """The fault to commit on this call, counted as used."""
        for fault in self.orders:
            if fault.times == 0 or not fault.wants(call):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times > 0:
                fault.times -= 1
            return fault
        return None
