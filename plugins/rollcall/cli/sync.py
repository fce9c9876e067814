"""`rollcall sync zoom NAME` and `rollcall sync calendly USER`: trigger the Dag over REST, as the browser would, and may
follow it.
"""

from __future__ import annotations

import argparse
import os
import sys
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
    _register_zoom(sources)
    _register_calendly(sources)


def run_zoom(args: argparse.Namespace) -> int:
    """Trigger zoom_webinar_sync; with --follow, return how it ended as the exit code."""
    from rollcall.following import ZOOM_DAG
    from rollcall.sync.request import check_params

    params = _given(
        args,
        connection=args.connection,
        # The form takes ids as text: they are longer than what a browser keeps exact as a number.
        webinar_ids=None if args.webinar_ids is None else [str(number) for number in args.webinar_ids],
    )
    check_params(params)
    return _trigger(ZOOM_DAG, params, follow=args.follow)


def run_calendly(args: argparse.Namespace) -> int:
    """Trigger calendly_sync; with --follow, return how it ended as the exit code."""
    from rollcall.following import CALENDLY_DAG
    from rollcall.sync.calendly.request import check_params

    params = _given(args, user=args.user)
    check_params(params)
    return _trigger(CALENDLY_DAG, params, follow=args.follow)


def _register_zoom(sources: argparse._SubParsersAction[Any]) -> None:
    zoom = _source(sources, "zoom", "Zoom webinars", "zoom_webinar_sync")
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
    _add_for_both(zoom)
    zoom.add_argument(
        "--webinar-id",
        dest="webinar_ids",
        type=int,
        nargs="+",
        action="extend",
        metavar="ID",
        help="webinar ids",
    )
    zoom.set_defaults(run=run_zoom)


def _register_calendly(sources: argparse._SubParsersAction[Any]) -> None:
    calendly = _source(sources, "calendly", "Calendly meetings", "calendly_sync")
    calendly.add_argument(
        "user", metavar="USER", help="e-mail or id of the user, as `rollcall calendly list` shows them"
    )
    calendly.add_argument(
        "--mode",
        choices=("auto", "full", "incremental", "date_range"),
        default="auto",
        help="auto: full the first time, incremental from then on; full: two years back and one ahead; "
        "incremental: three months back and six ahead; date_range: --from to --to (default: %(default)s)",
    )
    _add_for_both(calendly)
    calendly.set_defaults(run=run_calendly)


def _source(
    sources: argparse._SubParsersAction[Any], name: str, help_text: str, dag_id: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = sources.add_parser(
        name,
        help=help_text,
        description=f"Triggers the Dag {dag_id}. Airflow is the stack that runs here, or the one "
        f"that {_ADDRESS}, {_USER} and {_PASSWORD} name.",
        epilog="Exit codes: 0 completed (or started), 1 failed, 2 wrong use, 3 completed with gaps.",
    )
    return parser


def _add_for_both(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="from_date", type=_date, metavar="YYYY-MM-DD", help="first day (UTC)")
    parser.add_argument("--to", dest="to_date", type=_date, metavar="YYYY-MM-DD", help="last day (UTC)")
    parser.add_argument("--fetch-workers", type=int, metavar="N", help="how many tasks fetch at once")
    parser.add_argument("--follow", action="store_true", help="stay and show progress until the run ends")


def _given(args: argparse.Namespace, **of_source: Any) -> dict[str, Any]:
    """The params that were given; the others are left to the Dag's defaults."""
    asked = {
        **of_source,
        "mode": args.mode,
        "from": args.from_date,
        "to": args.to_date,
        "fetch_workers": args.fetch_workers,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _trigger(dag_id: str, params: dict[str, Any], *, follow: bool) -> int:
    from rich.console import Console

    from rollcall import following

    rest = _airflow()
    dag_run_id = rest.trigger(dag_id, params)
    print(f"started {dag_run_id}: {rest.url}/dags/{dag_id}/runs/{dag_run_id}", flush=True)
    if not follow:
        return 0
    console = Console(emoji=False)
    try:
        ended = following.follow(rest, dag_id, dag_run_id, following.display_for(console))
    except KeyboardInterrupt:
        print("rollcall: not followed any more; the run goes on in Airflow.", file=sys.stderr)
        return 130
    said = [ended.message or "no message"]
    if ended.meetings:
        counts = ", ".join(f"{number:,} {fate}" for fate, number in ended.meetings.items())
        said.append(f"Meetings: {counts}")
    console.print(f"{ended.status}: {'. '.join(said)}", highlight=False, markup=False, soft_wrap=True)
    return _EXIT_CODES.get(ended.status, 1)


def _airflow() -> AirflowRest:
    from rollcall.errors import WrongUse
    from rollcall.rest import AirflowRest
    from rollcall.stack.state import running

    url = os.environ.get(_ADDRESS)
    if not url:
        record = running()
        return AirflowRest(record.airflow_url, record.airflow_user, record.airflow_password)
    if "@" in url:  # it would be shown with each message
        raise WrongUse(f"{_ADDRESS} must hold no login: {_USER} and {_PASSWORD} do.")
    user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
    if not user or not password:
        raise WrongUse(f"{_ADDRESS} is set, but {_USER} or {_PASSWORD} is not: set all three.")
    return AirflowRest(url, user, password)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2026-11-30") from error
