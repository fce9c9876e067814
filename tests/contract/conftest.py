"""A scripted server with a client at it, and the sandbox's demo account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.zoom.harness import Sandbox
from tests.contract.calendly_client_harness import CalendlyHarness
from tests.contract.scripted_server import Reply, ScriptedServer, scripted_server
from tests.contract.zoom_client_harness import Harness


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers with an empty object until a test says otherwise."""
    with scripted_server(Reply()) as script:
        yield script


@pytest.fixture
def zoom_api(server: ScriptedServer) -> Iterator[Harness]:
    """A client at that server."""
    harness = Harness(server.url)
    with harness.client:
        yield harness


@pytest.fixture
def calendly_api(server: ScriptedServer) -> Iterator[CalendlyHarness]:
    """A Calendly client at that server."""
    harness = CalendlyHarness(server.url)
    with harness.client:
        yield harness


@pytest.fixture(scope="session")
def zoom() -> Iterator[Sandbox]:
    """A sandbox that tests only read: one that needs faults or counts starts its own."""
    with Sandbox("demo") as running:
        yield running


@pytest.fixture(scope="session")
def truth(zoom: Sandbox) -> dict[str, Any]:
    """What the demo account holds, as its generator tells it."""
    return zoom.truth
