"""Files that only their owner may read, and secrets that are made once and kept in them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from rollcall.errors import SetupError


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, with mode 0600 from the first byte on."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """Return the secret stored at `path`; the first call makes it.

    Raises SetupError where the file is there but empty: inventing another would lock people out of what the
    first one protects.
    """
    if path.exists():
        kept = path.read_text(encoding="utf-8").strip()
        if not kept:
            raise SetupError(
                f"{path} is empty but must hold a secret: put it back, or `make clean` to start afresh."
            )
        return kept
    secret = make()
    write_private(path, secret)
    return secret
