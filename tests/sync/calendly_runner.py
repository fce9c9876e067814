"""Runs a whole Calendly sync in this process, as the writer, on a real database, over real HTTP."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from contextlib import closing
from typing import Any

import psycopg
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from rollcall.errors import Parked, RunClosed
from rollcall.secrets import Keyring
from rollcall.store.runs import Run
from rollcall.store.users import connect_user
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.finish import finish_calendly
from rollcall.sync.calendly.invitees import read_invitees
from rollcall.sync.calendly.list_events import Listed, list_events
from rollcall.sync.calendly.request import check_request, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.run_session import Resources
from sandbox.calendly.harness import Sandbox
from sandbox.calendly.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from sandbox.running import ROOT
from tests.sync.runner import direct_session

LISTS = {"invitees": read_invitees}
DATA_TABLES = ("meetings", "meeting_invitees", "calendly_meeting_reads", "users")
USER = "mira.holt@acme.test"
"""The sandbox's owner, whom its token acts as."""


def open_as_writer(dsn: str) -> psycopg.Connection:
    """An autocommit connection with the rights that tasks have."""
    conn = psycopg.connect(dsn, autocommit=True)
    conn.execute("SET ROLE rollcall_writer")
    return conn


class CalendlyRunner:
    """A user connected to a sandbox, and syncs over it, one step at a time where a test wants that."""

    def __init__(
        self, dsn: str, calendly: Sandbox, scope: str = "organization", kind: str = "personal"
    ) -> None:
        self.dsn = dsn
        self.calendly = calendly
        self.key = Fernet.generate_key().decode()
        self.keyring = Keyring([self.key])
        self._numbers = itertools.count(1)
        self._processes: list[subprocess.Popen[str]] = []
        self.resources = Resources(self.connect, direct_session, lambda: self.keyring)
        self.user_id = self.connect_user(scope=scope, kind=kind)

    def connect_user(
        self, email: str = USER, token: str = TOKEN, scope: str = "organization", kind: str = "personal"
    ) -> int:
        """Store a user's token, as `rollcall calendly connect` would; returns the user's id."""
        uri = next(uri for uri, user in self.calendly.truth()["users"].items() if user["email"] == email)
        encrypt = self.keyring.encrypt
        with closing(self.connect()) as conn:
            return connect_user(
                conn,
                email=email,
                user_uri=uri,
                organization_uri=self.calendly.organization,
                role=self.calendly.truth()["users"][uri]["role"],
                scope=scope,
                token_kind=kind,
                api_url=self.calendly.api_url,
                oauth_url=self.calendly.oauth_url,
                client_id=CLIENT_ID if kind == "oauth" else None,
                client_secret_encrypted=encrypt(CLIENT_SECRET) if kind == "oauth" else None,
                token_encrypted=encrypt(token),
                refresh_token_encrypted=encrypt(REFRESH_TOKEN) if kind == "oauth" else None,
                token_expires_at=None,
            )

    def hurry(self) -> None:
        """Retry at once and not often, so that a test of a lasting failure does not wait for it."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as conn:
            conn.execute(
                "UPDATE sync_retry_policies SET attempts = 3, first_delay_seconds = 0.01, max_delay_seconds = 0.02"
            )

    def without_pacing(self) -> None:
        """Let every call go at once: the first minute's caution would make each test wait for it."""
        self.execute(
            "INSERT INTO calendly_call_budgets (user_id, calls_per_minute, calls_left, resets_at)"
            " SELECT id, 1000000, 1000000, now() + interval '1 minute' FROM users ON CONFLICT DO NOTHING"
        )

    def connect(self) -> psycopg.Connection:
        """An autocommit connection, as tasks get one."""
        return open_as_writer(self.dsn)

    def open(self, dag_run_id: str | None = None, **params: Any) -> int:
        """Check the request and open a run; returns its id."""
        with closing(self.connect()) as conn:
            request = check_request(conn, {"user": USER, **params})
            opened = open_run(conn, request, "calendly_sync", dag_run_id or f"manual__{next(self._numbers)}")
        assert not isinstance(opened, Run), "another run is active"
        return opened

    def discover(self, run_id: int) -> Listed:
        """The first task."""
        with CalendlyAccount(self.resources, run_id) as account:
            return list_events(account)

    def fetch(self, run_id: int, worker: str = "worker-0") -> int:
        """One fetch worker."""
        with CalendlyAccount(self.resources, run_id) as account:
            return fetch(account, worker, LISTS)

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

    def finish(self, run_id: int, failed_task: str | None = None) -> str:
        """The last task; returns the status."""
        with closing(self.connect()) as conn:
            return finish_calendly(conn, run_id, failed_task=failed_task)

    def sync(self, **params: Any) -> dict[str, Any]:
        """A whole run; returns its row in sync_runs."""
        run_id = self.open(**params)
        self.discover(run_id)
        self.fetch_with(run_id, int(params.get("fetch_workers", 2)))
        self.finish(run_id)
        return self.run(run_id)

    def start_process(self, run_id: int, task: str) -> subprocess.Popen[str]:
        """`discover`, or a worker of that name, in a process of its own."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.calendly_worker", self.dsn, str(run_id), task],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            text=True,
        )
        if process.stdin is not None:
            process.stdin.write(f"{self.key}\n")
            process.stdin.close()
            process.stdin = None
        self._processes.append(process)
        return process

    def close(self) -> None:
        """End what is left of the processes."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()

    def execute(self, statement: str, *values: Any) -> None:
        """Run a statement as the writer."""
        with closing(self.connect()) as conn:
            conn.execute(statement.encode(), values)

    def run(self, run_id: int) -> dict[str, Any]:
        """The run's row."""
        return self.rows("SELECT * FROM sync_runs WHERE id = %s", run_id)[0]

    def user(self) -> dict[str, Any]:
        """The user's row."""
        return self.rows("SELECT * FROM users WHERE id = %s", self.user_id)[0]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query, as dicts."""
        with closing(self.connect()) as conn, conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def said(self, run_id: int) -> list[str]:
        """The activity log of a run, in order."""
        found = self.rows("SELECT message FROM sync_progress_updates WHERE run_id = %s ORDER BY id", run_id)
        return [row["message"] for row in found]

    def writes(self) -> dict[str, tuple[int, int, int]]:
        """Rows inserted, updated and deleted so far, by data table, as Postgres counts them."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as conn:
            conn.execute("SELECT pg_stat_force_next_flush()")
        rows = self.rows(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            list(DATA_TABLES),
        )
        return {r["relname"]: (r["n_tup_ins"], r["n_tup_upd"], r["n_tup_del"]) for r in rows}

    def invitee_calls(self) -> dict[str, int]:
        """How often the invitees of each event were asked for, by its URI."""
        return {
            f"https://api.calendly.com{target.split('/invitees')[0]}": count
            for target, count in self.calendly.calls()["targets"].items()
            if "/invitees" in target and "page_token" not in target
        }
