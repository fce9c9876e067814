"""What runs of either source have in common in tests: a database, keys, workers, and questions to ask."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from typing import IO, Any

import psycopg
import requests
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from rollcall.secrets import Keyring
from rollcall.sync.run_session import Resources
from sandbox.running import ROOT


def direct_session() -> requests.Session:
    """A session that takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class SourceRunner(ABC):
    """Syncs over a sandbox, one step at a time where a test wants that; `data_tables` are those that it fills."""

    def __init__(self, dsn: str, data_tables: Sequence[str]) -> None:
        self.dsn = dsn
        self.key = Fernet.generate_key().decode()
        self.keyring = Keyring([self.key])
        self.resources = Resources(self.connect, direct_session, lambda: self.keyring)
        self._data_tables = data_tables
        self._numbers = itertools.count(1)
        self._processes: list[subprocess.Popen[str]] = []

    def connect(self) -> psycopg.Connection:
        """An autocommit connection, as tasks get one."""
        return psycopg.connect(self.dsn, autocommit=True)

    @abstractmethod
    def fetch(self, run_id: int, worker: str = "worker-0") -> int:
        """One fetch worker."""

    def fetch_with(self, run_id: int, workers: int) -> None:
        """Several fetch workers at once; the first error is raised when all have ended."""
        with ThreadPoolExecutor(workers) as pool:
            fetched = [pool.submit(self.fetch, run_id, f"worker-{number}") for number in range(workers)]
            errors = [error for ended in as_completed(fetched) if (error := ended.exception())]
        if errors:
            raise errors[0]

    def hurry(self) -> None:
        """Retry at once and not often, so that a test of a lasting failure does not wait for it."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as conn:
            conn.execute(
                "UPDATE sync_retry_policies SET attempts = 3, first_delay_seconds = 0.01, max_delay_seconds = 0.02"
            )

    def run(self, run_id: int) -> dict[str, Any]:
        """The run's row."""
        return self.rows("SELECT * FROM sync_runs WHERE id = %s", run_id)[0]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query, as dicts."""
        with closing(self.connect()) as conn, conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def writes(self) -> dict[str, tuple[int, int, int]]:
        """Rows inserted, updated and deleted so far, by data table, as Postgres counts them."""
        with closing(psycopg.connect(self.dsn, autocommit=True)) as conn:
            conn.execute("SELECT pg_stat_force_next_flush()")
        rows = self.rows(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relname = ANY(%s)",
            list(self._data_tables),
        )
        return {r["relname"]: (r["n_tup_ins"], r["n_tup_upd"], r["n_tup_del"]) for r in rows}

    def close(self) -> None:
        """End what is left of the processes."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _start(
        self, module: str, run_id: int, task: str, stdout: int | IO[str] | None = None
    ) -> subprocess.Popen[str]:
        """A task of the run in a process of its own, which is told the key that secrets are encrypted with."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, self.dsn, str(run_id), task],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=stdout,
            text=True,
        )
        if process.stdin is not None:
            process.stdin.write(f"{self.key}\n")
            process.stdin.close()
            process.stdin = None  # or communicate() would want to flush it
        self._processes.append(process)
        return process
