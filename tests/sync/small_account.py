"""An account of one webinar, small enough to sync it once for each fault."""

from __future__ import annotations

from typing import Any

from tests.sync.runner import Runner

REPORT = r"/report/webinars/[^/?]+/participants"
SMALL = ("seed", "--scale", "0.3")
"""One instance with three pages of rows, and registrants on three pages."""


def only_instance(runner: Runner) -> tuple[str, dict[str, Any]]:
    instances: dict[str, dict[str, Any]] = runner.zoom.truth["instances"]
    return next(iter(instances.items()))
