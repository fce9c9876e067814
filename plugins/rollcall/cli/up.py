"""`rollcall up`: the local stack in the foreground."""

from __future__ import annotations

import argparse
from typing import Any


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "up",
        help="start Postgres, the sandbox and Airflow here; Ctrl-C ends them",
        description="Starts Postgres, the sandbox (a fake Zoom and a fake Calendly) and Airflow on this machine, "
        "says where they are, and ends all of them on Ctrl-C. What they store stays in .rollcall (or "
        "ROLLCALL_STATE).",
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Start everything, print the addresses, stay until Ctrl-C or until a program ends."""
    from rollcall.cli.stopping import stop_on_signals
    from rollcall.stack.state import StateFolder, default_path
    from rollcall.stack.up import Plan, Stack

    stop_on_signals()
    try:
        with Stack(StateFolder(default_path()), Plan(say=_say)) as stack:
            record = stack.record
            print(
                f"\nAirflow   {record.airflow_url}\n"
                f"login     {record.airflow_user} / {record.airflow_password}\n"
                f"database  {record.dsn['writer']}\n"
                f"sandbox   {record.sandbox_url} (Zoom, connection `sandbox`)\n"
                f"          {record.calendly_url} (Calendly, user {stack.calendly_user})\n\n"
                "Trigger zoom_webinar_sync and calendly_sync there, or run\n"
                "  rollcall sync zoom sandbox --mode full --follow\n"
                f"  rollcall sync calendly {stack.calendly_user} --follow\n"
                "Ctrl-C ends everything.",
                flush=True,
            )
            stack.watch()
    except KeyboardInterrupt:
        print("\nEverything is stopped.", flush=True)
    return 0


def _say(step: str) -> None:
    print(f"{step} …", flush=True)
