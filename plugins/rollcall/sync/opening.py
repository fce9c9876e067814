"""Opens a run, or finds the one that is in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from rollcall.errors import RunInTheWay
from rollcall.store import runs
from rollcall.store.migrate import check_schema
from rollcall.store.runs import Run


@dataclass(frozen=True)
class WantedRun:
    """What a run is to do: `connection_id` and `connection` (its name) are those of the source; aware UTC times."""

    source: str
    connection_id: int
    connection: str
    mode: str
    window_from: datetime | None
    window_to: datetime | None
    fetch_workers: int
    webinar_ids: Sequence[int] | None = None


def open_or_find(conn: psycopg.Connection, wanted: WantedRun, dag_id: str, dag_run_id: str) -> int | Run:
    """Open the run and return its id, or return the run that is in the way.

    Raises SetupError for an old schema, RunInTheWay where runs come and go too fast to name one.
    """
    check_schema(conn)
    for _ in range(2):
        run_id = runs.open_run(
            conn,
            source=wanted.source,
            connection_id=wanted.connection_id,
            mode=wanted.mode,
            window_from=wanted.window_from,
            window_to=wanted.window_to,
            webinar_ids=wanted.webinar_ids,
            fetch_workers=wanted.fetch_workers,
            dag_id=dag_id,
            dag_run_id=dag_run_id,
        )
        if run_id is not None:
            return run_id
        in_the_way = runs.active_run(conn, wanted.source, wanted.connection_id)
        if in_the_way is not None:
            return in_the_way
        # It ended between the two statements: try once more.
    raise RunInTheWay(f"Runs of connection {wanted.connection} open and close all the time: try again.")


def run_in_the_way(run: Run, connection: str) -> RunInTheWay:
    """The refusal, naming the run, since when, and how to stop it."""
    return RunInTheWay(
        f"Run {run.id} of connection {connection} ({run.mode}, Airflow run {run.airflow_run_id}) has been active "
        f"since {run.started_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: wait for it, or stop it in Airflow (open that "
        "run, Mark run as failed), then trigger again."
    )
