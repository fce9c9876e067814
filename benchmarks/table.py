"""Results as rows of text: the same for the terminal and for the page."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks.contenders import ROLLCALL
from benchmarks.measure import Measured
from benchmarks.running import Result
from benchmarks.suite import AGAIN, CHANGED, FIRST

LEGEND = (
    "Ratio: a contender's time by that of rollcall with 2 workers in the same case and run.",
    "CPU: seconds of the contender's processes + of Postgres.",
    "MB: the largest process of the contender (resident) + the largest backend (private memory).",
    "Written: rows of the data tables, + inserted, ~ updated, - deleted.",
)

_RUNS = {FIRST: "first", AGAIN: "again, nothing changed", CHANGED: CHANGED}


@dataclass(frozen=True)
class Block:
    """A table: its title, the heads of its columns, and its rows; columns from the third on are numbers."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 2

    def rich(self) -> Table:
        """The table for the terminal."""
        table = Table(*self.heads, title=self.title, title_justify="left", box=None, pad_edge=False)
        for column in table.columns[self.texts :]:
            column.justify = "right"
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """The table for the page."""
        marks = ["---"] * self.texts + ["---:"] * (len(self.heads) - self.texts)
        lines = [self.heads, marks, *self.rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def median(rounds: Sequence[Measured]) -> Measured:
    """The median of each figure by itself."""
    middle: dict[str, Any] = {
        field.name: _middle([getattr(one, field.name) for one in rounds])
        for field in dataclasses.fields(Measured)
        if field.name not in ("phases", "stored")
    }
    phases = {
        name: statistics.median(one.phases.get(name, 0.0) for one in rounds) for name in rounds[0].phases
    }
    return Measured(**middle, phases=phases, stored=rounds[-1].stored)


def _middle(values: Sequence[float | None]) -> Any:
    known = [value for value in values if value is not None]
    return statistics.median_low(known) if known else None


def seconds_of(results: Sequence[Result], key: str, run: str, case: str = "") -> float | None:
    """Median seconds of one contender's run, None where it was not measured."""
    for result in results:
        found = (result.entry.contender.key, result.run, result.entry.case)
        if found == (key, run, case) and result.rounds:
            return median(result.rounds).seconds
    return None


def comparison(title: str, results: Sequence[Result]) -> Block:
    """The table of a group."""
    case_or_run = "case" if any(result.entry.case for result in results) else "run"
    figures = ("seconds", "ratio", "rows/s", "CPU", "MB", "calls", "written", "WAL MB", "")
    heads = ("contender", case_or_run, *figures)
    return Block(title, heads, [_row(result, results) for result in results])


def _row(result: Result, results: Sequence[Result]) -> list[str]:
    entry = result.entry
    head = [entry.contender.name, entry.case or _RUNS[result.run]]
    if not result.rounds:
        return [*head, *[""] * 8, result.failure or "not measured"]
    m = median(result.rounds)
    base = seconds_of(results, ROLLCALL.key, result.run, entry.case)
    return [
        *head,
        f"{m.seconds:.2f}",
        f"{m.seconds / base:.2f}" if base else "",
        f"{m.rows_a_second:,.0f}",
        f"{m.client_cpu:.2f} + {m.server_cpu:.2f}",
        f"{m.client_mb:.0f} + {m.backend_mb:.0f}",
        f"{m.calls:,}",
        _written(m),
        f"{m.wal_mb:.1f}",
        _remark(m, result),
    ]


def _written(m: Measured) -> str:
    kinds = (("+", m.inserted), ("~", m.updated), ("-", m.deleted))
    return " ".join(f"{sign}{number:,}" for sign, number in kinds if number) or "0"


def _remark(m: Measured, result: Result) -> str:
    remarks = [f"failed in round {len(result.rounds) + 1}: {result.failure}"] if result.failure else []
    if m.stored is not None and m.stored != m.expected:
        remarks.append(f"stores {m.stored:,} of {m.expected:,}")
    if m.refused:
        remarks.append(f"{m.refused:,} answers 429")
    return ", ".join(remarks)


def growth(results: Sequence[Result]) -> Block:
    """Time and memory a row as the case grows."""
    heads = ("case", "", "seconds", "µs a row", "MB", "WAL bytes a row")
    rows = []
    for result in results:
        if not result.rounds:
            rows.append([result.entry.case, result.failure, "", "", "", ""])
            continue
        m = median(result.rounds)
        rows.append(
            [
                result.entry.case,
                "once" if len(result.rounds) == 1 else f"median of {len(result.rounds)}",
                f"{m.seconds:.2f}",
                f"{m.seconds / m.expected * 1e6:.2f}",
                f"{m.client_mb:.0f} + {m.backend_mb:.0f}",
                f"{m.wal_mb / m.expected * 1e6:,.0f}",
            ]
        )
    return Block("Growth: rollcall, 2 workers, first run", heads, rows)


def limits(results: Sequence[Result]) -> Block:
    """What four workers get through under a plan's limits."""
    heads = (
        "contender",
        "plan",
        "rows",
        "seconds of fetch",
        "rows/s of fetch",
        "of the ceiling",
        "calls",
        "429",
    )
    rows = []
    for result in results:
        if not result.rounds:
            rows.append([result.entry.contender.name, result.failure, *[""] * 6])
            continue
        m = median(result.rounds)
        pace = m.expected / m.phases["fetch"]
        rows.append(
            [
                result.entry.contender.name,
                "Pro: 10 heavy calls a second",
                f"{m.expected:,}",
                f"{m.phases['fetch']:.1f}",
                f"{pace:,.0f}",
                f"{pace / 3000:.0%}",
                f"{m.calls:,}",
                str(m.refused),
            ]
        )
    return Block("Under Zoom's limits", heads, rows)


def phases(results: Sequence[Result]) -> Block:
    """Where rollcall's time goes."""
    own = [result for result in results if result.rounds and median(result.rounds).phases]
    names = list(own[0].rounds[0].phases) if own else []
    rows = []
    for result in own:
        m = median(result.rounds)
        head = [result.entry.contender.name, result.entry.case or _RUNS[result.run]]
        rows.append([*head, *(f"{m.phases[name]:.2f}" for name in names)])
    return Block("rollcall's seconds by phase", ("contender", "run or case", *names), rows)
