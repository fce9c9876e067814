"""The state folder: one stack at a time, secrets for their owner only, no word about stacks that are gone."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from rollcall.cli import main
from rollcall.errors import SetupError, WrongUse
from rollcall.stack.ports import free_port
from rollcall.stack.private_files import kept_secret
from rollcall.stack.processes import Started
from rollcall.stack.state import Record, StateFolder, dsn, read_record

_HOLD = """
import sys, time
from pathlib import Path
from rollcall.stack.state import StateFolder
with StateFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(600)
"""


def this_process() -> Started:
    return Started("rollcall", os.getpid(), psutil.Process().create_time())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_reads_what_the_stack_wrote_down(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    state.write(Record(main=this_process(), airflow_password="quiet"))
    kept_secret(state.secrets / "key")
    assert mode(state.path / "stack.json") == 0o600
    assert mode(state.secrets / "key") == 0o600
    assert mode(state.secrets) == mode(state.airflow) == mode(state.logs) == 0o700
    assert mode(state.path) & 0o066 == 0


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    assert kept_secret(tmp_path / "key") == kept_secret(tmp_path / "key")


def test_an_emptied_secret_is_not_invented_anew(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    with pytest.raises(SetupError, match="is empty but must hold a secret"):
        kept_secret(tmp_path / "key")


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ROLLCALL_STATE", str(tmp_path / "file"))
    monkeypatch.setattr("rollcall.cli.stopping.stop_on_signals", lambda: None)
    assert main([command]) == 1
    assert "ROLLCALL_STATE" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "clean"])
def test_a_folder_with_other_peoples_files_is_left_alone(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    tmp_path.chmod(0o755)
    monkeypatch.setenv("ROLLCALL_STATE", str(tmp_path))
    monkeypatch.setattr("rollcall.cli.stopping.stop_on_signals", lambda: None)
    assert main([command]) == 2
    assert "not rollcall's" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert mode(tmp_path) == 0o755


def test_a_second_stack_is_told_of_the_first_until_that_dies(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    state.write(Record(main=this_process(), airflow_url="http://127.0.0.1:8080"))
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(WrongUse, match=r"a stack runs in .* already .*http://127\.0\.0\.1:8080"),
            state.lock(),
        ):
            pass
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with state.lock():
        assert read_record(tmp_path) is not None


def test_dsn_gives_the_address_of_a_role_of_the_running_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    StateFolder(tmp_path).write(
        Record(main=this_process(), dsn={"writer": "postgresql://w", "reader": "postgresql://r"})
    )
    monkeypatch.setenv("ROLLCALL_STATE", str(tmp_path))
    assert main(["dsn", "--role", "reader"]) == 0
    assert capsys.readouterr().out == "postgresql://r\n"


def test_dsn_says_that_none_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_STATE", str(tmp_path))
    assert main(["dsn"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"rollcall: no stack runs in {tmp_path}: start one with `make up`.\n"


def test_a_stack_whose_process_is_gone_does_not_run(tmp_path: Path) -> None:
    recycled = Started("rollcall", os.getpid(), time.time() - 86400)
    StateFolder(tmp_path).write(Record(main=recycled, dsn={"writer": "postgresql://w"}))
    with pytest.raises(WrongUse, match="no stack runs"):
        dsn("writer", tmp_path)


def test_a_broken_record_says_what_to_do_and_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    monkeypatch.setenv("ROLLCALL_STATE", str(state))
    record = StateFolder(state).path / "stack.json"
    record.write_text("{")
    for command in ("dsn", "clean"):
        assert main([command]) == 1
        assert f"{record} can't be read: delete it" in capsys.readouterr().err
    record.unlink()
    assert main(["clean"]) == 0
    assert not state.exists()


def test_a_taken_port_is_stepped_around() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 50


def test_a_port_taken_on_every_address_is_stepped_around() -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - closed at once
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 50
