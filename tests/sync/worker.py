"""One fetch worker as a process of its own, so that a test can kill it: DSN, run, name; the key comes over stdin."""

from __future__ import annotations

import resource
import sys

import psycopg

from rollcall.errors import Parked, RunClosed
from rollcall.secrets import Keyring
from rollcall.sync.account import Account
from rollcall.sync.fetch import fetch
from rollcall.sync.lists import LISTS
from rollcall.sync.run_session import Resources
from tests.sync.runner import direct_session

PARKED, CLOSED = 10, 11


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
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    return 0


if __name__ == "__main__":
    sys.exit(main())
