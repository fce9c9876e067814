"""The folder a Postgres server lives in, and how its programs are run there, under an account that may.

As an ordinary user that is simply the state folder. As root the server's account may not be able to enter it
(below /root, say); then data and programs live in a private folder under /var/tmp, and a note in the state
folder says so.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import psutil

from rollcall.errors import SetupError
from rollcall.stack.postgres_programs import find_programs, reachable_programs, server_account

_STOP_SECONDS = 30


def clean_environment() -> dict[str, str]:
    """Return this process's environment without PG*, which redirects all Postgres programs and clients."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


class PostgresHome:
    """`folder` is where the server lives, `programs` where its programs are: its account reaches both."""

    def __init__(self, state: Path) -> None:
        """Find or make the home that belongs to the folder `state`; SetupError where that can't be."""
        self.control_log = state / "pg_ctl.log"
        """What initdb and pg_ctl had to say."""
        self._account = server_account()
        self.folder = state
        if self._account is not None and not self._account.may("-x", state):
            self.folder = self._outside(state)
        self.programs = reachable_programs(find_programs(), self._account, self.folder)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.folder / "postgres.log"

    def run(self, program: str, *arguments: str) -> bool:
        """Run one of Postgres's programs under the server's account; True if it succeeded.

        Its output goes to a file: a pipe would be inherited by the server and never close.
        """
        account = self._account
        # Nothing else of ours, such as secrets that commands are given: others may see what is its account's.
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        environment = {**kept, "LC_ALL": "C", "HOME": str(self.folder)}
        with self.control_log.open("ab") as output:
            ended = subprocess.run(
                [str(self.programs / program), *arguments],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )
        return ended.returncode == 0

    def hand_over(self, path: Path) -> None:
        """Give `path` to the server's account."""
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def running_pid(self) -> int | None:
        """Return the server's process id: its pid file's word, held against what runs under that id."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            return pid if self._works_here(psutil.Process(pid)) else None
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None

    def end_server(self) -> None:
        """Stop the server if it runs, also one that a killed parent left; SetupError where it won't stop.

        The pid file of a killed server goes too: where its id is still in use, by an uncollected zombie or by
        another program since, Postgres would take it for alive and refuse to start.
        """
        for mode in ("fast", "immediate"):
            if self.running_pid() is None:
                break
            timeout = f"--timeout={_STOP_SECONDS}"
            self.run("pg_ctl", "stop", "--wait", timeout, "--mode", mode, "--pgdata", str(self.data))
        # The processes of a server without its head end by themselves, but not at once.
        deadline = time.monotonic() + _STOP_SECONDS
        while any(self._works_here(process) for process in psutil.process_iter()):
            if time.monotonic() > deadline:
                raise SetupError(f"Postgres in {self.data} does not stop. Its log says why: {self.log}")
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return Path(process.cwd()) == self.data.resolve()
        except (psutil.Error, OSError):
            return False

    def _outside(self, state: Path) -> Path:
        note = state / "home"
        # The name follows from the folder, so that what a deleted note pointed to is found again.
        name = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]
        home = Path("/var/tmp") / f"rollcall-{name}"  # noqa: S108 - owner and mode are checked
        if home.exists():
            _check_ours(home)
            if not note.exists():
                # The state folder was deleted: its data and its password are meant to be gone.
                self.folder = home
                self.programs = find_programs()
                self._end_stray(home)
                shutil.rmtree(home)
        home.mkdir(mode=0o711, exist_ok=True)
        _check_ours(home)
        home.chmod(0o711)
        note.write_text(f"{home}\n", encoding="utf-8")
        return home

    def _end_stray(self, home: Path) -> None:
        self.programs = reachable_programs(self.programs, self._account, home)
        self.end_server()


def _check_ours(folder: Path) -> None:
    status = folder.lstat()
    if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise SetupError(f"{folder} should be ours but belongs to someone else: remove it and start again.")
