"""A scripted server and a Zoom client at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
