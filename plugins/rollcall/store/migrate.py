"""Brings a database's schema up to this code, or back.

Versioned files (`sql/migrations/NNNN_name.up.sql` and `.down.sql`) run once, in order. Functions, views and grants are
code: they are dropped and rebuilt whole whenever one of their files changed, because replacing one by one fails as soon
as a view loses a column or a function changes its result. All of it is one transaction under an advisory lock.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from rollcall.errors import SetupError, WrongUse

SQL_DIR = Path(__file__).resolve().parents[3] / "sql"
_LOCK_KEY = 7_265_746_011
_MIGRATION = re.compile(r"^(\d{4})_([a-z0-9_]+)\.up\.sql$")
_PASSWORD_VARIABLES = {
    "rollcall_writer": "ROLLCALL_WRITER_PASSWORD",
    "rollcall_reader": "ROLLCALL_READER_PASSWORD",
    "rollcall_monitor": "ROLLCALL_MONITOR_PASSWORD",
}


@dataclass(frozen=True)
class Migration:
    """One numbered pair of files."""

    version: int
    name: str
    up: str
    down: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the up file, line ends as LF so that a checkout on Windows has the same."""
        return _checksum(self.up)


@dataclass(frozen=True)
class Standing:
    """Where a database stands: versions applied, versions this code has, and whether the code in it is current."""

    applied: tuple[int, ...]
    known: tuple[int, ...]
    code_is_current: bool


def read_migrations(sql_dir: Path = SQL_DIR) -> list[Migration]:
    """All migrations in order. Raises SetupError where a number is missing or a file has no down file."""
    found = []
    for up_file in sorted((sql_dir / "migrations").glob("*.up.sql")):
        match = _MIGRATION.match(up_file.name)
        if not match:
            raise SetupError(f"{up_file.name} is not named NNNN_name.up.sql: rename it.")
        down_file = up_file.with_name(up_file.name.replace(".up.sql", ".down.sql"))
        if not down_file.exists():
            raise SetupError(f"{up_file.name} has no {down_file.name}: write the way back.")
        found.append(Migration(int(match[1]), match[2], _read(up_file), _read(down_file)))
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise SetupError("Migrations must be numbered 0001, 0002, … without a hole or a double number.")
    return found


def migrate_up(dsn: str, to: int | None = None, sql_dir: Path = SQL_DIR) -> list[str]:
    """Apply what is missing, up to version `to` (all by default), and rebuild functions and views if they changed.

    Returns a sentence for each thing done. Raises SetupError when an applied file was edited, when the database is
    newer than this code, or when objects of other people depend on a view or function that must be rebuilt.
    """
    migrations = read_migrations(sql_dir)
    to = len(migrations) if to is None else to
    done: list[str] = []
    with _Locked(dsn) as conn:
        conn.execute(_read(sql_dir / "bootstrap.sql"))
        conn.execute("SET LOCAL ROLE rollcall_owner")
        conn.execute("SET LOCAL search_path TO rollcall, pg_temp")
        applied = _applied(conn)
        _verify(applied, migrations)
        todo = [m for m in migrations if m.version not in applied and m.version <= to]
        checksum = _code_checksum(sql_dir)
        if todo or _stored_code_checksum(conn) != checksum:
            _drop_code(conn)
        for migration in todo:
            _run(conn, migration.up, f"{migration.version:04d}_{migration.name}")
            conn.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                (migration.version, migration.name, migration.checksum),
            )
            done.append(f"applied {migration.version:04d}_{migration.name}")
        complete = len(_applied(conn)) == len(migrations)
        if complete and _stored_code_checksum(conn) != checksum:
            _build_code(conn, sql_dir)
            conn.execute("INSERT INTO schema_code (checksum) VALUES (%s)", (checksum,))
            done.append("rebuilt functions, views and rights")
        conn.execute("RESET ROLE")
        if complete:
            _run(conn, _read(sql_dir / "roles.sql"), "roles.sql")
            _set_passwords(conn)
    return done


def migrate_down(dsn: str, to: int, sql_dir: Path = SQL_DIR) -> list[str]:
    """Take back every migration above version `to`, newest first; functions and views go with them.

    Their tables' rows are gone then: this is for development and for undoing a failed upgrade.
    """
    migrations = read_migrations(sql_dir)
    if not 0 <= to <= len(migrations):
        raise WrongUse(f"There is no migration {to}: give a number from 0 to {len(migrations)}.")
    done = []
    with _Locked(dsn) as conn:
        conn.execute(_read(sql_dir / "bootstrap.sql"))
        conn.execute("SET LOCAL ROLE rollcall_owner")
        conn.execute("SET LOCAL search_path TO rollcall, pg_temp")
        applied = _applied(conn)
        _verify(applied, migrations)
        _drop_code(conn)
        for migration in reversed([m for m in migrations if to < m.version and m.version in applied]):
            _run(conn, migration.down, f"{migration.version:04d}_{migration.name}.down")
            conn.execute("DELETE FROM schema_migrations WHERE version = %s", (migration.version,))
            done.append(f"took back {migration.version:04d}_{migration.name}")
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
        code_is_current=bool(code) and code[0] == _code_checksum(sql_dir),  # type: ignore[index]
    )


