"""Asks a question with psql, as the role that it is for, and gives what psql prints."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Sequence

from docs.sql_reference.clock import with_clock
from docs.sql_reference.questions import Question
from rollcall.stack.postgres_home import clean_environment
from rollcall.stack.postgres_programs import find_programs

_WIDTH = 110


def ask(dsn: str, roles: Sequence[str], question: Question, now: str) -> str:
    """What psql prints for the question, asked as the first of `roles` at the time `now`; what it changes is undone.

    Raises RuntimeError with psql's complaint when the question fails.
    """
    settings = {
        "role": roles[0],
        "search_path": "rollcall,public",
        "example.now": now.replace(" ", "T"),
        "timezone": "UTC",
        "datestyle": "ISO",
        "intervalstyle": "postgres",
    }
    if question.is_tall:
        layout = ["--expanded"]
    elif question.is_bare:
        layout = ["--tuples-only", "--no-align"]
    else:
        layout = ["--pset", "format=wrapped", "--pset", f"columns={_WIDTH}"]
    ended = subprocess.run(
        [
            find_programs() / "psql",
            *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--pset", "null=∅"),
            *layout,
            *("--command", "BEGIN", "--command", with_clock(question.query), "--command", "ROLLBACK", dsn),
        ],
        env={
            **clean_environment(),
            "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            "PGCLIENTENCODING": "UTF8",
            "PAGER": "",
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    if ended.returncode != 0:
        raise RuntimeError(
            f"The page's example does not run, asked as {roles[0]}: {question.query}\n{ended.stderr}"
        )
    lines = ended.stdout.strip("\n").splitlines()
    return "\n".join(_folded(line) if question.is_tall else line.rstrip() for line in lines)


def _folded(line: str) -> str:
    """A line of the tall layout, folded between words: psql itself would cut them."""
    if line.startswith("-[ RECORD"):
        return line[:_WIDTH]
    name, bar, value = line.partition("| ")
    indent = " " * len(name) + bar
    folded = textwrap.wrap(
        value,
        _WIDTH - len(indent),
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return (name + bar + f"\n{indent}".join(folded)).rstrip()
