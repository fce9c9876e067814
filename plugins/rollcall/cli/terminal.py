"""What commands ask and show on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime


def ask_secret(variable: str, prompt: str) -> str:
    """A secret from the environment, else from whoever sits there; never from an argument. Raises WrongUse."""
    import contextlib
    import getpass

    from rollcall.errors import WrongUse

    secret = os.environ.get(variable, "")
    if not secret and sys.stdin.isatty():
        with contextlib.suppress(EOFError):
            secret = getpass.getpass(f"{prompt}: ")
    if not secret.strip():
        raise WrongUse(f"{prompt} is missing: set {variable}, or run this on a terminal to be asked for it.")
    return secret.strip()


def print_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str | None] | None = None
) -> None:
    """A table with its head in bold, as wide as its words; `styles` has one for each row."""
    from rich.console import Console

    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    # Never cut or wrapped to the window: names and scopes are there to be copied.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    for row, style in zip((head, *rows), ("bold", *(styles or [None] * len(rows))), strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        console.print(line, style=style)


def state_of(active: bool, reconnect_needed_at: datetime | None) -> str:
    """How a connection, or a user, stands in a list: off, reconnect needed or active."""
    if not active:
        return "off"
    return "reconnect needed" if reconnect_needed_at else "active"
