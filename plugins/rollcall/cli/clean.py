"""`rollcall clean`: deletes what the local stack stores."""

from __future__ import annotations

import argparse
from typing import Any


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "clean",
        help="delete the local stack's databases, passwords and logs",
        description="Deletes what `rollcall up` and `rollcall demo` store here: databases, passwords, "
        "logs. Refuses while the stack runs; ends what a killed one left behind.",
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Delete the state folder, the demo's with it."""
    from rollcall.stack.state import default_path
    from rollcall.stack.up import remove_stack

    path = default_path()
    for folder in (path / "demo", path):
        if folder.is_dir():
            remove_stack(folder)
    return 0
