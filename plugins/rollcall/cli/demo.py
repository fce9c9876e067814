"""`rollcall demo`: the real main job on a fresh stack, start to end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "demo",
        help="start everything, sync the sandbox, print a report, stop everything",
        description="Starts Postgres, the sandbox and Airflow afresh, triggers the Dags zoom_webinar_sync "
        "and calendly_sync over Airflow's REST API, shows their progress, prints what came out, and stops all it "
        "started.",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.csv",
        help="an attendee report as exported from Zoom's portal: the sandbox replays it, and the numbers "
        "that come out are held against those in its header",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; what stopped it is an error with a sentence, a Ctrl-C ends it with 130."""
    from rollcall.cli.stopping import stop_on_signals
    from rollcall.stack.demo import run_demo

    stop_on_signals()
    run_demo(args.report)
    return 0
