"""Starts Airflow on this machine: API server, scheduler with its executor, Dag processor."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg
import requests
from psycopg import sql

from rollcall.errors import RollcallError, SetupError
from rollcall.rest import AirflowRest
from rollcall.stack.airflow_settings import HOST
from rollcall.stack.ports import is_free
from rollcall.stack.processes import Program

_READY_SECONDS = 180
_POLL_SECONDS = 0.25
_PULSE_SECONDS = 10
_SILENT_SECONDS = 120
_PARTS: Mapping[str, Sequence[str]] = {
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}


def migrate_metadata(dsn: str, env: Mapping[str, str], log: Path) -> None:
    """Bring Airflow's own database (superuser's address `dsn`) up to this Airflow; skipped where it is
    already.

    The database carries the version in its comment, so the mark can't outlive it.
    """
    mark = f"Airflow {importlib.metadata.version('apache-airflow-core')}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT current_database(), shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
        database, found = row if row is not None else ("", None)
        if found == mark:
            return
        with log.open("ab") as output:
            ended = subprocess.run(
                [sys.executable, "-m", "airflow", "db", "migrate"],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                check=False,
            )
        if ended.returncode != 0:
            raise SetupError(
                f"`airflow db migrate` ended with code {ended.returncode}. Its log says why: {log}. "
                "If an older Airflow left the database, `make clean` starts afresh."
            )
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(mark))
        )


class PortLost(SetupError):
    """Another program took Airflow's port between the choice and the start; another port will do."""


def start_airflow(
    env: Mapping[str, str], logs: Path, port: int, started: Callable[[Program], None]
) -> list[Program]:
    """Start the three programs and return at once; `started` is told of each, so that none is forgotten."""
    server = ("api-server", "--host", HOST, "--port", str(port), "--workers", "1")
    programs = []
    for name, arguments in {"api-server": server, **_PARTS}.items():
        program = Program(
            f"Airflow's {name}",
            [sys.executable, "-m", "airflow", *arguments],
            env=env,
            log=logs / f"airflow-{name}.log",
        )
        started(program)
        programs.append(program)
    return programs


def wait_until_ready(
    rest: AirflowRest, port: int, programs: Sequence[Program], dag_ids: Sequence[str]
) -> None:
    """Return when all parts report health and the Dags `dag_ids` can be triggered.

    Raises PortLost where someone else has the port, SetupError naming the part and its log where one ends or takes
    over 180 seconds.
    """
    server = programs[0]
    deadline = time.monotonic() + _READY_SECONDS
    waiting = "Airflow's api-server"
    while time.monotonic() < deadline:
        for program in programs:
            if program.exit_code() is not None:
                if program is server and _found_port_taken(program.log, port):
                    raise PortLost(f"port {port} was taken while Airflow started: free it and start again.")
                raise SetupError(program.died_message("starting"))
        # Until the server has its port, a stranger may answer there.
        waiting = _not_ready(rest, dag_ids) if server.listens_on(port) else server.name
        if not waiting:
            return
        time.sleep(_POLL_SECONDS)
    logs = programs[0].log.parent
    raise SetupError(
        f"{waiting} is not ready after {_READY_SECONDS} seconds. The logs in {logs} say why; "
        "a slow machine may just need a second try."
    )


def _found_port_taken(log: Path, port: int) -> bool:
    # Whoever had the port may have let go of it by now; the server's last words tell all the same.
    return not is_free(port) or "address already in use" in log.read_text(errors="replace")[-4000:]


def _not_ready(rest: AirflowRest, dag_ids: Sequence[str]) -> str:
    """Name the first part that isn't ready yet, '' when all are; SetupError for a Dag that can't be read."""
    try:
        health = rest.health()
    except (requests.RequestException, RollcallError):
        return "Airflow's api-server"
    for part in ("metadatabase", "scheduler", "dag_processor"):
        if (health.get(part) or {}).get("status") != "healthy":
            return f"Airflow's {part}"
    for dag_id in dag_ids:
        if not rest.has_dag(dag_id):
            broken = rest.import_errors()
            if broken:
                name, reason = broken[0]
                raise SetupError(f"the Dag file {name} can't be read: {reason}. Mend it and start again.")
            return f"the Dag {dag_id}"
    return ""


class Pulse:
    """Whether an Airflow that was ready still is: a scheduler that met a full disk or a lost database may hang for
    ever without ending."""

    def __init__(self, rest: AirflowRest, logs: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._logs = logs
        self._clock = clock
        self._asked = self._well = clock()

    def check(self) -> None:
        """Raise SetupError, naming the part, once one has given no sign of life for two minutes."""
        now = self._clock()
        if now - self._asked < _PULSE_SECONDS:
            return
        self._asked = now
        silent = _not_ready(self._rest, ())
        if not silent:
            self._well = now
        elif now - self._well > _SILENT_SECONDS:
            raise SetupError(
                f"{silent} has given no sign of life for {_SILENT_SECONDS} seconds. The logs in {self._logs} say why. "
                "Start it again: what was stored is kept."
            )
