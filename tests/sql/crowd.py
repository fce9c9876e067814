"""A crowd with all that goes wrong in attendance rows, and its numbers counted second by second."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.sql.attendance_case import Row, row

LENGTH = 3600
"""Seconds that the instance of an AttendanceCase lasts."""


@dataclass
class Visitor:
    """One person: the rows that Zoom serves, the seconds present, the last leave (null: not known), and if let in."""

    mail: str
    registration: str | None
    rows: list[Row] = field(default_factory=list)
    seconds: set[int] = field(default_factory=set)
    last_leave: int | None = None
    is_let_in: bool = False

    def add(
        self, join: int | None, leave: int | None, duration: int | None = None, *, waits: bool = False
    ) -> None:
        """One join-to-leave row; `join` and `leave` in seconds from the start."""
        self.rows.append(
            row(
                f"Visitor {self.mail}",
                join=None if join is None else join / 60,
                leave=None if leave is None else leave / 60,
                duration=duration,
                email=self.mail.upper() if len(self.rows) % 2 else self.mail,
                status="in_waiting_room" if waits else "in_meeting",
            )
        )
        if waits:
            return
        self.is_let_in = True
        if join is None:
            return
        end = leave if leave is not None and leave >= join else join + duration if duration else None
        if end is not None:
            self.seconds |= set(range(join, end))
            self.last_leave = max(end, self.last_leave or end)

    @property
    def rejoins(self) -> int:
        """How often the person came back after a second of absence or more."""
        return sum(after - before > 1 for before, after in pairwise(sorted(self.seconds)))


def gather(seed: int, size: int = 60) -> list[Visitor]:
    """So many people; the same seed gives the same ones."""
    dice = random.Random(seed)  # noqa: S311
    crowd = []
    for number in range(size):
        visitor = Visitor(
            f"v{number}@x.test", dice.choice([None, "approved", "approved", "pending", "denied"])
        )
        for _ in range(dice.choice([1, 1, 2, 4])):
            # Coarse, so that many things happen in the same second.
            join = dice.randrange(0, LENGTH - 600, 60)
            leave = join + dice.randrange(0, 1200, 60)
            kinds: list[tuple[int | None, int | None, int | None]] = [
                (join, leave, None),
                (join, leave, None),
                (join, LENGTH, None),
                (join, join, None),
                (join, None, 90),
                (join, None, 0),
                (join, join - 60, 120),
                (None, leave, 30),
            ]
            visitor.add(*dice.choice(kinds), waits=dice.random() < 0.1)
        crowd.append(visitor)
    return crowd


def present(crowd: list[Visitor], second: int) -> int:
    """How many of the crowd are there in that second."""
    return sum(second in visitor.seconds for visitor in crowd)


def numbers(crowd: list[Visitor]) -> dict[str, Any]:
    """What instance_attendance_analytics must say of them."""
    came = [visitor for visitor in crowd if visitor.is_let_in]
    registered = [visitor for visitor in crowd if visitor.registration == "approved"]
    curve = [present(crowd, second) for second in range(2 * LENGTH)]
    peak = max(curve)
    minutes = [len(visitor.seconds) / 60 for visitor in came]
    attended = sum(visitor.is_let_in for visitor in registered)
    stayed = sum(visitor.last_leave is not None and visitor.last_leave >= LENGTH - 300 for visitor in came)
    return {
        "registrants": len(registered),
        "registrants_attended": attended,
        "attendance_rate": round(100 * attended / len(registered), 1),
        "absentees": len(registered) - attended,
        "actual_participant_count": len(came),
        "average_attended_minutes": round(statistics.mean(minutes), 1),
        "median_attended_minutes": round(statistics.median(minutes), 1),
        "rejoiners": sum(visitor.rejoins > 0 for visitor in came),
        "rejoins": sum(visitor.rejoins for visitor in came),
        "peak_concurrency": peak,
        "peak_at": curve.index(peak),
        "stayed_to_end": stayed,
        "never_let_in": len(crowd) - len(came),
    }
