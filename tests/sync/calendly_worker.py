"""One task of a Calendly sync as a process, so that a test can kill it: DSN, run, task; the key comes over stdin."""

from __future__ import annotations

import sys

from rollcall.errors import RunClosed
from rollcall.secrets import Keyring
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.list_events import list_events
from rollcall.sync.fetch import fetch
from rollcall.sync.run_session import Resources
from tests.sync.calendly_runner import LISTS, open_as_writer
from tests.sync.source_runner import direct_session

CLOSED = 11


def main() -> int:
    dsn, run_id, task = sys.argv[1:4]
    keyring = Keyring([sys.stdin.readline().strip()])
    resources = Resources(lambda: open_as_writer(dsn), direct_session, lambda: keyring)
    try:
        with CalendlyAccount(resources, int(run_id)) as account:
            if task == "discover":
                list_events(account)
            else:
                fetch(account, task, LISTS)
    except RunClosed:
        return CLOSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
