"""Runs a whole sync in this process: the use cases as the Dag chains them, on a real database, over real HTTP."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from contextlib import closing
from typing import Any

import psycopg
import requests
from cryptography.fernet import Fernet
from psycopg import sql
from psycopg.rows import dict_row

from benchmarks.rollcall_sync import DATA_TABLES
from rollcall.errors import Parked, RunClosed
from rollcall.secrets import Keyring
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.connections import add_connection
from rollcall.sync.discover import Discovered, discover, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.lists import LISTS
from rollcall.sync.request import check_request
from rollcall.sync.run_session import Resources
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert
from sandbox.zoom.harness import ROOT, Sandbox
from sandbox.zoom.oauth import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET


def direct_session() -> requests.Session:
    """A session that takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class Runner:
    """A connection named `sandbox` to a sandbox, and syncs over it, one step at a time where a test wants that."""

    def __init__(self, dsn: str, zoom: Sandbox, plan: str = "unlimited") -> None:
        self.dsn = dsn
        self.zoom = zoom
        self.key = Fernet.generate_key().decode()
        self._keyring = Keyring([self.key])
        self._numbers = itertools.count(1)
        self._workers: list[subprocess.Popen[str]] = []
        self.resources = Resources(self.connect, direct_session, lambda: self._keyring)
        add_connection(
            dsn,
            self._keyring,
            name="sandbox",
            account_id=ACCOUNT_ID,
            kind="server_to_server",
            plan=plan,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            api_url=zoom.api_url,
            oauth_url=zoom.oauth_url,
        )

    def hurry(self) -> None:
        """Retry at once and not often, so that a test of a lasting failure does not wait for it."""
        with closing(self.connect()) as conn:
            conn.execute(
                "UPDATE sync_retry_policies SET attempts = 3, first_delay_seconds = 0.01, max_delay_seconds = 0.02"
            )

    def let_parked_time_pass(self) -> None:
        """As if the time had come that a daily limit named."""
        with closing(self.connect()) as conn:
            conn.execute("UPDATE zoom_call_budgets SET exhausted_until = now()")

    def connect(self) -> psycopg.Connection:
        """An autocommit connection, as tasks get one."""
        return psycopg.connect(self.dsn, autocommit=True)

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
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.worker", self.dsn, str(run_id), worker],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if process.stdin is not None:
            process.stdin.write(f"{self.key}\n")
            process.stdin.close()
            process.stdin = None  # or communicate() would want to flush it
        self._workers.append(process)
        return process

    def close(self) -> None:
        """End what is left of the workers."""
        for process in self._workers:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def fetch_with(self, run_id: int, workers: int) -> None:
        """Several fetch workers at once; the first error is raised when all have ended."""
        errors: list[BaseException] = []

        def work(number: int) -> None:
            try:
                self.fetch(run_id, f"worker-{number}")
            except (Parked, RunClosed, Exception) as error:  # noqa: BLE001 - raised below
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

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

    def run(self, run_id: int) -> dict[str, Any]:
        """The run's row."""
        return self.rows("SELECT * FROM sync_runs WHERE id = %s", run_id)[0]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query, as dicts."""
        with closing(self.connect()) as conn, conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def everything(self, table: str) -> list[str]:
        """Each row of a table as text."""
        query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
        with closing(self.connect()) as conn:
            return [row[0] for row in conn.execute(query).fetchall()]

    def writes(self) -> dict[str, tuple[int, int, int]]:
        """Rows inserted, updated and deleted so far, by data table, as Postgres counts them."""
        with closing(self.connect()) as conn:
            conn.execute("SELECT pg_stat_force_next_flush()")
        rows = self.rows(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            list(DATA_TABLES),
        )
        return {r["relname"]: (r["n_tup_ins"], r["n_tup_upd"], r["n_tup_del"]) for r in rows}
