"""`rollcall sync zoom NAME`: triggers the Dag over REST, as the browser would, and may follow it."""

from __future__ import annotations

import argparse
import os
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rollcall.rest import AirflowRest

_EXIT_CODES = {"completed": 0, "completed_with_gaps": 3}
_ADDRESS, _USER, _PASSWORD = "ROLLCALL_AIRFLOW_URL", "ROLLCALL_AIRFLOW_USER", "ROLLCALL_AIRFLOW_PASSWORD"


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser("sync", help="start a sync in Airflow, and follow it with --follow")
    sources = parser.add_subparsers(title="sources", metavar="SOURCE", required=True)
    zoom = sources.add_parser(
        "zoom",
        help="Zoom webinars",
        description="Triggers the Dag zoom_webinar_sync. Airflow is the stack that runs here, or the one "
        f"that {_ADDRESS}, {_USER} and {_PASSWORD} name.",
        epilog="Exit codes: 0 completed (or started), 1 failed, 2 wrong use, 3 completed with gaps.",
    )
    zoom.add_argument(
        "connection", metavar="NAME", help="the connection, as `rollcall connection list` shows it"
    )
    zoom.add_argument(
        "--mode",
        required=True,
        choices=("full", "delta", "date_range", "webinars"),
        help="full: all that Zoom still serves; delta: what is new since the last good sync; "
        "date_range: --from to --to; webinars: the --webinar-id given",
    )
    zoom.add_argument("--from", dest="from_date", type=_date, metavar="YYYY-MM-DD", help="first day (UTC)")
    zoom.add_argument("--to", dest="to_date", type=_date, metavar="YYYY-MM-DD", help="last day (UTC)")
    zoom.add_argument(
        "--webinar-id",
        dest="webinar_ids",
        type=int,
        nargs="+",
        action="extend",
        metavar="ID",
        help="webinar ids",
    )
    zoom.add_argument("--fetch-workers", type=int, metavar="N", help="how many tasks fetch at once")
    zoom.add_argument("--follow", action="store_true", help="stay and show progress until the run ends")
    zoom.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Trigger the Dag; with --follow, return how it ended as the exit code."""
    from rich.console import Console

    from rollcall.following import ZOOM_DAG, display_for, follow
    from rollcall.sync.request import check_params

    params = _params(args)
    check_params(params)
    rest = _airflow()
    dag_run_id = rest.trigger(ZOOM_DAG, params)
    where = f"{rest.url}/dags/{ZOOM_DAG}/runs/{dag_run_id}"
    print(f"started {dag_run_id}: {where}", flush=True)
    if not args.follow:
        return 0
    console = Console()
    ended = follow(rest, dag_run_id, display_for(console))
    console.print(
        f"{ended.status}: {ended.message or 'no message'}", highlight=False, markup=False, soft_wrap=True
    )
    return _EXIT_CODES.get(ended.status, 1)


def _params(args: argparse.Namespace) -> dict[str, Any]:
    asked = {
        "connection": args.connection,
        "mode": args.mode,
        "from": args.from_date,
        "to": args.to_date,
        # The form takes ids as text: they are longer than what a browser keeps exact as a number.
        "webinar_ids": None if args.webinar_ids is None else [str(number) for number in args.webinar_ids],
        "fetch_workers": args.fetch_workers,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _airflow() -> AirflowRest:
    from rollcall.errors import WrongUse
    from rollcall.rest import AirflowRest
    from rollcall.stack.state import running

    url = os.environ.get(_ADDRESS)
    if url is None:
        record = running()
        return AirflowRest(record.airflow_url, record.airflow_user, record.airflow_password)
    user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
    if not user or not password:
        raise WrongUse(f"{_ADDRESS} is set, but {_USER} or {_PASSWORD} is not: set all three.")
    return AirflowRest(url, user, password)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2026-11-30") from error
