"""The command `rollcall`: each subcommand is a module here with register(subparsers).

Exit codes: 0 done, 1 failed, 2 wrong use; `sync --follow` adds 3 for completed with gaps.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rollcall.errors import RollcallError, WrongUse

if TYPE_CHECKING:
    import psycopg

# These modules import what they need when they run: `rollcall --help` must not wait for Airflow or Postgres.
_COMMANDS = ("up", "demo", "sync", "connection", "calendly", "health", "migrate", "dsn", "clean")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; an error of ours becomes one sentence on stderr."""
    _open_missing_streams()
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except RollcallError as error:
        sys.stdout.flush()
        print(f"rollcall: {error}", file=sys.stderr)
        return 2 if isinstance(error, WrongUse) else 1
    except KeyboardInterrupt:
        print("rollcall: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1  # as any program whose reader has seen enough
    except OSError as error:
        if error.errno is None:
            raise
        sys.stdout.flush()
        where = f": {error.filename}" if error.filename else ""
        print(
            f"rollcall: the system refuses: {error.strerror}{where}. Mend that, then try again.",
            file=sys.stderr,
        )
        return 1
    except _postgres_error() as error:
        sys.stdout.flush()
        print(f"rollcall: {_postgres_sentence(error)}", file=sys.stderr)
        return 1


def _open_missing_streams() -> None:
    """Whoever starts commands with a standard stream closed gets one that leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - as long as we run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rollcall",
        description="Complete, provable attendance from Zoom webinars and Calendly meetings in your own Postgres.",
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"{__name__}.{name}").register(subparsers)
    return parser


def _postgres_error() -> type[psycopg.Error]:
    """Asked for only once something was raised that is none of ours: then Postgres may be waited for."""
    import psycopg

    return psycopg.Error


def _postgres_sentence(error: psycopg.Error) -> str:
    """What Postgres refused, without the lines that quote rows."""
    import psycopg

    what = error.diag.message_primary or " ".join(str(error).split())
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            f"The database does not allow it: {what}. Log in as another role: rollcall_writer works on connections, "
            "rollcall_monitor sees how syncs fare, the owner migrates."
        )
    return f"The database broke off: {what}. Look into its log, then try again."
