"""A Postgres server of our own, from programs that pip installed or the machine has.

    with Postgres(folder) as postgres:
        dsn = postgres.create_database("rollcall")

The server listens on 127.0.0.1 and asks for a password. It outlives a killed parent: the next start on the
same folder finds it and takes its place.
"""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from rollcall.errors import SetupError
from rollcall.stack.ports import free_port
from rollcall.stack.postgres_home import PostgresHome
from rollcall.stack.postgres_programs import major_version
from rollcall.stack.private_files import kept_secret, write_private

# For a machine that runs Airflow beside it. The buffers stay small because each backend that touches them
# counts them as its own memory.
SETTINGS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    # Two backends that write in bulk wait for each other with the 4 MB that Postgres would choose.
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    # A killed client must not keep its locks while its statement goes on.
    "client_connection_check_interval": "1s",
    # The lines below an error quote the row that it is about, names and e-mails with it.
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

_SOCKET_PATH_LIMIT = 90  # bytes: 107 less the file name that Postgres appends
_START_SECONDS = 60


class Postgres:
    """One server: its data, its programs, its port.

    `folder` (made if missing) holds the superuser's password and, unless its account can't enter it, the
    data. `preferred_port` is stepped around where it is taken; 0 takes any free one. `port` is the one in
    use.
    """

    def __init__(self, folder: Path, *, preferred_port: int = 5432) -> None:
        self.folder = folder
        self.port = 0
        self._preferred_port = preferred_port
        self._found_home: PostgresHome | None = None

    @property
    def admin_dsn(self) -> str:
        """The superuser's address of the database `postgres`."""
        return self.dsn("postgres")

    def dsn(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """Return the address of `database` for a role (the superuser where none is named).

        Names and password must need no quoting in a URL.
        """
        password = self._password() if password is None else password
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self._home.log

    def start(self) -> None:
        """Start the server, making the cluster first if there is none; what a killed parent left is replaced.

        Raises SetupError naming the log where it doesn't come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._found_home = PostgresHome(self.folder)
        self._home.end_server()
        self._create_cluster()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self.port = free_port(self._preferred_port)
            reason = self._try_start()
            if reason is None:
                return
            # Another program was faster to the port, or the backends of a killed server are still going.
            passing = "could not create any TCP/IP sockets" in reason or "shared memory block" in reason
            if not passing or time.monotonic() > deadline:
                raise SetupError(f"Postgres did not start: {reason} The log says more: {self.log}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server; open connections are cut, what was committed is kept."""
        self._home.end_server()

    def is_running(self) -> bool:
        """Tell whether this folder's server runs."""
        return self._home.running_pid() is not None

    def remove(self) -> None:
        """Stop the server and delete its data, its password and the folder."""
        self.stop()
        for folder in {self._home.folder, self.folder}:
            shutil.rmtree(folder)

    def create_database(self, name: str, *, owner: str | None = None) -> str:
        """Create database `name` unless it is there; return the superuser's address of it."""
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if known is None:
                statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                if owner is not None:
                    statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
                connection.execute(statement)
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Drop database `name` if it is there, cutting its connections."""
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _home(self) -> PostgresHome:
        if self._found_home is None:
            self._found_home = PostgresHome(self.folder)
        return self._found_home

    def _password(self) -> str:
        return kept_secret(self.folder / "superuser-password")

    def _create_cluster(self) -> None:
        home = self._home
        version = major_version(home.programs)
        marker = home.data / "PG_VERSION"
        if marker.exists():
            found = int(marker.read_text(encoding="utf-8"))
            if found != version:
                raise SetupError(
                    f"the data in {home.data} belongs to Postgres {found}, the programs to {version}: set "
                    f"ROLLCALL_PG_BIN to the bin folder of one of {found}, or drop the data by `make clean`."
                )
            return
        # A cluster half made by a killed start must not pass for a whole one.
        fresh = home.folder / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        password_file = home.folder / "initdb-password"
        write_private(password_file, self._password())
        for path in (fresh, password_file):
            home.hand_over(path)
        # Since 17 Postgres brings a Unicode locale of its own; before, the system's has to do.
        locales = (
            [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
            if version >= 17
            else [["--locale=C.UTF-8"], ["--locale=en_US.UTF-8"], ["--locale=C"]]
        )
        common = [
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--pwfile={password_file}",
        ]
        try:
            if not any(home.run("initdb", "--pgdata", str(fresh), *common, *locale) for locale in locales):
                raise SetupError(f"Postgres's initdb failed. Its log says why: {home.control_log}")
        finally:
            password_file.unlink()
        fresh.rename(home.data)

    def _try_start(self) -> str | None:
        """Start on `port`; return None when it answers, else the reason the log gives."""
        home = self._home
        sockets = home.folder / "socket"
        settings = dict(SETTINGS) | {"listen_addresses": "127.0.0.1", "port": str(self.port)}
        settings["unix_socket_directories"] = ""
        if len(os.fsencode(sockets)) <= _SOCKET_PATH_LIMIT:
            sockets.mkdir(mode=0o700, exist_ok=True)
            home.hand_over(sockets)
            settings["unix_socket_directories"] = str(sockets)
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        home.log.touch(mode=0o600)
        home.hand_over(home.log)
        log_start = home.log.stat().st_size
        # As seen from the home, where programs run: pg_ctl puts both into a shell's double quotes.
        where = ["--pgdata", home.data.name, "--log", home.log.name]
        if home.run("pg_ctl", "start", "--wait", f"--timeout={_START_SECONDS}", *where, "--options", options):
            return None
        with home.log.open("rb") as log:
            log.seek(log_start)
            lines = log.read().decode("utf-8", errors="replace").splitlines()
        fatal = [line.split("FATAL: ", 1)[1].strip().rstrip(".") for line in lines if "FATAL: " in line]
        return f"{fatal[-1]}." if fatal else "it gave no reason."
