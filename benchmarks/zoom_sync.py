"""How long syncs take through a running Airflow, and how much memory their processes need.

    python -m benchmarks.zoom_sync [--profile headline] [--workers 2] [--runs 3]

Starts a stack of its own in a temporary folder, with the sandbox and without artificial delay. Each round is a full
sync into empty tables, the same again with nothing changed, and deltas until one has nothing new. Printed are medians
over the rounds, in seconds from the REST call to `completed`, with the shares of the phases as the run's own activity
log has them, and the largest resident memory of any process by what it does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import psycopg
from rich.console import Console

from benchmarks.table import Block
from benchmarks.targets import PEAK_MB
from rollcall.following import ZOOM_DAG
from rollcall.stack.sandbox import CONNECTION
from rollcall.stack.state import StateFolder
from rollcall.stack.up import Plan, Stack, remove_stack

_PHASES = ("discover", "fetch", "sessionize", "upsert", "finish")
_SHOWN = ("in all", *_PHASES)
_SAMPLE_SECONDS = 0.1
_LONGEST_SECONDS = 600.0
_KINDS = {
    "task": "airflow worker -- 0",
    "api-server": "api_server",
    "scheduler": "airflow scheduler",
    "dag-processor": "dag-processor",
    "sandbox": "sandbox.zoom",
    "Postgres": "postgres:",
}


class Memory(threading.Thread):
    """Samples the resident memory of the stack's processes; `peaks` is in MB by kind."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peaks: dict[str, float] = defaultdict(float)
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._ended.wait(_SAMPLE_SECONDS):
            # Postgres takes itself out of the family.
            servers = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]
            for process in [*psutil.Process().children(recursive=True), *servers]:
                try:
                    title = " ".join(process.cmdline())
                    kind = next((kind for kind, sign in _KINDS.items() if sign in title), None)
                    if kind:
                        self.peaks[kind] = max(self.peaks[kind], process.memory_info().rss / 1e6)
                except psutil.Error:
                    continue

    def stop(self) -> None:
        """End the sampling."""
        self._ended.set()
        self.join()


def sync(stack: Stack, mode: str, workers: int) -> dict[str, float]:
    """One sync; returns seconds in all and by phase, and its rows. Fails where it did not complete."""
    rest = stack.rest
    begun = time.monotonic()
    run = rest.trigger(ZOOM_DAG, {"connection": CONNECTION, "mode": mode, "fetch_workers": workers})
    while rest.run_state(ZOOM_DAG, run) not in ("success", "failed"):
        if time.monotonic() - begun > _LONGEST_SECONDS:
            raise SystemExit(f"the {mode} sync did not end within {_LONGEST_SECONDS:.0f} s")
        time.sleep(0.1)
    seconds = {"in all": time.monotonic() - begun}
    with psycopg.connect(f"{stack.record.dsn['owner']}?options=-csearch_path%3Drollcall") as conn:
        row = conn.execute(
            "SELECT id, status, rows_fetched, started_at, finished_at FROM sync_runs WHERE airflow_run_id = %s",
            (run,),
        ).fetchone()
        if row is None or not row[1].startswith("completed"):
            raise SystemExit(f"the {mode} sync did not complete: {row}")
        starts: dict[str, datetime] = dict(
            conn.execute(
                "SELECT phase, min(created_at) FROM sync_progress_updates WHERE run_id = %s GROUP BY phase",
                (row[0],),
            ).fetchall()
        )
    ends = [*[starts[phase] for phase in _PHASES[1:] if phase in starts], row[4]]
    for phase, end in zip([phase for phase in _PHASES if phase in starts], ends, strict=True):
        seconds[phase] = (end - starts[phase]).total_seconds()
    seconds["rows"] = float(row[2])
    return seconds


def one_round(stack: Stack, workers: int) -> dict[str, dict[str, float]]:
    """All kinds of sync once, from empty tables on."""
    with psycopg.connect(
        f"{stack.record.dsn['owner']}?options=-csearch_path%3Drollcall", autocommit=True
    ) as conn:
        conn.execute("TRUNCATE zoom_webinars, sync_runs, sync_state, sync_gaps CASCADE")
        conn.execute("VACUUM ANALYZE")
    found = {"first": sync(stack, "full", workers), "again, nothing changed": sync(stack, "full", workers)}
    for _ in range(3):
        found["delta, nothing new"] = sync(stack, "delta", workers)
        if not found["delta, nothing new"]["rows"]:
            break
    return found


@dataclass(frozen=True)
class ThroughAirflow:
    """Seconds by kind of sync and phase, for each round, and the largest resident memory in MB by kind of process."""

    rounds: Sequence[Mapping[str, Mapping[str, float]]]
    peaks: Mapping[str, float]
    is_headline: bool

    def median(self, kind: str, what: str) -> float:
        """The median over the rounds."""
        return statistics.median(one[kind].get(what, 0.0) for one in self.rounds)

    def blocks(self) -> list[Block]:
        """The tables: time, and memory."""
        rows = [
            [kind, f"{self.median(kind, 'rows'):,.0f} rows", *(f"{self.median(kind, n):.1f}" for n in _SHOWN)]
            for kind in self.rounds[0]
        ]
        kinds = sorted(self.peaks)
        largest = ["largest of each kind", "", *(f"{self.peaks[kind]:.0f}" for kind in kinds)]
        title = "Through a running Airflow: seconds from the REST call to completed"
        return [
            Block(title, ("run", "", *_SHOWN), rows),
            Block("Its processes: MB of resident memory at the peak", ("", "", *kinds), [largest]),
        ]

    def promises(self) -> list[tuple[str, ...]]:
        """What is promised of it, in the columns of the other promises."""
        if not self.is_headline:
            return []
        reached = [
            ("through Airflow: first", 15.0, self.median("first", "in all"), "s"),
            ("through Airflow: delta, nothing new", 6.0, self.median("delta, nothing new", "in all"), "s"),
            ("peak memory of any process, Airflow's too", PEAK_MB, max(self.peaks.values()), "MB"),
        ]
        return [
            (
                name,
                "",
                f"at most {limit:g} {unit}",
                f"{value:.1f} {unit}",
                "kept" if value <= limit else "missed",
            )
            for name, limit, value, unit in reached
        ]


def measure(profile: str, workers: int, rounds: int, scale: float = 1.0) -> ThroughAirflow:
    """Start a stack of its own, run the rounds, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix="rollcall-benchmark-"))
    world = ("--profile", profile, "--scale", str(scale))
    plan = Plan(airflow_port=0, postgres_port=0, sandbox_arguments=world)
    try:
        with Stack(StateFolder(folder), plan) as stack:
            memory = Memory()
            memory.start()
            found = [one_round(stack, workers) for _ in range(rounds)]
            memory.stop()
    finally:
        remove_stack(folder)
    return ThroughAirflow(found, memory.peaks, profile == "headline")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--profile", default="headline", help="a profile of the sandbox")
    parser.add_argument("--workers", type=int, default=2, help="fetch workers")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    args = parser.parse_args()
    through = measure(args.profile, args.workers, args.runs)
    Console(width=170, highlight=False).print(*(block.rich() for block in through.blocks()))


if __name__ == "__main__":
    main()
