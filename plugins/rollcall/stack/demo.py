"""The demo: a fresh stack, a sync of each source through Airflow's REST API, a report, and everything stopped again.

It keeps to a folder of its own below the state folder and begins with empty databases, so that it tells the
same story each time and never touches what `make up` stores.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console

from rollcall.errors import SetupError, WrongUse
from rollcall.following import CALENDLY_DAG, ZOOM_DAG, display_for, follow
from rollcall.rest import Progress
from rollcall.stack.calendly_report import print_calendly_report
from rollcall.stack.demo_report import print_file_comparison, print_report
from rollcall.stack.sandbox import CONNECTION
from rollcall.stack.state import StateFolder, default_path
from rollcall.stack.up import Plan, Stack


def run_demo(report: Path | None = None) -> None:
    """Run the demo on the sandbox's own world, or on an attendee report exported from Zoom's portal.

    Raises SetupError or WrongUse with a sentence that names the step; nothing is left running in any case.
    """
    if report is not None and not report.is_file():
        raise WrongUse(f"there is no file {report}: give the path of an attendee report (CSV).")
    # What isn't a terminal has no width of its own; 100 columns keep each line of the tables on one.
    console = Console(width=None if sys.stdout.isatty() else 100, emoji=False)
    begun = time.monotonic()

    def say(step: str) -> None:
        console.print(f"[dim]{time.monotonic() - begun:5.1f} s[/]  {step}", highlight=False)

    world = ["--profile", "demo"] if report is None else ["--report", str(report.resolve())]
    plan = Plan(sandbox_arguments=world, calendly_arguments=["--profile", "demo"], fresh=True, say=say)
    with Stack(StateFolder(default_path() / "demo"), plan) as stack:
        reader = stack.record.dsn["reader"]
        begins = {ZOOM_DAG: {"connection": CONNECTION, "mode": "full"}}
        if report is None:
            # Whoever brings a report wants to see that one; both at once take hardly longer than the longer one.
            begins[CALENDLY_DAG] = {"user": stack.calendly_user}
        say(f"Triggering {' and '.join(begins)} at {stack.record.airflow_url}")
        under_way = {dag_id: stack.rest.trigger(dag_id, conf) for dag_id, conf in begins.items()}
        for dag_id, dag_run_id in under_way.items():
            ended = _followed(stack, console, dag_id, dag_run_id)
            say(f"{dag_id} ended as {ended.status.replace('_', ' ')}")
        print_report(console, reader)
        if report is not None:
            print_file_comparison(console, reader, stack.record.sandbox_url)
        else:
            print_calendly_report(console, reader)
        say("Stopping everything")
    say("Done. `make up` starts the same and keeps it.")


def _followed(stack: Stack, console: Console, dag_id: str, dag_run_id: str) -> Progress:
    # Airflow's API goes on answering when its scheduler is gone.
    ended = follow(stack.rest, dag_id, dag_run_id, display_for(console), stack.check)
    if not ended.status.startswith("completed"):
        raise SetupError(
            f"{dag_id} ended as {ended.status or 'failed'} in phase {ended.phase or 'discover'}: "
            f"{ended.message or 'no message'} The logs are in {stack.state.logs}."
        )
    return ended