def check_schema(conn: psycopg.Connection, sql_dir: Path = SQL_DIR) -> None:
    """Raise SetupError unless the database is exactly as new as this code."""
    found = standing(conn, sql_dir)
    if len(found.applied) > len(found.known):
        raise SetupError(
            f"The database is at version {len(found.applied)}, newer than this code ({len(found.known)}): "
            "update rollcall."
        )
    if found.applied != found.known or not found.code_is_current:
        raise SetupError(
            f"The database is at version {len(found.applied)}, this code needs {len(found.known)} with "
            "current functions: run `rollcall migrate up` as the database's owner."
        )


class _Locked:
    """One transaction that no other migration shares; rolled back on any error."""

    def __init__(self, dsn: str) -> None:
        self._conn = psycopg.connect(dsn, autocommit=False)

    def __enter__(self) -> psycopg.Connection:
        try:
            # A client that died would otherwise hold the lock until its statement ends.
            self._conn.execute("SET client_connection_check_interval = '1s'")
            self._conn.execute("SET LOCAL lock_timeout = '60s'")
            self._conn.execute("SET LOCAL client_min_messages = warning")
            self._conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        except psycopg.Error as error:
            self._conn.close()
            raise SetupError(
                f"Another migration holds the database ({type(error).__name__}): wait for it, then try again."
            ) from error
        return self._conn

    def __exit__(self, exc_type: object, *_: object) -> None:
        if exc_type is None:
            self._conn.commit()
        self._conn.close()


def _run(conn: psycopg.Connection, text: str, name: str) -> None:
    """Run a file as it is: without parameters, so that `%`, `$1` and several statements are safe."""
    try:
        conn.execute(text.encode())
    except psycopg.Error as error:
        raise SetupError(f"{name} failed, nothing was changed: {error}") from error


def _applied(conn: psycopg.Connection) -> dict[int, str]:
    return dict(conn.execute("SELECT version, checksum FROM schema_migrations").fetchall())


def _verify(applied: dict[int, str], migrations: list[Migration]) -> None:
    if applied and max(applied) > len(migrations):
        raise SetupError(
            f"The database is at version {max(applied)}, newer than this code ({len(migrations)}): update rollcall."
        )
    for migration in migrations:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise SetupError(
                f"{migration.version:04d}_{migration.name}.up.sql was edited after it was applied: "
                "take the edit back and write a new migration."
            )


def _drop_code(conn: psycopg.Connection) -> None:
    views = conn.execute(
        "SELECT c.oid::regclass::text FROM pg_class c"
        " WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'v' ORDER BY c.oid DESC"
    ).fetchall()
    functions = conn.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'rollcall'::regnamespace"
    ).fetchall()
    names = [f"VIEW {name}" for (name,) in views] + [f"FUNCTION {name}" for (name,) in functions]
    try:
        for kind in ("VIEW", "FUNCTION"):
            group = [name.removeprefix(f"{kind} ") for name in names if name.startswith(f"{kind} ")]
            if group:
                conn.execute(f"DROP {kind} {', '.join(group)}".encode())
    except psycopg.errors.DependentObjectsStillExist as error:
        raise SetupError(
            "Objects that are not rollcall's depend on its views or functions, which must be rebuilt; "
            f"drop them first and create them again afterwards: {error.diag.message_detail}"
        ) from error
    conn.execute("DELETE FROM schema_code")


def _build_code(conn: psycopg.Connection, sql_dir: Path) -> None:
    conn.execute("SET LOCAL check_function_bodies = off")  # functions may call one another in any order
    for file in sorted((sql_dir / "functions").glob("*/*.sql")):
        _run(conn, _read(file), file.name)
    conn.execute("SET LOCAL check_function_bodies = on")
    waiting = sorted((sql_dir / "views").glob("*.sql"))
    while waiting:
        postponed = []
        for file in waiting:
            try:
                with conn.transaction():
                    conn.execute(_read(file).encode())
            except psycopg.errors.UndefinedTable:
                postponed.append(file)  # it reads a view that comes later in the alphabet
            except psycopg.Error as error:
                raise SetupError(f"{file.name} failed, nothing was changed: {error}") from error
        if len(postponed) == len(waiting):
            _run(conn, _read(postponed[0]), postponed[0].name)
        waiting = postponed
    conn.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA rollcall FROM PUBLIC")


def _set_passwords(conn: psycopg.Connection) -> None:
    for role, variable in _PASSWORD_VARIABLES.items():
        password = os.environ.get(variable)
        if password:
            verifier = conn.pgconn.encrypt_password(
                password.encode(), role.encode(), b"scram-sha-256"
            ).decode()
            conn.execute(
                sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
            )


def _code_checksum(sql_dir: Path) -> str:
    files = sorted([*(sql_dir / "functions").glob("*/*.sql"), *(sql_dir / "views").glob("*.sql")])
    return _checksum("\0".join(f"{f.name}\0{_read(f)}" for f in [*files, sql_dir / "roles.sql"]))


def _stored_code_checksum(conn: psycopg.Connection) -> str | None:
    row = conn.execute("SELECT checksum FROM schema_code").fetchone()
    return row[0] if row else None


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").replace("\r\n", "\n")


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
