"""What contenders are measured against: one Postgres server, a database for each of them, and sandboxes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from rollcall.stack.postgres import Postgres
from rollcall.store.migrate import migrate_up
from sandbox.zoom.harness import Sandbox

_TEMPLATE = "template_rollcall"
_DATABASE = "contender"


@dataclass(frozen=True)
class World:
    """A world of the sandbox: its profile, its scale, and the plan whose limits it holds."""

    profile: str
    scale: float = 1.0
    limits: str = "off"


class Servers:
    """The servers of one run of the benchmark; a context manager that ends what it started and deletes its data."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rollcall-benchmark-"))
        self.postgres = Postgres(self._folder, preferred_port=0)
        self.postmaster = 0
        """Process id of the server's first process."""
        self.version = ""
        """Postgres's own word for its version."""
        self._sandboxes: dict[World, Sandbox] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self._held.callback(self.postgres.remove)
        try:
            self.postgres.start()
            with closing(psycopg.connect(self.postgres.admin_dsn, autocommit=True)) as conn:
                # What a run wrote is read from the WAL afterwards, which a checkpoint may come before.
                conn.execute("ALTER SYSTEM SET wal_keep_size = '64MB'")
                conn.execute("SELECT pg_reload_conf()")
            migrate_up(self.postgres.create_database(_TEMPLATE))
            with closing(psycopg.connect(self.postgres.dsn(_TEMPLATE), autocommit=True)) as conn:
                conn.execute("VACUUM ANALYZE")
                self.postmaster = psutil.Process(conn.info.backend_pid).ppid()
                self.version = conn.info.parameter_status("server_version") or ""
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @contextmanager
    def worlds(self) -> Iterator[None]:
        """Sandboxes that are started inside end with the block."""
        before, self._sandboxes = self._sandboxes, dict(self._sandboxes)
        try:
            yield
        finally:
            for world, zoom in self._sandboxes.items():
                if world not in before:
                    zoom.close()
            self._sandboxes = before

    def sandbox(self, world: World) -> Sandbox:
        """The sandbox with this world, started when it is first asked for."""
        if world not in self._sandboxes:
            options = ("--scale", str(world.scale), "--limits", world.limits)
            zoom = Sandbox(world.profile, *options, start_seconds=600)
            self._sandboxes[world] = zoom.__enter__()
            self._held.callback(zoom.close)
        return self._sandboxes[world]

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh, migrated database, by the superuser's address."""
        with closing(psycopg.connect(self.postgres.admin_dsn, autocommit=True)) as conn:
            self.postgres.drop_database(_DATABASE)
            conn.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(_DATABASE), sql.Identifier(_TEMPLATE)
                )
            )
        try:
            yield self.postgres.dsn(_DATABASE)
        finally:
            self.postgres.drop_database(_DATABASE)


def lists_of(zoom: Sandbox) -> list[dict[str, Any]]:
    """Each instance with the `key` that stands for it in a path: Zoom wants some UUIDs encoded twice."""
    found = []
    for instance in zoom.instances:
        uuid = instance["uuid"]
        key = quote(uuid, safe="")
        if uuid.startswith("/") or "//" in uuid:
            key = quote(key, safe="")
        found.append({**instance, "key": key})
    return found
