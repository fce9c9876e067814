"""Follows a sync over Airflow's REST API and shows how far it is: a bar on a terminal, else a few lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from rollcall.errors import SetupError, WrongUse
from rollcall.rest import AirflowRest, Progress

ZOOM_DAG = "zoom_webinar_sync"
CALENDLY_DAG = "calendly_sync"
_POLL_SECONDS = 0.5
_OUTAGE_SECONDS = 90.0
_FAILED = ("failed", "cancelled")
_NOUNS = {"zoom": ("instances", "rows"), "calendly": ("meetings", "invitees")}


class Display(Protocol):
    """Where progress is shown."""

    def show(self, progress: Progress | None) -> None:
        """Show where the run stands; None until it has begun."""

    def close(self) -> None:
        """Leave the last state on the screen."""


class TerminalBar:
    """A moving bar with phase, counts and time left."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description:<11}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[counts]}", markup=False),
            TimeElapsedColumn(),
        )
        self._bar = Bar(*columns, console=console)
        self._task = self._bar.add_task("waiting", total=100, counts="")
        self._bar.start()

    def show(self, progress: Progress | None) -> None:
        """Move the bar."""
        if progress is not None:
            counts = ", ".join(part for part in (_counts(progress), _time_left(progress)) if part)
            self._bar.update(
                self._task, description=progress.phase, completed=progress.percentage, counts=counts
            )

    def close(self) -> None:
        """Stop drawing."""
        self._bar.stop()


class Lines:
    """A line for each phase, each tenth and each wait: what a log can carry."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: tuple[str, int, str | None] | None = None

    def show(self, progress: Progress | None) -> None:
        """Print a line where something worth one has changed."""
        if progress is None:
            return
        step = (progress.phase, int(progress.percentage // 10), progress.waiting_reason)
        if step != self._shown:
            self._shown = step
            self._console.print(
                f"{progress.percentage:3.0f} %  {progress.phase}  {_counts(progress)}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )

    def close(self) -> None:
        """Nothing is open."""


def display_for(console: Console) -> Display:
    """Return the display that suits where `console` writes to."""
    return TerminalBar(console) if console.is_terminal else Lines(console)


def follow(
    rest: AirflowRest,
    dag_id: str,
    dag_run_id: str,
    display: Display,
    check: Callable[[], None] = lambda: None,
) -> Progress:
    """Return the last progress once the run of the Dag has ended; its `status` is the honest one.

    A run that Airflow failed before rollcall could say anything comes back as failed, with the task's name.
    Raises WrongUse with the first task's sentence where it refused what was asked, SetupError where Airflow
    can't be reached for 90 seconds. `check` is called before each look; what it raises ends the following.
    """
    progress: Progress | None = None
    reached = time.monotonic()
    try:
        while True:
            check()
            try:
                state = rest.run_state(dag_id, dag_run_id)
                progress = rest.progress(dag_id, dag_run_id) or progress
                reached = time.monotonic()
            except SetupError:
                if time.monotonic() - reached > _OUTAGE_SECONDS:
                    raise
                time.sleep(_POLL_SECONDS)
                continue
            display.show(progress)
            if state in ("success", "failed"):
                return _ending(rest, dag_id, dag_run_id, state, progress)
            time.sleep(_POLL_SECONDS)
    finally:
        display.close()


def _ending(
    rest: AirflowRest, dag_id: str, dag_run_id: str, state: str, progress: Progress | None
) -> Progress:
    if progress is not None and (state == "success" or progress.status in _FAILED):
        return progress
    refusal = None if progress else rest.refusal(dag_id, dag_run_id)
    if refusal:
        raise WrongUse(refusal)
    task = rest.failed_task(dag_id, dag_run_id)
    where = f"{rest.url}/dags/{dag_id}/runs/{dag_run_id}"
    message = (
        f"the task {task} failed; its log is at {where}/tasks/{task}"
        if task
        else f"Airflow ended the run, and no task of it failed: was it stopped? See {where}"
    )
    return replace(progress or Progress(), status="failed", message=message)


def _counts(progress: Progress) -> str:
    if progress.waiting_reason:
        return f"waiting: {progress.waiting_reason}"
    if not progress.instances_total:
        return progress.message or ""
    things, rows = _NOUNS.get(progress.source, _NOUNS["zoom"])
    return f"{progress.instances_done}/{progress.instances_total} {things}, {progress.rows_fetched:,} {rows}"


def _time_left(progress: Progress) -> str:
    if not progress.estimated_end_at:
        return ""
    end = datetime.fromisoformat(progress.estimated_end_at)
    seconds = round((end - datetime.now(UTC)).total_seconds())
    return f"about {seconds // 60}:{seconds % 60:02d} left" if seconds > 0 else ""
