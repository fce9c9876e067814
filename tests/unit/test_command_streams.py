"""Commands whose standard streams are closed, or whose reader goes away."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_ROLLCALL = f"'{sys.executable}' -c 'import sys; from rollcall.cli import main; sys.exit(main())'"
_REFUSED = "sync zoom main --mode date_range --from 2026-02-02 --to 2026-02-01"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env={**os.environ, "ROLLCALL_ZOOM_CLIENT_SECRET": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_a_closed_stream_does_not_hide_the_sentence(closed: str) -> None:
    ended = shell(f"{_ROLLCALL} {_REFUSED} {closed}")
    assert ended.returncode == 2
    assert ended.stderr.startswith("rollcall: The window is back to front")
    assert "Traceback" not in ended.stderr


def test_who_can_not_be_asked_for_a_secret_is_told_where_to_put_it() -> None:
    keys = "ROLLCALL_FERNET_KEYS=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    ended = shell(f"{keys} {_ROLLCALL} connection add main --client-id x --account-id y <&-")
    assert ended.returncode == 2
    assert "set ROLLCALL_ZOOM_CLIENT_SECRET" in ended.stderr


def test_a_reader_who_has_seen_enough_is_no_fault() -> None:
    assert shell(f"{_ROLLCALL} migrate script | true").stderr == ""
