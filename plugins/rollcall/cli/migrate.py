"""`rollcall migrate …`: the database's schema, up to this code or back."""

from __future__ import annotations

import argparse
from typing import Any

from rollcall.cli.stored import DATABASE_VARIABLE, database_address


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its actions to the parser."""
    parser = subparsers.add_parser(
        "migrate",
        help="the database's schema: up, down, status, verify, script",
        description=f"The database is the one that {DATABASE_VARIABLE} names, as its owner or a superuser, else that "
        "of the stack that runs here. Passwords for the roles come from ROLLCALL_WRITER_PASSWORD, "
        "ROLLCALL_READER_PASSWORD and ROLLCALL_MONITOR_PASSWORD; a role without one can't log in.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    up = actions.add_parser(
        "up",
        help="apply what is missing and rebuild functions, views and rights",
        description="Apply migrations and rebuild functions, views and rights. All of it happens or nothing.",
    )
    up.add_argument(
        "version", metavar="N", nargs="?", type=int, help="stop after migration N (default: the last)"
    )
    up.set_defaults(run=run_up)
    down = actions.add_parser(
        "down",
        help="take migrations back: their tables' rows are gone then",
        description="Take back every migration above N, newest first. Tables that they made go, with all rows in them.",
    )
    down.add_argument("version", metavar="N", type=int, help="the last migration that stays; 0: none")
    down.set_defaults(run=run_down)
    for name, help_text, run in (
        ("status", "show which migrations are applied", run_status),
        ("verify", "fail unless every file of this code is applied, as it is now", run_verify),
        ("script", "print the whole schema as one file for psql, for an empty database", run_script),
    ):
        actions.add_parser(name, help=help_text, description=help_text.capitalize() + ".").set_defaults(
            run=run
        )


def run_up(args: argparse.Namespace) -> int:
    """Apply what is missing."""
    from rollcall.store.migrate import migrate_up

    return _say(migrate_up(database_address("owner"), args.version))


def run_down(args: argparse.Namespace) -> int:
    """Take migrations back."""
    from rollcall.store.migrate import migrate_down

    return _say(migrate_down(database_address("owner"), args.version))


def run_status(_args: argparse.Namespace) -> int:
    """Show which migrations are applied."""
    from rollcall.store.database import connect
    from rollcall.store.migrate import standing
    from rollcall.store.migration_files import read_migrations

    with connect(database_address("owner")) as conn:
        found = standing(conn)
    for migration in read_migrations():
        print(f"{'applied' if migration.version in found.applied else 'missing'}  {migration.title}")
    for version in sorted(set(found.applied) - set(found.known)):
        print(f"applied  {version:04d} (newer than this code: update rollcall)")
    print(f"{'current' if found.code_is_current else 'not current'}: functions, views and rights")
    return 0


def run_verify(_args: argparse.Namespace) -> int:
    """Compare what was applied with the files of this code."""
    from rollcall.store.database import connect
    from rollcall.store.migrate import verify

    with connect(database_address("owner")) as conn:
        verify(conn)
    print("Every file of this code is applied, as it is now.")
    return 0


def run_script(_args: argparse.Namespace) -> int:
    """Print the whole schema."""
    from rollcall.store.migration_script import migration_script

    print(migration_script(), end="")
    return 0


def _say(done: list[str]) -> int:
    print("\n".join(line[0].upper() + line[1:] for line in done) or "There was nothing to do.")
    return 0
