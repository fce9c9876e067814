"""`rollcall dsn`: the database address of the running stack."""

from __future__ import annotations

import argparse
from typing import Any


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "dsn",
        help="print the running stack's database address",
        description='Prints the database address of the stack that runs here: psql "$(rollcall dsn)".',
    )
    parser.add_argument(
        "--role",
        default="writer",
        choices=("owner", "writer", "reader", "monitor"),
        help="owner may do everything, writer is what the Dags use, reader sees attendance, monitor sees how "
        "syncs fare (default: writer)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the address and nothing else."""
    from rollcall.stack.state import dsn

    print(dsn(args.role))
    return 0
