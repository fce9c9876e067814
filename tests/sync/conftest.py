"""A sandbox and a runner on a fresh database, for whole syncs in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from sandbox.calendly.harness import Sandbox as CalendlySandbox
from sandbox.zoom.harness import Sandbox
from tests.sync.calendly_hooks import Hooks
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.runner import Runner
from tests.sync.webhook_receiver import receiving

StartRunner = Callable[..., Runner]
StartCalendly = Callable[..., CalendlyRunner]


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


@pytest.fixture
def start_calendly(dsn: str) -> Iterator[StartCalendly]:
    """`start_calendly("demo", "--limits", "free", scope="user", pacing=True)`: a sandbox, and a runner on it."""
    with ExitStack() as stack:

        def begin(profile: str = "demo", *options: str, pacing: bool = False, **how: str) -> CalendlyRunner:
            runner = CalendlyRunner(dsn, stack.enter_context(CalendlySandbox(profile, *options)), **how)
            stack.callback(runner.close)
            runner.hurry()
            if not pacing:
                runner.without_pacing()
            return runner

        yield begin


@pytest.fixture
def hooks(start_calendly: StartCalendly) -> Iterator[Hooks]:
    """A live subscription of an empty organization, and a receiver."""
    runner = start_calendly("empty")
    with receiving(runner.connect, lambda: runner.keyring) as url:
        found = Hooks(runner, url)
        found.create()
        yield found


@pytest.fixture
def deaf(start_calendly: StartCalendly, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    """The same, but nothing is applied before a test says so."""
    runner = start_calendly("empty")
    monkeypatch.setattr("rollcall.sync.calendly.webhook_door.WebhookDoor.apply_later", lambda *_: None)
    with receiving(runner.connect, lambda: runner.keyring) as url:
        found = Hooks(runner, url)
        found.create()
        yield found
