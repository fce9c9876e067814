"""The whole local stack in order: Postgres, databases, sandboxes, Airflow; and all of it away again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from rollcall.errors import SetupError
from rollcall.rest import AirflowRest
from rollcall.stack.airflow import PortLost, Pulse, migrate_metadata, start_airflow, wait_until_ready
from rollcall.stack.airflow_settings import ADMIN, AirflowAddresses, admin_password, airflow_environment
from rollcall.stack.databases import drop_databases, prepare_airflow_database, prepare_rollcall_database
from rollcall.stack.ports import free_port
from rollcall.stack.postgres import Postgres
from rollcall.stack.processes import Program, Started, end_sessions
from rollcall.stack.sandbox import StartingSandbox, register_connection, register_user, world_time
from rollcall.stack.state import REPOSITORY, Record, StateFolder, read_record

_STOP_SECONDS = 5.0
_LEFTOVER_SECONDS = 2.0
_WATCH_SECONDS = 0.5
_PORT_TRIES = 3


@dataclass(frozen=True)
class Plan:
    """What to start. A port of 0 takes any free one, others are stepped around where taken.

    `fresh` drops what earlier runs stored; `say` is told of each step as it begins. `sandbox_arguments` and
    `calendly_arguments` are words for the fake Zoom and the fake Calendly; None: the demo's worlds.
    """

    dags: Path = REPOSITORY / "dags"
    airflow_port: int = 8080
    postgres_port: int = 5432
    sandbox_arguments: Sequence[str] | None = None
    calendly_arguments: Sequence[str] | None = None
    fresh: bool = False
    say: Callable[[str], None] = field(default=lambda _step: None)


class Stack:
    """A stack in one state folder. As a context manager: up inside, everything ended outside."""

    def __init__(self, state: StateFolder, plan: Plan) -> None:
        self.state = state
        self.plan = plan
        self.postgres = Postgres(state.postgres, preferred_port=plan.postgres_port)
        self.record = Record(main=_this_process())
        self.calendly_user = ""
        """E-mail of the user whose Calendly is the sandbox's."""
        self._programs: list[Program] = []
        self._pulse: Pulse | None = None
        self._held = ExitStack()

    @property
    def rest(self) -> AirflowRest:
        """A client that is logged in as the stack's administrator."""
        return AirflowRest(self.record.airflow_url, self.record.airflow_user, self.record.airflow_password)

    def start(self) -> None:
        """Start everything and return when a sync can be triggered.

        Raises WrongUse where a stack runs in this folder already, SetupError naming step, log and advice
        where a step fails; nothing is left running then.
        """
        self._held.enter_context(self.state.lock())
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, last started first, and give the folder free."""
        self._end(self._programs)
        self.postgres.stop()
        self.state.forget()
        self._held.close()

    def watch(self) -> None:
        """Stay while everything runs; SetupError names the program that ended."""
        while True:
            self.check()
            time.sleep(_WATCH_SECONDS)

    def check(self) -> None:
        """Raise SetupError, naming the program, unless everything runs and shows signs of life."""
        for program in self._programs:
            if program.exit_code() is not None:
                raise SetupError(f"{program.died_message('the stack was up')} Start it again.")
        if not self.postgres.is_running():
            raise SetupError(
                f"Postgres ended while the stack was up. Its log says why: {self.postgres.log} Start it again."
            )
        if self._pulse is not None:
            self._pulse.check()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._clean_up_after_a_killed_start()
        self._note()
        self.plan.say("Starting Postgres")
        self.postgres.start()
        if self.plan.fresh:
            drop_databases(self.postgres)
        self.plan.say("Bringing the databases up to date")
        metadata_dsn = prepare_airflow_database(self.state, self.postgres)
        self.record.dsn = prepare_rollcall_database(self.state, self.postgres)
        environment, _ = self._airflow_environment(metadata_dsn)
        log = self.state.logs / "airflow-db-migrate.log"
        with ThreadPoolExecutor(1) as other:
            migrated = other.submit(migrate_metadata, self.postgres.dsn("airflow"), environment, log)
            self._start_sandboxes(environment)
            migrated.result()
        self.plan.say("Starting Airflow")
        for attempt in range(1, _PORT_TRIES + 1):
            try:
                self._start_airflow(metadata_dsn)
                break
            except PortLost:
                if attempt == _PORT_TRIES:
                    raise
        self._note()

    def _start_airflow(self, metadata_dsn: str) -> None:
        environment, addresses = self._airflow_environment(metadata_dsn)
        self.record.airflow_url = addresses.url
        self.record.airflow_user = ADMIN
        self.record.airflow_password = admin_password(self.state)
        airflow = start_airflow(environment, self.state.logs, addresses.port, self._started)
        try:
            wait_until_ready(self.rest, addresses.port, airflow, _dag_ids(self.plan.dags))
            self._pulse = Pulse(self.rest, self.state.logs)
        except PortLost:
            self._end(airflow)
            raise

    def _airflow_environment(self, metadata_dsn: str) -> tuple[dict[str, str], AirflowAddresses]:
        port = free_port(self.plan.airflow_port)
        addresses = AirflowAddresses(port, metadata_dsn, self.record.dsn["writer"])
        plugins = REPOSITORY / "plugins"
        return airflow_environment(self.state, addresses, dags=self.plan.dags, plugins=plugins), addresses

    def _end(self, programs: Sequence[Program]) -> None:
        end_sessions([program.started for program in reversed(programs)], _STOP_SECONDS)
        for program in programs:
            program.reap()
        self._programs = [program for program in self._programs if program not in programs]

    def _start_sandboxes(self, environment: dict[str, str]) -> None:
        demo = ("--profile", "demo", "--now", world_time(self.state))
        zoom, calendly = (
            StartingSandbox(self.state, source, demo if wished is None else wished, self._started)
            for source, wished in (
                ("zoom", self.plan.sandbox_arguments),
                ("calendly", self.plan.calendly_arguments),
            )
        )
        self.record.sandbox_url = zoom.wait()
        register_connection(self.record.dsn["owner"], self.record.sandbox_url, environment)
        self.record.calendly_url = calendly.wait()
        self.calendly_user = register_user(self.record.dsn["owner"], self.record.calendly_url, environment)

    def _clean_up_after_a_killed_start(self) -> None:
        """End what the record of an earlier start names; Postgres looks after itself when it starts."""
        left = read_record(self.state.path)
        if left is not None and any(end_sessions(left.programs, _LEFTOVER_SECONDS)):
            self.plan.say("Ended what an earlier start had left running")

    def _started(self, program: Program) -> None:
        self._programs.append(program)
        self._note()

    def _note(self) -> None:
        self.record.programs = [program.started for program in self._programs]
        self.state.write(self.record)


def remove_stack(folder: Path) -> None:
    """Delete the state folder `folder` with all it holds, ending first what a killed stack left running.

    Raises WrongUse while a stack runs there.
    """
    state = StateFolder(folder)
    with state.lock():
        left = read_record(state.path)
        if left is not None:
            end_sessions(left.programs, _LEFTOVER_SECONDS)
        Postgres(state.postgres).remove()
        shutil.rmtree(state.path)


def _dag_ids(dags: Path) -> list[str]:
    """Name the Dags to wait for: each file that isn't a private module holds one Dag of its own name."""
    return sorted(file.stem for file in dags.glob("*.py") if not file.name.startswith("_"))


def _this_process() -> Started:
    return Started("rollcall", os.getpid(), psutil.Process().create_time())
