"""Finds a free TCP port on 127.0.0.1, near the one people expect."""

from __future__ import annotations

import socket

from rollcall.errors import SetupError

_TRIES = 50


def free_port(preferred: int) -> int:
    """Return `preferred`, or the next port above it that nobody listens on; 0 asks for any.

    Raises SetupError where the next 50 are taken too.
    """
    if preferred == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])
    for port in range(preferred, preferred + _TRIES):
        if is_free(port):
            return port
    raise SetupError(
        f"no free port between {preferred} and {preferred + _TRIES - 1} on 127.0.0.1: end what listens there "
        "(`ss -ltnp` lists it) and start again."
    )


def is_free(port: int) -> bool:
    """Tell whether nobody listens on `port`, on the loopback or on every address."""
    # Binding to every address too finds a server on 0.0.0.0, which a bind to the loopback alone may pass by.
    for address in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - a probe that is closed at once, nothing listens
        with socket.socket() as probe:
            # As servers do: a port with connections in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                probe.listen(1)
            except OSError:
                return False
    return True
