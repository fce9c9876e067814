"""The one folder a local stack keeps everything in, and what it says about the stack that runs there.

`stack.json` (mode 0600) names the addresses, the logins and the programs, each with its start time, so that
other commands can reach the stack and the next start can end what a killed one left behind.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rollcall.errors import SetupError, WrongUse
from rollcall.stack.private_files import write_private
from rollcall.stack.processes import Started

ROLES = ("owner", "writer", "reader", "monitor")
REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass
class Record:
    """What `stack.json` says. `sandbox_url` and `calendly_url` are the fake Zoom and the fake Calendly; `dsn` maps a
    role (ROLES) to its address of the database `rollcall`."""

    main: Started
    airflow_url: str = ""
    airflow_user: str = ""
    airflow_password: str = ""
    sandbox_url: str = ""
    calendly_url: str = ""
    dsn: dict[str, str] = field(default_factory=dict)
    programs: list[Started] = field(default_factory=list)


class StateFolder:
    """Paths below the state folder; opening it makes what is missing, readable by its owner only.

    Raises SetupError where that can't be done, WrongUse for a folder that holds what is not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._refuse_somebody_elses()
        # Root's Postgres runs under another account, which has to pass through here to its own folder.
        passable = 0o711 if os.geteuid() == 0 else 0o700
        for folder, mode in (
            (self.path, passable),
            (self.postgres, passable),
            (self.airflow, 0o700),
            (self.logs, 0o700),
            (self.secrets, 0o700),
        ):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(mode)
            except OSError as error:
                raise SetupError(
                    f"{folder} can't be made a folder of ours: {error.strerror}. "
                    "Set ROLLCALL_STATE to a folder that you may write to."
                ) from error

    @property
    def postgres(self) -> Path:
        """Home of the Postgres server."""
        return self.path / "postgres"

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.path / "airflow"

    @property
    def logs(self) -> Path:
        """One log file a program."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, a file each."""
        return self.path / "secrets"

    def _refuse_somebody_elses(self) -> None:
        # It would be closed to others, and `clean` would delete all that is in it.
        if not self.path.is_dir() or any((self.path / mark).exists() for mark in ("lock", "stack.json")):
            return
        # A start that was killed, or the demo, may have come no further than folders.
        made_first = {"demo", "postgres", "airflow", "logs", "secrets"}
        if any(entry.name not in made_first for entry in self.path.iterdir()):
            raise WrongUse(
                f"{self.path} holds what is not rollcall's: set ROLLCALL_STATE to a folder that is new or empty."
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one stack; WrongUse where another has it. A killed holder's lock is gone."""
        with (self.path / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WrongUse(
                    f"a stack runs in {self.path} already{_named(read_record(self.path))}. Use that one, "
                    "stop it with Ctrl-C first, or set ROLLCALL_STATE to another folder."
                ) from error
            yield

    def write(self, record: Record) -> None:
        """Store what runs."""
        write_private(self.path / "stack.json", json.dumps(asdict(record), indent=2) + "\n")

    def forget(self) -> None:
        """Say that nothing runs any more."""
        (self.path / "stack.json").unlink(missing_ok=True)


def default_path() -> Path:
    """Return the folder that ROLLCALL_STATE names, else `.rollcall` in the checkout."""
    wished = os.environ.get("ROLLCALL_STATE")
    return Path(wished) if wished else REPOSITORY / ".rollcall"


def read_record(path: Path) -> Record | None:
    """Return what `stack.json` in `path` says, None where there is none."""
    try:
        content: dict[str, Any] = json.loads((path / "stack.json").read_text(encoding="utf-8"))
        main = Started(**content.pop("main"))
        programs = [Started(**program) for program in content.pop("programs")]
        return Record(main=main, programs=programs, **content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path / 'stack.json'} can't be read: delete it and start again.") from error


def running(path: Path | None = None) -> Record:
    """Return the record of the stack that runs in `path` (default: default_path()).

    Raises WrongUse where none runs.
    """
    path = default_path() if path is None else path
    record = read_record(path)
    if record is None or not record.main.is_running():
        raise WrongUse(f"no stack runs in {path}: start one with `make up`.")
    return record


def dsn(role: str = "writer", path: Path | None = None) -> str:
    """Return the running stack's database address for a role (one of ROLES); WrongUse where none runs."""
    address = running(path).dsn.get(role)
    if address is None:
        raise WrongUse(f"the running stack has no role {role!r}: it has {', '.join(ROLES)}, once it is up.")
    return address


def _named(record: Record | None) -> str:
    if record is None:
        return ""
    where = f", Airflow at {record.airflow_url}" if record.airflow_url else ""
    return f" (process {record.main.pid}{where})"
