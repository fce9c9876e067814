"""Runs a whole Calendly sync in this process, as the writer, on a real database, over real HTTP."""

from __future__ import annotations

import subprocess
from contextlib import closing
from typing import Any

import psycopg

from rollcall.store.runs import Run
from rollcall.store.users import connect_user
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.finish import finish_calendly
from rollcall.sync.calendly.invitees import read_invitees
from rollcall.sync.calendly.list_events import Listed, list_events
from rollcall.sync.calendly.request import check_request, open_run
from rollcall.sync.fetch import fetch
from sandbox.calendly.harness import Sandbox
from sandbox.calendly.oauth import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from tests.sync.source_runner import SourceRunner

LISTS = {"invitees": read_invitees}
DATA_TABLES = ("meetings", "meeting_invitees", "calendly_meeting_reads", "users")
USER = "mira.holt@acme.test"
"""The sandbox's owner, whom its token acts as."""


def open_as_writer(dsn: str) -> psycopg.Connection:
    """An autocommit connection with the rights that tasks have."""
    conn = psycopg.connect(dsn, autocommit=True)
    conn.execute("SET ROLE rollcall_writer")
    return conn


class CalendlyRunner(SourceRunner):
    """A user connected to a sandbox, and syncs over it, one step at a time where a test wants that."""

    def __init__(
        self, dsn: str, calendly: Sandbox, scope: str = "organization", kind: str = "personal"
    ) -> None:
        super().__init__(dsn, DATA_TABLES)
        self.calendly = calendly
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
        return self._start("tests.sync.calendly_worker", run_id, task)

    def execute(self, statement: str, *values: Any) -> None:
        """Run a statement as the writer."""
        with closing(self.connect()) as conn:
            conn.execute(statement.encode(), values)

    def user(self) -> dict[str, Any]:
        """The user's row."""
        return self.rows("SELECT * FROM users WHERE id = %s", self.user_id)[0]

    def said(self, run_id: int) -> list[str]:
        """The activity log of a run, in order."""
        found = self.rows("SELECT message FROM sync_progress_updates WHERE run_id = %s ORDER BY id", run_id)
        return [row["message"] for row in found]

    def invitee_calls(self) -> dict[str, int]:
        """How often the invitees of each event were asked for, by its URI."""
        return {
            f"https://api.calendly.com{target.split('/invitees')[0]}": count
            for target, count in self.calendly.calls()["targets"].items()
            if "/invitees" in target and "page_token" not in target
        }
