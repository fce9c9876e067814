"""What is measured on which world: the full benchmark, and a tenth of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.contenders import (
    DLT,
    FLOOR_COPY,
    FLOORS,
    PUBLISHED_TAPS,
    ROLLCALL,
    ROW_AT_A_TIME,
    TAP,
    Contender,
    rollcall,
)
from benchmarks.servers import World

FIRST, AGAIN, CHANGED = "first", "again", "1 % changed"
"""The runs of one contender, one after the other on the same database."""

_HEADLINE_ROWS = 288_000


@dataclass(frozen=True, eq=False)
class Entry:
    """A contender on a world, and its runs. Instances that ended before `since` are not asked for; `once`: in one round
    only."""

    contender: Contender
    world: World
    runs: tuple[str, ...] = (FIRST,)
    since: datetime | None = None
    case: str = ""
    once: bool = False


@dataclass(frozen=True)
class Group:
    """Entries that are compared with each other: measured in turns, shown in one table."""

    key: str
    title: str
    entries: tuple[Entry, ...]


def suite(scale: float, *, is_quick: bool = False) -> list[Group]:
    """All groups; `scale` 1 is the full benchmark, 0.1 a tenth of the rows. A quick one leaves out what says little."""
    headline = World("headline", scale)
    return [
        _headline(headline, is_quick=is_quick),
        _cases(scale, is_quick=is_quick),
        _growth(scale),
        _limits(days=1 if is_quick else round(60 * max(scale, 0.1))),
    ]


def _headline(world: World, *, is_quick: bool) -> Group:
    both, one = (FIRST, AGAIN), (FIRST,)
    # What the second run of these says of them, the full benchmark says.
    less = one if is_quick else both
    entries = [
        Entry(rollcall(1), world, less),
        Entry(ROLLCALL, world, (*both, CHANGED)),
        Entry(rollcall(4), world, less),
        *(
            Entry(dlt, world, both if dlt is DLT[0] else less)
            for dlt in DLT
            if dlt.key != "dlt-parallel" or not is_quick
        ),
        Entry(TAP, world, less),
        Entry(ROW_AT_A_TIME, world, less),
        *(Entry(floor, world, both if floor.key == "floor-upsert" else one) for floor in FLOORS),
        Entry(FLOOR_COPY, world, one),
    ]
    return Group("headline", f"300 instances, {_HEADLINE_ROWS * world.scale:,.0f} rows", tuple(entries))


def _cases(scale: float, *, is_quick: bool) -> Group:
    # The seed case is one webinar: there is no tenth of it.
    seed, recurring, large = World("seed"), World("headline", 0.03), World("single100k", scale)
    crews = (ROLLCALL,) if is_quick else (rollcall(1), ROLLCALL, rollcall(4))
    copiers = DLT[:1] if is_quick else (*DLT, TAP, *PUBLISHED_TAPS, ROW_AT_A_TIME)
    entries = [
        *(Entry(crew, seed, case="webinar 88988872033") for crew in crews),
        *(Entry(copier, seed, case="webinar 88988872033") for copier in copiers),
        Entry(ROLLCALL, recurring, case="recurring webinars"),
        *(
            Entry(tap, recurring, case="recurring webinars")
            for tap in (PUBLISHED_TAPS[1:] if is_quick else PUBLISHED_TAPS)
        ),
        *(Entry(crew, large, case="one large instance") for crew in crews),
    ]
    return Group("cases", "Other cases", tuple(entries))


def _growth(scale: float) -> Group:
    sizes = [round(rows * scale) for rows in (30_000, 300_000, 3_000_000)]
    entries = [
        Entry(
            ROLLCALL, World("headline", rows / _HEADLINE_ROWS), case=f"{rows:,} rows", once=rows > 1_000_000
        )
        for rows in sizes
    ]
    return Group("growth", "Growth", tuple(entries))


def _limits(*, days: int) -> Group:
    # Pages as full as at any scale; a smaller benchmark reads fewer days instead. Not by webinars: their instances
    # come without an end, and one more heavy call each has to ask for it.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days)
    window = {"mode": "date_range", "from": since.date().isoformat(), "to": today.date().isoformat()}
    entry = Entry(
        rollcall(4, **window), World("headline", 1.0, "pro"), since=since, case="plan Pro", once=True
    )
    return Group("limits", "Under Zoom's limits of plan Pro", (entry,))
