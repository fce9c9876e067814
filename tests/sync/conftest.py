"""A sandbox and a runner on a fresh database, for whole syncs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sandbox.zoom.harness import Sandbox
from tests.sync.runner import Runner

StartRunner = Callable[..., Runner]


@pytest.fixture
def start(dsn: str) -> Iterator[StartRunner]:
    """`start("demo", "--scale", "0.2", plan="pro")`: a sandbox of this test's own, and a runner on it."""
    with ExitStack() as stack:

        def begin(profile: str, *options: str, plan: str = "unlimited") -> Runner:
            runner = Runner(dsn, stack.enter_context(Sandbox(profile, *options)), plan=plan)
            stack.callback(runner.close)
            runner.hurry()
            return runner

        yield begin
