"""The webhook address under a real server on loopback: in a thread, or as a program of its own that can be killed.

python -m tests.sync.webhook_receiver DSN PORT_FILE        # with ROLLCALL_FERNET_KEYS in the environment
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import uvicorn
from fastapi import FastAPI

from rollcall.api.webhooks import add_webhook_routes
from rollcall.secrets import Keyring
from rollcall.sync.calendly.deliveries import MOST_BYTES, TOLERANCE_SECONDS
from rollcall.sync.calendly.webhook_door import WebhookDoor
from sandbox.running import ROOT
from tests.sync.calendly_runner import open_as_writer

MOUNT = "/rollcall"


def mounted(door: WebhookDoor) -> FastAPI:
    """The app where Airflow mounts it."""
    inner, outer = FastAPI(openapi_url=None), FastAPI(openapi_url=None)
    add_webhook_routes(inner, door, MOST_BYTES)
    outer.mount(MOUNT, inner)
    return outer


@contextlib.contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app's address, while it is served from a thread."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextlib.contextmanager
def receiving(
    connect: Callable[[], psycopg.Connection],
    keyring: Callable[[], Keyring],
    tolerance_seconds: Callable[[], float] = lambda: TOLERANCE_SECONDS,
) -> Iterator[str]:
    """The address of a receiver that works for as long as the block."""
    door = WebhookDoor(connect, keyring, tolerance_seconds)
    try:
        with serving(mounted(door)) as url:
            yield url
    finally:
        door.close()


@contextlib.contextmanager
def receiving_process(dsn: str, key: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The same in a process of its own, and its address; killed at the end where it still lives."""
    port_file = folder / "port"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.webhook_receiver", dsn, str(port_file)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}",
            "ROLLCALL_FERNET_KEYS": key,
        },
    )
    try:
        deadline = time.monotonic() + 30
        while not port_file.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield process, port_file.read_text()
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Serve until killed."""
    dsn, port_file = sys.argv[1], Path(sys.argv[2])
    with receiving(lambda: open_as_writer(dsn), Keyring.from_env) as url:
        written = port_file.with_suffix(".new")
        written.write_text(url)
        written.rename(port_file)
        threading.Event().wait()


if __name__ == "__main__":
    main()
