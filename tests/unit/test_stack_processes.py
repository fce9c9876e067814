"""Only our own processes are ended, and all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from rollcall.errors import SetupError
from rollcall.stack.processes import Program, Started, end_sessions

# Like Airflow's tasks: a child in a process group of its own that doesn't listen to SIGTERM.
_STUBBORN_CHILD = """
import os, signal, sys, time
if os.fork() == 0:
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(sys.argv[1] + ".new", "w").write(str(os.getpid()))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
    time.sleep(600)
time.sleep(600)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[Program]:
    """A program with a stubborn child whose id stands in tmp_path/child."""
    program = Program(
        "a parent",
        [sys.executable, "-c", _STUBBORN_CHILD, str(tmp_path / "child")],
        env=os.environ,
        log=tmp_path / "log",
    )
    yield program
    end_sessions([program.started], 0)
    program.reap()


def child_of(tmp_path: Path) -> int:
    deadline = time.monotonic() + 20
    while not (tmp_path / "child").exists():
        assert time.monotonic() < deadline, "the child did not start"
        time.sleep(0.01)
    return int((tmp_path / "child").read_text())


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_ending_a_program_ends_what_it_started(parent: Program, tmp_path: Path) -> None:
    child = child_of(tmp_path)
    assert end_sessions([parent.started], 1) == [parent.started]
    parent.reap()
    assert not parent.started.is_running()
    assert gone(child)


def test_children_are_found_after_their_parent_was_killed(parent: Program, tmp_path: Path) -> None:
    child = child_of(tmp_path)
    os.kill(parent.started.pid, 9)
    parent.reap()
    assert not gone_now(child)
    assert end_sessions([parent.started], 0) == [parent.started]
    assert gone(child)


def gone_now(pid: int) -> bool:
    return not psutil.pid_exists(pid)


def test_a_recycled_id_is_left_alone(parent: Program, tmp_path: Path) -> None:
    child = child_of(tmp_path)
    earlier = Started("long gone", parent.started.pid, parent.started.started_at - 3600)
    assert not earlier.is_running()
    assert end_sessions([earlier], 0) == []
    assert parent.started.is_running()
    assert psutil.pid_exists(child)


def test_a_program_that_died_is_named_with_its_log(tmp_path: Path) -> None:
    program = Program(
        "a broken program",
        [sys.executable, "-c", "raise SystemExit(7)"],
        env=os.environ,
        log=tmp_path / "log",
    )
    program.reap()
    assert program.died_message("starting") == (
        f"a broken program ended with code 7 while starting. Its log says why: {tmp_path / 'log'}"
    )


def test_a_missing_program_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="could not be started"):
        Program("nothing", [str(tmp_path / "missing")], env={}, log=tmp_path / "log")


def test_an_unrelated_process_survives_an_end_of_nothing() -> None:
    bystander = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    try:
        assert end_sessions([Started("nobody", 2**22 + 1, time.time())], 0) == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
