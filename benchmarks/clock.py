"""What a contender does to be measured: read its order, time its work, say what it took.

Each contender is a program of its own, some of them with other people's libraries: this file needs Python alone. The
clock runs from the first call to the last commit; starting Python and importing libraries is left out for all alike.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any


def read_order() -> dict[str, Any]:
    """What is to be done, as one JSON object on stdin; `Order` in measure.py says what it holds."""
    order: dict[str, Any] = json.loads(sys.stdin.readline())
    return order


def processor_seconds() -> float:
    """Processor time of this process and of its ended children so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_megabytes() -> float:
    """This program's own peak: what getrusage tells begins with that of the process which started it."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        return int(found[1]) / 1000 if found else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1000


class Clock:
    """`with Clock() as clock:` around the work, then `clock.tell(…)`."""

    def __init__(self) -> None:
        self._spent_before = 0.0
        self._began = 0.0
        self._ended = 0.0

    def __enter__(self) -> Clock:
        self._spent_before = processor_seconds()
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = time.monotonic()

    def tell(
        self,
        *,
        tables: list[str],
        counted: str,
        spent_before: float = 0.0,
        peak_mb: float = 0.0,
        began: float | None = None,
        ended: float | None = None,
        **more: Any,
    ) -> None:
        """Print the result: `tables` are those with the data (schema.name), `counted` the one with a row per session.

        `spent_before` and `peak_mb` are the children's; `began` and `ended` (monotonic) are given where others than
        this process did the work.
        """
        told = {
            "seconds": (ended or self._ended) - (began or self._began),
            "spent_before": self._spent_before + spent_before,
            "peak_mb": max(peak_mb, peak_megabytes()),
            "tables": tables,
            "counted": counted,
            **more,
        }
        print(json.dumps(told), flush=True)
