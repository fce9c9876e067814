"""`rollcall up` and `rollcall demo` as people run them: in a terminal, interrupted, killed, twice at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from rollcall.stack.postgres import Postgres
from rollcall.stack.processes import Started
from rollcall.stack.state import Record, StateFolder, read_record, running
from rollcall.stack.up import Plan, Stack, remove_stack

_ROLLCALL = [sys.executable, "-c", "import sys; from rollcall.cli import main; sys.exit(main())"]
_UP_SECONDS = 120


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """An empty state folder; whatever a test leaves running there is ended."""
    folder = tmp_path / "state"
    yield folder
    if folder.exists():
        remove_stack(folder)


class Terminal:
    """`rollcall up` in a process group of its own, as in a terminal."""

    def __init__(self, state: Path, screen: Path) -> None:
        self.log = screen
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*_ROLLCALL, "up"],
                env={**os.environ, "ROLLCALL_STATE": str(state), "PGPORT": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def shown(self) -> str:
        """Everything printed so far."""
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        deadline = time.monotonic() + _UP_SECONDS
        while text not in self.shown():
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.shown()}"
            assert time.monotonic() < deadline, f"{text!r} did not appear:\n{self.shown()}"
            time.sleep(0.1)

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches the whole process group; return the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def run_up(state: Path, tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """Start `rollcall up` in a new terminal and wait until it is up."""
    terminals: list[Terminal] = []

    def start() -> Terminal:
        terminals.append(Terminal(state, tmp_path / f"screen-{len(terminals)}"))
        terminals[-1].wait_for("Ctrl-C ends everything")
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.process.kill()
        terminal.process.wait()


def everything_in(record: Record) -> list[Started]:
    return [record.main, *record.programs]


def call(state: Path, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_ROLLCALL, *arguments],
        env={**os.environ, "ROLLCALL_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def secrets_of(state: Path) -> list[str]:
    files = [*(state / "secrets").iterdir(), state / "postgres" / "superuser-password"]
    return [file.read_text(encoding="utf-8").strip() for file in files]


def test_up_serves_refuses_a_second_and_ends_on_ctrl_c(state: Path, run_up: Callable[[], Terminal]) -> None:
    up = run_up()
    record = running(state)
    assert record.airflow_url in up.shown()

    second = call(state, "up")
    assert second.returncode == 2
    assert record.airflow_url in second.stderr
    assert "Traceback" not in second.stderr

    address = call(state, "dsn", "--role", "reader").stdout.strip()
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM zoom_webinars").fetchone() == (0,)

    secrets = secrets_of(state)
    shown = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    logs = [file.read_text(encoding="utf-8", errors="replace") for file in (state / "logs").rglob("*.log")]
    assert not [text[:200] for text in (*shown, *logs) if any(secret in text for secret in secrets)]

    assert up.interrupt() == 0
    assert not [program for program in everything_in(record) if program.is_running()]
    assert call(state, "dsn").returncode == 2


def test_up_after_a_kill_ends_what_was_left_keeps_the_data_and_says_what_dies_next(
    state: Path, run_up: Callable[[], Terminal]
) -> None:
    first = run_up()
    left = running(state)
    with psycopg.connect(left.dsn["owner"]) as connection:
        connection.execute("CREATE TABLE rollcall.kept AS SELECT 1 AS one")
    first.process.kill()
    first.process.wait()
    assert all(program.is_running() for program in left.programs)
    assert call(state, "dsn").returncode == 2

    second = run_up()
    assert not [program for program in left.programs if program.is_running()]
    record = running(state)
    with psycopg.connect(record.dsn["owner"]) as connection:
        assert connection.execute("SELECT one FROM rollcall.kept").fetchone() == (1,)

    scheduler = next(program for program in record.programs if "scheduler" in program.name)
    os.kill(scheduler.pid, signal.SIGKILL)
    assert second.process.wait(60) == 1
    assert "Airflow's scheduler was killed by signal 9" in second.shown()
    assert not [program for program in everything_in(record) if program.is_running()]
    assert read_record(state) is None


def test_up_that_is_asked_to_end_while_it_starts_leaves_nothing(state: Path, tmp_path: Path) -> None:
    up = Terminal(state, tmp_path / "screen")
    up.wait_for("Bringing the databases up to date")
    up.process.terminate()
    assert up.process.wait(60) == 0
    assert read_record(state) is None
    assert not Postgres(state / "postgres").is_running()
    assert "Traceback" not in up.shown()


def test_demo_refuses_a_missing_file_before_it_starts_anything(state: Path, tmp_path: Path) -> None:
    ended = call(state, "demo", "--report", str(tmp_path / "missing.csv"))
    assert ended.returncode == 2
    assert "there is no file" in ended.stderr
    assert not state.exists()


def test_demo_says_what_is_wrong_with_a_file_and_stops_everything(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    ended = call(state, "demo", "--report", str(other))
    assert ended.returncode != 0
    assert "the sandbox's Zoom ended with code 2 while starting" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert read_record(state / "demo") is None


def test_demo_syncs_reports_and_leaves_nothing_running(state: Path) -> None:
    for _ in range(2):
        begun = time.monotonic()
        ended = call(state, "demo", timeout=180)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert time.monotonic() - begun < 120
        assert "30 webinars, 78 instances" in ended.stdout
        assert "Who rejoined most" in ended.stdout
        assert "Our numbers against Zoom's" in ended.stdout
        assert "calendly_sync ended as completed" in ended.stdout
        assert "What became of Calendly bookings" in ended.stdout
        assert read_record(state / "demo") is None


def test_a_port_that_is_lost_while_airflow_starts_is_stepped_around(state: Path) -> None:
    stack = Stack(
        StateFolder(state), Plan(airflow_port=18480, postgres_port=0, sandbox_arguments=("--profile", "seed"))
    )
    with socket.socket() as stranger:

        def take_the_port() -> None:
            while not any("api-server" in program.name for program in stack.record.programs):
                time.sleep(0.01)
            stranger.bind(("127.0.0.1", int(stack.record.airflow_url.rsplit(":", 1)[1])))
            stranger.listen()

        thief = threading.Thread(target=take_the_port, daemon=True)
        thief.start()
        with stack:
            thief.join()
            lost = stranger.getsockname()[1]
            assert stack.record.airflow_url != f"http://127.0.0.1:{lost}"
            assert stack.rest.health()["scheduler"]["status"] == "healthy"
            assert len([program for program in stack.record.programs if "scheduler" in program.name]) == 1
