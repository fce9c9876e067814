"""What the project promises of its speed, as ratios within one run, and whether this run keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.contenders import DLT, FLOORS, ROLLCALL, TAP
from benchmarks.measure import Measured
from benchmarks.running import Result
from benchmarks.suite import AGAIN, CHANGED, FIRST
from benchmarks.table import Block, median, seconds_of

PEAK_MB = 150.0

Row = tuple[str, str, str, str]


def targets(found: Mapping[str, Sequence[Result]]) -> Block:
    """Each promise beside what was measured; those whose contenders were left out are left out."""
    rows = [
        *_headline(found.get("headline", ())),
        *_memory(found),
        *_growth(found.get("growth", ())),
        *_limits(found.get("limits", ())),
    ]
    return Block(
        "Promises", ("promise", "", "to reach", "reached", ""), [(row[0], "", *row[1:]) for row in rows]
    )


def _at_most(name: str, limit: float, value: float | None, unit: str = "") -> Iterator[Row]:
    if value is not None:
        yield name, f"at most {limit:g}{unit}", f"{value:.2f}{unit}", _verdict(is_kept=value <= limit)


def _at_least(name: str, limit: float, value: float | None, unit: str = "") -> Iterator[Row]:
    if value is not None:
        yield name, f"at least {limit:g}{unit}", f"{value:.2f}{unit}", _verdict(is_kept=value >= limit)


def _verdict(*, is_kept: bool) -> str:
    return "kept" if is_kept else "missed"


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _headline(results: Sequence[Result]) -> Iterator[Row]:
    def seconds(key: str, run: str) -> float | None:
        return seconds_of(results, key, run)

    def best_dlt(run: str) -> float | None:
        return min((s for dlt in DLT if (s := seconds(dlt.key, run)) is not None), default=None)

    own, again = seconds(ROLLCALL.key, FIRST), seconds(ROLLCALL.key, AGAIN)
    floor = seconds(FLOORS[2].key, FIRST)
    yield from _at_most("first run by the fastest dlt's", 1.0, _ratio(own, best_dlt(FIRST)))
    yield from _at_most("first run by the floor's with one upsert", 1.6, _ratio(own, floor))
    yield from _at_least("dlt out of the box by our first run", 4.0, _ratio(seconds("dlt-plain", FIRST), own))
    yield from _at_least("tap-zoom by our first run", 8.0, _ratio(seconds(TAP.key, FIRST), own))
    yield from _at_most("second run by the fastest dlt's", 0.3, _ratio(again, best_dlt(AGAIN)))
    for result in results:
        if result.entry.contender is ROLLCALL and result.rounds:
            yield from _writes(result.run, median(result.rounds))


def _writes(run: str, m: Measured) -> Iterator[Row]:
    written = m.inserted + m.updated + m.deleted
    if run == AGAIN:
        yield from _at_most("rows written by the second run", 0, written)
        yield from _at_most("WAL of the second run's data tables", 1.0, m.data_wal_mb, " MB")
    if run == CHANGED:
        # A changed session may change the totals of its person, of its instance and of its webinar.
        yield from _at_most(
            "rows written after a change of 1 %, by those changed", 2.5, written / (m.expected * 0.01)
        )


def _memory(found: Mapping[str, Sequence[Result]]) -> Iterator[Row]:
    own = [
        median(result.rounds)
        for results in found.values()
        for result in results
        if result.entry.contender.key.startswith("rollcall") and result.rounds
    ]
    if own:
        largest = max(max(m.client_mb, m.backend_mb) for m in own)
        yield from _at_most("peak memory of any process without Airflow", PEAK_MB, largest, " MB")


def _growth(results: Sequence[Result]) -> Iterator[Row]:
    a_row = [m.seconds / m.expected for result in results if result.rounds for m in [median(result.rounds)]]
    if len(a_row) > 1:
        yield from _at_most(
            "time a row in the largest case by that in the second largest", 1.15, a_row[-1] / a_row[-2]
        )


def _limits(results: Sequence[Result]) -> Iterator[Row]:
    for result in results:
        if result.rounds:
            m = median(result.rounds)
            yield from _at_least("rows a second under plan Pro", 2700, m.expected / m.phases["fetch"])
            yield from _at_most("answers 429 under plan Pro", 0, m.refused)
