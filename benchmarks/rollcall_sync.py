"""rollcall's sync as its Dag chains it, without Airflow: `python -m benchmarks.rollcall_sync`.

Each fetch worker is a process of its own, as mapped tasks are; this process does what the other tasks do. Workers start
before the clock does: starting Python is the same for every contender and is not measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing
from typing import Any

import psycopg
import requests

from benchmarks.clock import Clock, peak_megabytes, processor_seconds, read_order
from rollcall.secrets import Keyring
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.discover import discover, open_run
from rollcall.sync.fetch import fetch
from rollcall.sync.finish import finish
from rollcall.sync.lists import LISTS
from rollcall.sync.request import check_request
from rollcall.sync.run_session import Resources
from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert

DATA_TABLES = (
    "zoom_webinars",
    "zoom_webinar_instances",
    "zoom_registrants",
    "zoom_panelists",
    "zoom_participants",
    "zoom_participant_sessions",
    "zoom_instance_statistics",
    "zoom_webinar_statistics",
)


def _resources(order: dict[str, Any]) -> Resources:
    keyring = Keyring([order["key"]])
    options = "-c role=rollcall_writer -c search_path=rollcall,public"

    def connect() -> psycopg.Connection:
        return psycopg.connect(order["dsn"], autocommit=True, options=options)

    def session() -> requests.Session:
        http = requests.Session()
        http.trust_env = False
        return http

    return Resources(connect, session, lambda: keyring)


class Worker:
    """A fetch worker in a process of its own."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rollcall_sync", "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._say({name: order[name] for name in ("dsn", "key")})
        self.spent_before = 0.0
        """Its processor seconds until it waited for a run."""

    def await_ready(self) -> None:
        """Return when it waits for a run. Raises SystemExit where it failed."""
        self.spent_before = float(self._hear()["spent"])

    def begin(self, run_id: int, number: int) -> None:
        """Let it fetch."""
        self._say({"run": run_id, "name": f"worker-{number}"})

    def end(self) -> float:
        """Wait until it has no list left; returns its peak in MB. Raises SystemExit where it failed."""
        peak = float(self._hear()["peak_mb"])
        self._process.wait()
        return peak

    def dismiss(self) -> None:
        """Send one home that is not needed."""
        self._say({})
        self._process.wait()

    def _say(self, what: dict[str, Any]) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise SystemExit(f"a fetch worker ended with {self._process.wait()}")
        heard: dict[str, Any] = json.loads(line)
        return heard


def work() -> None:
    """The worker's side."""
    resources = _resources(read_order())
    print(json.dumps({"spent": processor_seconds()}), flush=True)
    task = read_order()
    if not task:
        return
    with Account(resources, int(task["run"])) as account:
        fetch(account, task["name"], LISTS)
    print(json.dumps({"peak_mb": peak_megabytes()}), flush=True)


def main() -> None:
    """One sync."""
    order = read_order()
    resources = _resources(order)
    wished = int(order["workers"])
    crew = [Worker(order) for _ in range(wished)]
    for worker in crew:
        worker.await_ready()
    phases: dict[str, float] = {}
    peak = 0.0
    with Clock() as clock:
        last = time.monotonic()

        def lap(phase: str) -> None:
            nonlocal last
            now = time.monotonic()
            phases[phase], last = now - last, now

        with closing(resources.connect()) as conn:
            params = {"connection": "sandbox", "mode": "full", "fetch_workers": wished, **order["params"]}
            opened = open_run(conn, check_request(conn, params), "zoom_webinar_sync", f"manual__{last}")
        if isinstance(opened, Run):
            raise SystemExit("another run is active")
        with Account(resources, opened) as account:
            needed = discover(account).workers
        lap("discover")
        for number, worker in enumerate(crew[:needed]):
            worker.begin(opened, number)
        for worker in crew[:needed]:
            peak = max(peak, worker.end())
        lap("fetch")
        sessionize(resources.connect, opened)
        lap("sessionize")
        upsert(resources.connect, opened)
        lap("upsert")
        with closing(resources.connect()) as conn:
            status = finish(conn, opened, failed_task=None)
        lap("finish")
    for worker in crew[needed:]:
        worker.dismiss()
    if not status.startswith("completed"):
        raise SystemExit(f"the sync ended as {status}")
    clock.tell(
        tables=[f"rollcall.{table}" for table in DATA_TABLES],
        counted="rollcall.zoom_participant_sessions",
        spent_before=sum(worker.spent_before for worker in crew),
        peak_mb=peak,
        phases=phases,
    )


if __name__ == "__main__":
    work() if sys.argv[1:] == ["worker"] else main()
