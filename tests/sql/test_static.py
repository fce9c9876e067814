"""Checks of the SQL files that need no database: grammar, dangerous migrations, tidy text."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pglast
import pytest

from rollcall.store.migration_files import SQL_DIR

FILES = sorted(SQL_DIR.rglob("*.sql"))
UPS = sorted((SQL_DIR / "migrations").glob("*.up.sql"))


def name(file: Path) -> str:
    return str(file.relative_to(SQL_DIR))


@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_file_parses(file: Path) -> None:
    pglast.parse_sql(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted((SQL_DIR / "functions").glob("*/*.sql")), ids=name)
def test_every_plpgsql_body_parses(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for statement in pglast.split(text):
        if "LANGUAGE plpgsql" in statement:
            assert pglast.parse_plpgsql(statement)
    if "LANGUAGE sql" in text:
        for body in re.findall(r"\$\$(.*?)\$\$", text, re.DOTALL):
            assert pglast.parse_sql(body)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_tidy_text(file: Path) -> None:
    text = file.read_bytes().decode("utf-8")
    assert "\t" not in text, "tabs"
    assert "\r" not in text, "line ends of Windows"
    assert text.endswith("\n"), "no line end at the end"
    assert not text.endswith("\n\n"), "empty lines at the end"
    assert not re.search(r"[ ]$", text, re.MULTILINE), "blanks at a line's end"


@pytest.mark.parametrize(
    "file", [file for file in FILES if "functions" in file.parts or "views" in file.parts], ids=name
)
def test_files_name_no_schema(file: Path) -> None:
    assert not re.search(r"\brollcall\.", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted((SQL_DIR / "migrations").glob("*.sql")), ids=name)
def test_migrations_use_none_of_our_functions(file: Path) -> None:
    ours = {each.stem for each in (SQL_DIR / "functions").glob("*/*.sql")}
    called = set(re.findall(r"(\w+)\(", file.read_text(encoding="utf-8")))
    assert not called & ours


def test_no_migration_locks_out_a_running_system() -> None:
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent))
    assert squawk, "squawk is not installed: `make test` installs it"
    config = Path(__file__).with_name("squawk.toml")
    ended = subprocess.run(
        [squawk, "--config", config, *UPS], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
