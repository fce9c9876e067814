"""`rollcall health [CONNECTION]`: how each connection fares, and what is wrong now."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from rollcall.cli.stored import DATABASE_VARIABLE, database_address
from rollcall.cli.terminal import print_table

if TYPE_CHECKING:
    from rollcall.store.health import Alert, Health

_COLOURS = {"healthy": "green", "warning": "yellow", "critical": "bold red", "unknown": "dim"}


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "health",
        help="show how each connection fares, and what is wrong now",
        description=f"The database is the one that {DATABASE_VARIABLE} names, else that of the stack that runs here.",
        epilog="Exit codes: 0 nothing is critical, 1 something is, 2 wrong use.",
    )
    parser.add_argument("connection", nargs="?", metavar="CONNECTION", help="id or name (default: all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line a connection and its open alerts; 1 where one of them is critical."""
    import psycopg

    from rollcall.errors import UnknownConnection
    from rollcall.store.database import connect
    from rollcall.store.health import read_alerts, read_health
    from rollcall.store.migrate import check_schema

    with connect(database_address("monitor")) as conn:
        check_schema(conn)
        conn.rollback()
        # Both questions see the same moment.
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        conn.execute("SET LOCAL search_path TO rollcall, pg_temp")
        found = read_health(conn, args.connection)
        alerts = read_alerts(conn)
    if args.connection is not None:
        if not any(health.connection_id for health in found):
            raise UnknownConnection(
                f"There is no connection {args.connection!r}: `rollcall connection list` and `rollcall calendly list` "
                "show them."
            )
        names = {health.connection_name for health in found}
        alerts = [alert for alert in alerts if alert.connection_name in names]
    if not found:
        print("No connections yet: `rollcall connection add NAME …` adds one.")
    _print(found, alerts)
    verdicts = {health.status for health in found} | {alert.severity for alert in alerts}
    return 1 if "critical" in verdicts else 0


def _print(found: Sequence[Health], alerts: Sequence[Alert]) -> None:
    if found:
        print_table(
            (
                "CONNECTION",
                "STATUS",
                "SCORE",
                "LAST SUCCESS",
                "7 DAYS",
                "RUN",
                "GAPS",
                "PROVISIONAL",
                "TO DO",
            ),
            [
                (
                    health.connection_name,
                    health.status,
                    "-" if health.health_score is None else str(health.health_score),
                    _age(health.last_success_age),
                    "-" if health.success_rate_7d is None else f"{health.success_rate_7d:.0f} %",
                    "-" if health.active_run_progress is None else f"{health.active_run_progress:.0f} %",
                    str(health.open_gaps),
                    str(health.provisional_instances),
                    health.action,
                )
                for health in found
            ],
            [_COLOURS[health.status] for health in found],
        )
    if alerts:
        print()
        print_table(
            ("SEVERITY", "CONDITION", "CONNECTION", "SINCE (UTC)", "WHAT", "TO DO"),
            [
                (
                    alert.severity,
                    alert.condition,
                    alert.connection_name or "-",
                    f"{alert.since.astimezone(UTC):%Y-%m-%d %H:%M}" if alert.since else "-",
                    alert.detail,
                    alert.action,
                )
                for alert in alerts
            ],
            [_COLOURS[alert.severity] for alert in alerts],
        )


def _age(age: timedelta | None) -> str:
    if age is None:
        return "never"
    hours = age.total_seconds() / 3600
    if hours < 1:
        return f"{hours * 60:.0f} min ago"
    return f"{hours:.0f} h ago" if hours < 48 else f"{hours / 24:.0f} days ago"
