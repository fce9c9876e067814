"""How much of the WAL belongs to some tables: read from the WAL itself, because Postgres counts only the whole."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

_RECORD = re.compile(r"len \(rec/tot\):\s*\d+/\s*(\d+),")
_BLOCK = re.compile(r"\brel \d+/(\d+)/(\d+)\b")
_FILES = """
    WITH given AS (SELECT to_regclass(t.name) AS id FROM unnest(%s::text[]) AS t (name)),
    heap AS (
        SELECT g.id FROM given g
        UNION ALL
        SELECT c.reltoastrelid FROM pg_class c JOIN given g ON g.id = c.oid WHERE c.reltoastrelid <> 0
    )
    SELECT pg_relation_filenode(h.id) FROM heap h
    UNION ALL
    SELECT pg_relation_filenode(x.indexrelid) FROM pg_index x JOIN heap h ON h.id = x.indrelid
"""


def wal_position(conn: psycopg.Connection) -> int:
    """Bytes of WAL that the server has written since it was made."""
    row = conn.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
    return int(row[0]) if row else 0


def wal_megabytes_of(
    conn: psycopg.Connection, postmaster: int, tables: Sequence[str], start: int, end: int
) -> float | None:
    """Megabytes of the records between two positions that touch `tables`, their indexes or their TOAST.

    `postmaster` is the process id of the server, which must run here. None where its pg_waldump isn't beside it.
    """
    program = Path(psutil.Process(postmaster).exe()).with_name("pg_waldump")
    if not program.exists():
        return None
    files = {row[0] for row in conn.execute(_FILES, (list(tables),)).fetchall()}
    row = conn.execute(
        "SELECT current_setting('data_directory'), d.oid, '0/0'::pg_lsn + %s, '0/0'::pg_lsn + %s"
        " FROM pg_database d WHERE d.datname = current_database()",
        (start, end),
    ).fetchone()
    if row is None or start >= end:
        return 0.0
    folder, database, first, last = row
    # What is not on disk yet can't be read; the end of a transaction that has a record brings it there.
    conn.execute("SELECT pg_logical_emit_message(true, 'benchmark', '')")
    command = [
        str(program),
        "--path",
        str(Path(folder) / "pg_wal"),
        "--start",
        str(first),
        "--end",
        str(last),
    ]
    records = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sum(_bytes_of(record, database, files) for record in records.splitlines()) / 1e6


def _bytes_of(record: str, database: int, files: set[int]) -> int:
    size = _RECORD.search(record)
    touches = any(int(db) == database and int(file) in files for db, file in _BLOCK.findall(record))
    return int(size[1]) if size and touches else 0
