"""How long a DBA's and an analyst's questions take on a database with years of data.

    python -m benchmarks.sql_at_scale [--scale 1.0] [--rounds 7]

Starts a Postgres of its own, with the settings of rollcall's stack, in a temporary folder; fills it (benchmarks/
years_of_data) and asks each question (benchmarks/sql_questions.py) as the role that asks it in life. Then a worker
fetches pages while a cleanup deletes what is old. Ends with 1 when a median is over its limit, or the worker ever
waited for the cleanup's locks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.cleanup_beside_a_sync import Outcome, measure
from benchmarks.sql_questions import QUESTIONS, Answer, ask
from benchmarks.years_of_data import fill
from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import migrate_up

_PAUSE_MS = 1000.0
"""A worker that is held up longer than this beside a cleanup is blocked, whatever by."""


def show_answers(console: Console, answers: Iterable[Answer]) -> None:
    """Print what each question cost."""
    table = Table("Question", "as", "rows", "ms (median)", "limit", "", box=None, pad_edge=False)
    for column in table.columns[2:5]:
        column.justify = "right"
    for answer in answers:
        limit = answer.question.limit_ms
        table.add_row(
            answer.question.name,
            answer.question.role,
            f"{answer.rows:,}",
            f"{answer.median_ms:,.1f}",
            "none" if limit is None else f"{limit:,.0f}",
            "over" if answer.is_over else "" if limit is None else "ok",
        )
    console.print(table)


def show_outcome(console: Console, outcome: Outcome) -> None:
    """Print what the worker noticed of the cleanup."""
    console.print(
        f"\nCleanup: {outcome.deleted:,} rows in {outcome.seconds:.1f} s, beside a sync that fetched pages"
    )
    table = Table(
        "The sync's steps", "steps", "ms (median)", "longest", "waits for a lock", box=None, pad_edge=False
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, pauses in (("alone", outcome.alone), ("beside the cleanup", outcome.beside)):
        table.add_row(
            name,
            f"{len(pauses.milliseconds):,}",
            f"{pauses.median:,.1f}",
            f"{pauses.longest:,.1f}",
            str(pauses.lock_waits),
        )
    console.print(table)


def run(console: Console, dsn: str, scale: float, rounds: int) -> bool:
    """Fill the database at `dsn` (a superuser's address), ask, clean up; returns whether all limits were kept."""
    dsn = f"{dsn}?options=-csearch_path%3Drollcall,public"
    with psycopg.connect(dsn, autocommit=True) as conn:
        # Questions are typed, not prepared: each is planned anew.
        conn.prepare_threshold = None
        with console.status("Filling the database") as status:
            fill(conn, scale, lambda what: status.update(f"Filling the database: {what}"))
        answers = []
        with console.status("Asking") as status:
            for number, question in enumerate(QUESTIONS, 1):
                status.update(f"Asking {number} of {len(QUESTIONS)}: {question.name}")
                answers.append(ask(conn, question, rounds))
    show_answers(console, answers)
    with console.status("Cleaning up beside a sync"):
        outcome = measure(dsn)
    show_outcome(console, outcome)
    is_blocked = outcome.beside.lock_waits > 0 or outcome.beside.longest > _PAUSE_MS
    if is_blocked:
        console.print("The cleanup held up the sync.")
    return not is_blocked and not any(answer.is_over for answer in answers)


def main() -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, such as 0.01")
    parser.add_argument("--rounds", type=int, default=7, help="times that each question is asked")
    args = parser.parse_args()
    server = Postgres(Path(tempfile.mkdtemp(prefix="rollcall-benchmark-")), preferred_port=0)
    try:
        server.start()
        dsn = server.create_database("rollcall")
        migrate_up(dsn)
        return 0 if run(Console(width=150, highlight=False), dsn, args.scale, args.rounds) else 1
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
