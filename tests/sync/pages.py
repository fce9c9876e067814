"""Pages of participants: how many a run has booked, and which the sandbox was asked for more than once."""

from __future__ import annotations

import time
from collections import Counter

from tests.sync.runner import Runner


def fetched_pages(runner: Runner) -> int:
    return int(
        runner.rows(
            "SELECT coalesce(sum(pages), 0) AS n FROM webinar_sync_queue WHERE kind = 'participants'"
        )[0]["n"]
    )


def wait_for_pages(runner: Runner, pages: int) -> None:
    deadline = time.monotonic() + 60
    while fetched_pages(runner) < pages:
        assert time.monotonic() < deadline, "the workers make no progress"
        time.sleep(0.01)


def pages_fetched_again(runner: Runner) -> Counter[str]:
    return Counter(
        {page: n - 1 for page, n in runner.zoom.calls()["pages"].items() if n > 1 and "participants" in page}
    )
