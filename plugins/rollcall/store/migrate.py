"""Brings a database's schema up to this code, or back.

Versioned files (`sql/migrations/NNNN_name.up.sql` and `.down.sql`) run once, in order. Functions, views, triggers
and grants are code: they are dropped and rebuilt whole whenever one of their files changed, because replacing one by
one fails as soon as a view loses a column or a function changes its result. All of it is one transaction under an
advisory lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from rollcall.errors import SetupError, WrongUse
from rollcall.store.database import connect, set_password
from rollcall.store.migration_files import (
    SQL_DIR,
    Migration,
    code_checksum,
    code_files,
    read_migrations,
    read_text,
)

LOCK_KEY = 7_265_746_011
"""Of the advisory lock that only one migration of a database can hold."""

_PASSWORD_VARIABLES = {
    "rollcall_writer": "ROLLCALL_WRITER_PASSWORD",
    "rollcall_reader": "ROLLCALL_READER_PASSWORD",
    "rollcall_monitor": "ROLLCALL_MONITOR_PASSWORD",
}
_LOCK_TIMEOUT = "60s"
_HELD = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


@dataclass(frozen=True)
class Standing:
    """Where a database stands: versions applied, versions this code has, and whether the code in it is current."""

    applied: tuple[int, ...]
    known: tuple[int, ...]
    code_is_current: bool


def migrate_up(dsn: str, to: int | None = None, sql_dir: Path = SQL_DIR) -> list[str]:
    """Apply what is missing, up to version `to` (all by default), and rebuild functions and views if they changed.

    Below the last version there are no functions and views: they are written for the tables as they are at the end.
    Returns a sentence for each thing done. Raises WrongUse when `to` is no version or lies behind the database,
    SetupError when an applied file was edited, when the database is newer than this code, when objects of other people
    depend on a view or function that must be rebuilt, or when somebody holds one; nothing was changed then.
    """
    migrations = read_migrations(sql_dir)
    last = len(migrations)
    to = last if to is None else to
    if not 1 <= to <= last:
        raise WrongUse(f"There is no migration {to}: give a number from 1 to {last}.")
    done: list[str] = []
    with _locked(dsn) as conn:
        applied = _prepare(conn, sql_dir, migrations)
        if len(applied) > to:
            raise WrongUse(
                f"The database is at version {len(applied)} already: `rollcall migrate down {to}` goes back to {to}."
            )
        todo = migrations[len(applied) : to]
        if todo or _stored_code_checksum(conn) != code_checksum(sql_dir):
            _drop_code(conn)
        for migration in todo:
            _run(conn, migration.up, migration.title)
            conn.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
            done.append(f"applied {migration.title}")
        if to == last:
            if _stored_code_checksum(conn) is None:
                _build_code(conn, sql_dir)
                done.append("rebuilt functions, views and rights")
            _run(conn, read_text(sql_dir / "roles.sql"), "roles.sql")
            _set_passwords(conn)
    return done


def migrate_down(dsn: str, to: int, sql_dir: Path = SQL_DIR) -> list[str]:
    """Take back every migration above version `to`, newest first; functions and views go with them.

    Their tables' rows are gone then: this is for development and for undoing a failed upgrade. Raises as
    `migrate_up` does.
    """
    migrations = read_migrations(sql_dir)
    if not 0 <= to <= len(migrations):
        raise WrongUse(f"There is no migration {to}: give a number from 0 to {len(migrations)}.")
    done: list[str] = []
    with _locked(dsn) as conn:
        applied = _prepare(conn, sql_dir, migrations)
        if len(applied) <= to:
            return done
        _drop_code(conn)
        for migration in reversed(migrations[to : len(applied)]):
            _run(conn, migration.down, f"{migration.title}.down")
            conn.execute("DELETE FROM schema_migrations WHERE version = %s", (migration.version,))
            done.append(f"took back {migration.title}")
    return done


def standing(conn: psycopg.Connection, sql_dir: Path = SQL_DIR) -> Standing:
    """Where the database stands, without changing it."""
    migrations = read_migrations(sql_dir)
    exists = conn.execute("SELECT to_regclass('rollcall.schema_migrations') IS NOT NULL").fetchone()
    if not exists or not exists[0]:
        return Standing((), tuple(m.version for m in migrations), code_is_current=False)
    applied = conn.execute("SELECT version FROM rollcall.schema_migrations ORDER BY version").fetchall()
    code = conn.execute("SELECT checksum FROM rollcall.schema_code").fetchone()
    return Standing(
        tuple(row[0] for row in applied),
        tuple(m.version for m in migrations),
        code_is_current=code is not None and code[0] == code_checksum(sql_dir),
    )


def check_schema(conn: psycopg.Connection, sql_dir: Path = SQL_DIR) -> None:
    """Raise SetupError unless the database is exactly as new as this code."""
    found = standing(conn, sql_dir)
    if len(found.applied) > len(found.known):
        raise SetupError(
            f"The database is at version {len(found.applied)}, newer than this code ({len(found.known)}): "
            "update rollcall."
        )
    if found.applied != found.known:
        raise SetupError(
            f"The database is at version {len(found.applied)}, this code needs {len(found.known)}: "
            "run `rollcall migrate up` as the database's owner."
        )
    if not found.code_is_current:
        raise SetupError(
            "The database's functions, views or rights are not those of this code: "
            "run `rollcall migrate up` as the database's owner."
        )


def verify(conn: psycopg.Connection, sql_dir: Path = SQL_DIR) -> None:
    """Raise SetupError unless every applied file is still as it was applied and nothing is missing."""
    if standing(conn, sql_dir).applied:
        rows = conn.execute("SELECT version, checksum FROM rollcall.schema_migrations").fetchall()
        _check_ledger(dict(rows), read_migrations(sql_dir))
    check_schema(conn, sql_dir)


@contextmanager
def _locked(dsn: str) -> Iterator[psycopg.Connection]:
    """One transaction that no other migration of the database shares; rolled back on any error."""
    with connect(dsn) as conn:
        # Who waited for the lock must see what its holder did.
        conn.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        # A limit for everyday statements would keep large databases from ever getting a new index.
        conn.execute("SET LOCAL statement_timeout = 0")
        # A client that died would otherwise hold the lock until its statement ends.
        conn.execute("SET client_connection_check_interval = '1s'")
        conn.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        conn.execute("SET LOCAL client_min_messages = warning")
        try:
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        except psycopg.errors.LockNotAvailable as error:
            raise SetupError(
                f"Another migration has held the database for {_LOCK_TIMEOUT}: wait for it, then try again."
            ) from error
        try:
            yield conn
        except _HELD as error:
            raise SetupError(
                "Somebody holds rollcall's tables or views, nothing was changed: stop running syncs, end sessions that "
                "pg_stat_activity shows as idle in transaction, then try again."
            ) from error


def _prepare(conn: psycopg.Connection, sql_dir: Path, migrations: list[Migration]) -> dict[int, str]:
    """Act as the owner, with schema and ledger there; returns the checksum of each applied version."""
    try:
        conn.execute(read_text(sql_dir / "bootstrap.sql").encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise SetupError(
            "The database's owner or a superuser must migrate; on the first time it also needs CREATEROLE, or the "
            f"roles rollcall_owner, _writer, _reader and _monitor with the right to grant them: {error}"
        ) from error
    except psycopg.errors.RaiseException as error:
        raise SetupError(f"{error.diag.message_primary}") from error
    applied: dict[int, str] = dict(conn.execute("SELECT version, checksum FROM schema_migrations").fetchall())
    _check_ledger(applied, migrations)
    return applied


def _run(conn: psycopg.Connection, text: str, name: str) -> None:
    """Run a file as it is: without parameters, so that `%`, `$1` and several statements are safe."""
    try:
        conn.execute(text.encode())
    except _HELD:
        raise
    except psycopg.Error as error:
        raise SetupError(f"{name} failed, nothing was changed: {error}") from error


def _check_ledger(applied: dict[int, str], migrations: list[Migration]) -> None:
    if applied and max(applied) > len(migrations):
        raise SetupError(
            f"The database is at version {max(applied)}, newer than this code ({len(migrations)}): update rollcall."
        )
    if sorted(applied) != list(range(1, len(applied) + 1)):
        raise SetupError(
            f"schema_migrations holds {', '.join(map(str, sorted(applied)))}, which is not one row for each step: "
            "somebody edited it. Put back the rows of the migrations that were applied."
        )
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise SetupError(
                f"{migration.title}.up.sql was edited after it was applied: "
                "take the edit back and write a new migration."
            )


def _drop_code(conn: psycopg.Connection) -> None:
    """Drop the owner's triggers, views and functions; what others put into the schema is theirs and stays."""
    for (drop_trigger,) in conn.execute(
        """
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid AND c.relowner = 'rollcall_owner'::regrole
        JOIN pg_proc p ON p.oid = t.tgfoid AND p.proowner = 'rollcall_owner'::regrole
        WHERE NOT t.tgisinternal AND c.relnamespace = 'rollcall'::regnamespace AND p.pronamespace = c.relnamespace
        """
    ).fetchall():
        conn.execute(drop_trigger.encode())
    waiting = conn.execute(
        """
        SELECT code.kind, code.name
        FROM (
            SELECT c.oid, 'VIEW' AS kind, c.oid::regclass::text AS name, c.relowner AS owner
            FROM pg_class c WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'v'
            UNION ALL
            SELECT p.oid, 'ROUTINE', p.oid::regprocedure::text, p.proowner
            FROM pg_proc p WHERE p.pronamespace = 'rollcall'::regnamespace
        ) code
        WHERE code.owner = 'rollcall_owner'::regrole
        ORDER BY code.oid DESC
        """
    ).fetchall()
    while waiting:
        refused = []
        reasons = []
        for kind, name in waiting:
            try:
                with conn.transaction():
                    conn.execute(f"DROP {kind} {name}".encode())
            except psycopg.errors.DependentObjectsStillExist as error:
                refused.append((kind, name))  # another of ours may depend on it, and go first
                reasons.append(error.diag.message_detail or str(error))
        if len(refused) == len(waiting):
            raise SetupError(
                "Objects that are not rollcall's depend on its views or functions, which must be rebuilt; "
                f"drop them first and create them again afterwards: {'; '.join(reasons)}"
            )
        waiting = refused
    conn.execute("DELETE FROM schema_code")


def _build_code(conn: psycopg.Connection, sql_dir: Path) -> None:
    conn.execute("SET LOCAL check_function_bodies = off")  # functions may call one another in any order
    for file in code_files(sql_dir):
        _run(conn, read_text(file), file.name)
    conn.execute("INSERT INTO schema_code (checksum) VALUES (%s)", (code_checksum(sql_dir),))


def _set_passwords(conn: psycopg.Connection) -> None:
    """Let roles log in whose passwords the environment holds."""
    for role, variable in _PASSWORD_VARIABLES.items():
        if password := os.environ.get(variable):
            try:
                set_password(conn, role, password)
            except psycopg.errors.InsufficientPrivilege as error:
                raise SetupError(
                    f"You may not change the password of {role}, nothing was changed: unset {variable}, or migrate "
                    f"as a superuser or as who made the role ({error.diag.message_primary})."
                ) from error


def _stored_code_checksum(conn: psycopg.Connection) -> str | None:
    row = conn.execute("SELECT checksum FROM schema_code").fetchone()
    return row[0] if row else None
