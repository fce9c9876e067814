"""Runs a world behind a port until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.serving import run
from sandbox.zoom.application import Settings, Zoom
from sandbox.zoom.control import Control
from sandbox.zoom.world import World


def serve(world: World, settings: Settings, *, port: int = 0, ready: Callable[[int], None]) -> None:
    """Answer on 127.0.0.1:`port` (0: any free one) until SIGTERM or SIGINT; `ready` is told the port once it
    answers.

    Raises OSError when the port is taken.
    """
    zoom = Zoom(world, settings)

    def listening(taken: int) -> None:
        zoom.grants.api_url = f"http://127.0.0.1:{taken}"
        ready(taken)

    run(Control(zoom), port=port, ready=listening)
