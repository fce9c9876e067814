"""Runs an application behind a port until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

from sandbox.wire import Application, listen


def write_port(path: Path, port: int) -> None:
    """Write the port so that a reader sees either no file or the whole number."""
    scratch = path.with_name(f"{path.name}.{port}.part")
    scratch.write_text(f"{port}\n", encoding="ascii")
    scratch.replace(path)


async def _serve(application: Application, port: int, ready: Callable[[int], None]) -> None:
    server, connections = await listen(application, port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # On Windows, and outside the main thread, a loop can't take signals; there the caller ends it.
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    ready(int(server.sockets[0].getsockname()[1]))
    await stop.wait()
    server.close()
    for connection in list(connections):
        if connection.transport is not None:
            connection.transport.abort()


def run(application: Application, *, port: int = 0, ready: Callable[[int], None]) -> None:
    """Answer on 127.0.0.1:`port` (0: any free one) until SIGTERM or SIGINT; `ready` is told the port once it
    answers.

    Raises OSError when the port is taken.
    """
    asyncio.run(_serve(application, port, ready))
