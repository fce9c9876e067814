"""Who is measured: rollcall, what people use today, and what no way of copying can do without."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.zoom.harness import ROOT

PEERS = ROOT / ".venv-peers"
"""The peers' own environments, made by `make bench`."""


@dataclass(frozen=True, eq=False)
class Contender:
    """A program that is given an order. `key` chooses it on the command line, `name` stands in the table.

    `more` is added to its order; `needs` are programs without which it can't run.
    """

    key: str
    name: str
    command: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[Path, ...] = ()

    @property
    def is_installed(self) -> bool:
        """Whether all that it needs is there."""
        return all(program.exists() for program in self.needs)


def rollcall(workers: int, **params: Any) -> Contender:
    """rollcall's whole sync with so many fetch workers; `params` are the Dag's."""
    return Contender(
        f"rollcall-{workers}",
        f"rollcall, {workers} worker{'s' if workers > 1 else ''}",
        (sys.executable, "-m", "benchmarks.rollcall_sync"),
        {"workers": workers, "params": params},
    )


def _dlt(variant: str, name: str) -> Contender:
    python = PEERS / "dlt/bin/python"
    command = (str(python), "-m", "benchmarks.peers.dlt_copy", variant)
    return Contender(f"dlt-{variant}", name, command, needs=(python,))


def _tap(variant: str, name: str) -> Contender:
    pythons = (PEERS / "tap/bin/python", PEERS / "target/bin/python")
    command = (sys.executable, "-m", "benchmarks.peers.singer_copy", str(PEERS), variant)
    return Contender(f"tap-{variant}", name, command, needs=pythons)


def _floor(what: str, name: str) -> Contender:
    return Contender(f"floor-{what}", f"floor: {name}", (sys.executable, "-m", "benchmarks.floors", what))


ROLLCALL = rollcall(2)
"""The one that ratios are taken of."""

DLT = (
    _dlt("adbc", "dlt, Arrow and ADBC"),
    _dlt("arrow", "dlt, Arrow"),
    _dlt("parallel", "dlt, parallel"),
    _dlt("plain", "dlt, out of the box"),
)
TAP = _tap("mended", "tap-zoom, mended, + target-postgres")
PUBLISHED_TAPS = (
    _tap("key_mended", "tap-zoom, key mended, + target-postgres"),
    _tap("as_published", "tap-zoom as published + target-postgres"),
)
ROW_AT_A_TIME = Contender("row", "row at a time", (sys.executable, "-m", "benchmarks.row_at_a_time"))
FLOORS = (
    _floor("fetch", "fetch"),
    _floor("parse", "fetch, parse"),
    _floor("upsert", "fetch, parse, COPY, one upsert"),
)
FLOOR_COPY = _floor("copy", "fetch, parse, COPY, our indexes")
