"""The files below `sql/` as the migration runner reads them: numbered pairs, and the code that is rebuilt whole."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from rollcall.errors import SetupError

SQL_DIR = Path(__file__).resolve().parents[3] / "sql"
_MIGRATION = re.compile(r"^(\d{4})_([a-z0-9_]+)\.up\.sql$")
_REMARKS = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_WORD = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class Migration:
    """One numbered pair of files."""

    version: int
    name: str
    up: str
    down: str

    @property
    def title(self) -> str:
        """Number and name, as the files have them."""
        return f"{self.version:04d}_{self.name}"

    @property
    def checksum(self) -> str:
        """SHA-256 of the up file, line ends as LF so that a checkout on Windows has the same."""
        return _checksum(self.up)


def read_migrations(sql_dir: Path = SQL_DIR) -> list[Migration]:
    """All migrations in order. Raises SetupError where there are none, a number is missing, or a way back."""
    found = []
    for up_file in sorted((sql_dir / "migrations").glob("*.up.sql")):
        match = _MIGRATION.match(up_file.name)
        if not match:
            raise SetupError(f"{up_file.name} is not named NNNN_name.up.sql: rename it.")
        down_file = up_file.with_name(up_file.name.replace(".up.sql", ".down.sql"))
        if not down_file.exists():
            raise SetupError(f"{up_file.name} has no {down_file.name}: write the way back.")
        found.append(Migration(int(match[1]), match[2], read_text(up_file), read_text(down_file)))
    if not found:
        raise SetupError(
            f"There are no migrations in {sql_dir}: rollcall runs from its checkout; "
            "link that with `pip install --editable`."
        )
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise SetupError("Migrations must be numbered 0001, 0002, … without a hole or a double number.")
    return found


def function_files(sql_dir: Path = SQL_DIR) -> list[Path]:
    """One file per function, in the order in which they are created."""
    return sorted((sql_dir / "functions").glob("*/*.sql"))


def view_files(sql_dir: Path = SQL_DIR) -> list[Path]:
    """One file per view, each after those that it reads."""
    files = {file.stem: file for file in sorted((sql_dir / "views").glob("*.sql"))}
    reads = {}
    for name, file in files.items():
        words = set(_WORD.findall(_REMARKS.sub(" ", read_text(file))))
        reads[name] = words & files.keys() - {name}
    return [files[name] for name in TopologicalSorter(reads).static_order()]


def trigger_files(sql_dir: Path = SQL_DIR) -> list[Path]:
    """One file per trigger."""
    return sorted((sql_dir / "triggers").glob("*.sql"))


def code_files(sql_dir: Path = SQL_DIR) -> list[Path]:
    """All that is rebuilt whole, in the order in which it is created."""
    return [*function_files(sql_dir), *view_files(sql_dir), *trigger_files(sql_dir)]


def code_checksum(sql_dir: Path = SQL_DIR) -> str:
    """One checksum over all functions, views, triggers and rights: when it differs, they are rebuilt."""
    files = [*sorted(code_files(sql_dir)), sql_dir / "roles.sql"]
    return _checksum("\0".join(f"{file.name}\0{read_text(file)}" for file in files))


def read_text(file: Path) -> str:
    """The file's text with line ends as LF."""
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
