"""One fetch worker as a process of its own, so that a test can kill it: DSN, run, name; the key comes over stdin."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

import psycopg

from rollcall.errors import Parked, RunClosed
from rollcall.secrets import Keyring
from rollcall.sync.account import Account
from rollcall.sync.fetch import fetch
from rollcall.sync.lists import LISTS
from rollcall.sync.run_session import Resources
from tests.sync.source_runner import direct_session

PARKED, CLOSED = 10, 11


def peak_megabytes() -> int:
    """This program's own peak: what getrusage tells begins with that of the process which started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
    return int(peak[1]) // 1024 if peak else 0


def main() -> int:
    dsn, run_id, name = sys.argv[1:4]
    keyring = Keyring([sys.stdin.readline().strip()])
    resources = Resources(lambda: psycopg.connect(dsn, autocommit=True), direct_session, lambda: keyring)
    try:
        with Account(resources, int(run_id)) as account:
            fetch(account, name, LISTS)
    except Parked:
        return PARKED
    except RunClosed:
        return CLOSED
    print(peak_megabytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
