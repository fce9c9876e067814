"""Runs a contender in its own process and measures from outside what it took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.memory import Memory, server_processor_seconds
from benchmarks.wal import wal_megabytes_of, wal_position
from sandbox.zoom.harness import ROOT, Sandbox

_LONGEST_SECONDS = 1800
_LOOKED_THROUGH_MB = 10.0
_BESIDE_THE_POINT = ("HINT:", "DETAIL:", "CONTEXT:", "LINE ", " ")


class ContenderFailed(RuntimeError):
    """A contender ended with an error; the message is the last thing it said."""


@dataclass(frozen=True)
class Measured:
    """One run of one contender.

    `seconds` on the wall from the first call to the last commit; processor seconds of its processes and of Postgres;
    `client_mb` and `backend_mb` of the largest process; rows written into its data tables; `wal_mb` in all, of it
    `data_wal_mb` the data tables', None where that is too much to look through or can't be; `stored` rows of
    `expected`; `refused`: answers with 429; `phases` in seconds, where it tells them.
    """

    seconds: float
    client_cpu: float
    server_cpu: float
    client_mb: float
    backend_mb: float
    calls: int
    refused: int
    inserted: int
    updated: int
    deleted: int
    wal_mb: float
    data_wal_mb: float | None
    stored: int | None
    expected: int
    phases: Mapping[str, float]

    @property
    def rows_a_second(self) -> float:
        """Rows of the source by the time for all of them."""
        return self.expected / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Order:
    """What a contender is told on stdin; peers need only some of it. `dsn` is a superuser's."""

    dsn: str
    api_url: str
    token: str
    lists: Sequence[Mapping[str, Any]]
    more: Mapping[str, Any]

    def line(self) -> str:
        """One line of JSON."""
        told = {
            "dsn": self.dsn,
            "api_url": self.api_url,
            "token": self.token,
            "lists": self.lists,
            **self.more,
        }
        return json.dumps(told) + "\n"


def measure(
    command: Sequence[str], order: Order, zoom: Sandbox, postmaster: int, expected: int, *, is_first: bool
) -> Measured:
    """Run `command` on `order`; what an earlier run left is vacuumed, unless this `is_first`.

    Raises ContenderFailed where it ends with an error or says nothing.
    """
    with closing(psycopg.connect(order.dsn, autocommit=True)) as conn:
        if not is_first:
            conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")
        zoom.reset_calls()
        written = _written(conn)
        wal = wal_position(conn)
        server_spent = server_processor_seconds(postmaster)
        spent = _children_spent()
        told, memory = _run(command, order, postmaster, conn.info.dbname)
        client_cpu = _children_spent() - spent - told["spent_before"]
        _wait_for_backends(conn)
        server_cpu = server_processor_seconds(postmaster) - server_spent
        wal_end = wal_position(conn)
        wal_mb = (wal_end - wal) / 1e6
        calls = zoom.calls()
        after = _written(conn)
        changes = [
            sum(after[table][kind] - written.get(table, (0, 0, 0))[kind] for table in told["tables"])
            for kind in range(3)
        ]
        stored = _count(conn, told["counted"]) if told["counted"] else None
        data_wal_mb = None
        if wal_mb <= _LOOKED_THROUGH_MB:
            data_wal_mb = wal_megabytes_of(conn, postmaster, told["tables"], wal, wal_end)
    return Measured(
        seconds=told["seconds"],
        client_cpu=client_cpu,
        server_cpu=server_cpu,
        client_mb=max(memory.client_mb, told["peak_mb"]),
        backend_mb=memory.backend_mb,
        calls=calls["api_calls"],
        refused=calls["too_many_requests"],
        inserted=changes[0],
        updated=changes[1],
        deleted=changes[2],
        wal_mb=wal_mb,
        data_wal_mb=data_wal_mb,
        stored=stored,
        expected=expected,
        phases=told.get("phases", {}),
    )


def _run(
    command: Sequence[str], order: Order, postmaster: int, database: str
) -> tuple[dict[str, Any], Memory]:
    paths = f"{ROOT / 'plugins'}{os.pathsep}{ROOT}"
    process = subprocess.Popen(
        list(command),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    memory = Memory(process.pid, postmaster, database)
    memory.start()
    try:
        out, err = process.communicate(order.line(), timeout=_LONGEST_SECONDS)
    finally:
        process.kill()
        memory.stop()
    if process.returncode:
        raise ContenderFailed(_last_words(err) or _last_words(out) or f"it ended with {process.returncode}")
    try:
        told: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise ContenderFailed("it ended without a result") from None
    return told, memory


def _last_words(said: str) -> str:
    """The line that names the error: what Postgres adds below it does not."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith(_BESIDE_THE_POINT)]
    return lines[-1].strip() if lines else ""


def _children_spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _written(conn: psycopg.Connection) -> dict[str, tuple[int, int, int]]:
    rows = conn.execute(
        "SELECT schemaname || '.' || relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"
    ).fetchall()
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _count(conn: psycopg.Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
    row = conn.execute(query).fetchone()
    return int(row[0]) if row else 0


def _wait_for_backends(conn: psycopg.Connection) -> None:
    """A backend counts what it wrote, and what it cost, as it ends."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 10
    while _one(conn, others) and time.monotonic() < deadline:
        time.sleep(0.02)


def _one(conn: psycopg.Connection, query: str) -> Any:
    row = conn.execute(query.encode()).fetchone()
    return row[0] if row else 0
