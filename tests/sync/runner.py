"""Runs a whole sync in this process: the use cases as the Dag chains them, on a real database, over real HTTP."""

from __future__ import annotations

import subprocess
from contextlib import closing
from typing import Any

from psycopg import sql

from benchmarks.rollcall_sync import DATA_TABLES
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.connections import add_connection
from rollcall.sync.discover import Discovered, discover, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.lists import LISTS
from rollcall.sync.request import check_request
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert
from sandbox.zoom.harness import Sandbox
from sandbox.zoom.oauth import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET
from tests.sync.source_runner import SourceRunner


class Runner(SourceRunner):
    """A connection named `sandbox` to a sandbox, and syncs over it, one step at a time where a test wants that."""

    def __init__(self, dsn: str, zoom: Sandbox, plan: str = "unlimited") -> None:
        super().__init__(dsn, DATA_TABLES)
        self.zoom = zoom
        add_connection(
            dsn,
            self.keyring,
            name="sandbox",
            account_id=ACCOUNT_ID,
            kind="server_to_server",
            plan=plan,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            api_url=zoom.api_url,
            oauth_url=zoom.oauth_url,
        )

    def let_parked_time_pass(self) -> None:
        """As if the time had come that a daily limit named."""
        with closing(self.connect()) as conn:
            conn.execute("UPDATE zoom_call_budgets SET exhausted_until = now()")

    def open(self, **params: Any) -> int:
        """Check the request and open a run; returns its id."""
        with closing(self.connect()) as conn:
            request = check_request(conn, {"connection": "sandbox", "mode": "full", **params})
            opened = open_run(conn, request, "zoom_webinar_sync", f"manual__{next(self._numbers)}")
        assert not isinstance(opened, Run), "another run is active"
        return opened

    def discover(self, run_id: int) -> Discovered:
        """The first task."""
        with Account(self.resources, run_id) as account:
            return discover(account)

    def fetch(self, run_id: int, worker: str = "worker-0") -> int:
        """One fetch worker."""
        with Account(self.resources, run_id) as account:
            return fetch(account, worker, LISTS)

    def start_worker(self, run_id: int, worker: str) -> subprocess.Popen[str]:
        """A fetch worker in a process of its own; it prints its peak memory in MB at the end."""
        return self._start("tests.sync.worker", run_id, worker, stdout=subprocess.PIPE)

    def store(self, run_id: int) -> None:
        """Sessionize and upsert."""
        sessionize(self.connect, run_id)
        upsert(self.connect, run_id)

    def finish(self, run_id: int, failed_task: str | None = None) -> str:
        """The last task; returns the status."""
        with closing(self.connect()) as conn:
            return finish(conn, run_id, failed_task=failed_task)

    def sync(self, **params: Any) -> dict[str, Any]:
        """A whole run; returns its row in sync_runs."""
        run_id = self.open(**params)
        self.discover(run_id)
        self.fetch_with(run_id, int(params.get("fetch_workers", 2)))
        self.store(run_id)
        self.finish(run_id)
        return self.run(run_id)

    def everything(self, table: str) -> list[str]:
        """Each row of a table as text."""
        query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
        with closing(self.connect()) as conn:
            return [row[0] for row in conn.execute(query).fetchall()]
