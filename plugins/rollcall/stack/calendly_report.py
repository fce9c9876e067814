"""What the demo says about Calendly: what became of the bookings, by event type."""

from __future__ import annotations

import psycopg
from rich.console import Console

from rollcall.stack.report_tables import counted, row, short, titled_table

_TOTALS = """
    SELECT
        (SELECT count(*) FROM meetings WHERE missing_since IS NULL) AS meetings,
        (SELECT count(*) FROM meeting_invitees) AS invitees,
        (SELECT count(*) FROM meeting_bookings) AS bookings
"""
_BY_EVENT_TYPE = """
    SELECT event_name, bookings, upcoming, held, no_shows, canceled, rescheduled_bookings, show_rate
    FROM meeting_analytics_by_event_type
    ORDER BY bookings DESC, event_name, event_type_uri
    LIMIT 5
"""


def print_calendly_report(console: Console, dsn: str) -> None:
    """Print totals and what became of the bookings, read as the role that `dsn` logs in."""
    with psycopg.connect(dsn) as connection:
        totals = row(connection, _TOTALS)
        event_types = connection.execute(_BY_EVENT_TYPE).fetchall()
    console.print()
    console.print(
        f"{counted(totals['meetings'], 'meeting')}, {counted(totals['invitees'], 'invitee')}, "
        f"{counted(totals['bookings'], 'booking')} (a booking that was moved counts once)",
        style="bold",
        highlight=False,
        soft_wrap=True,
    )
    names = ("Event type", "Bookings", "Upcoming", "Held", "No-shows", "Canceled", "Rescheduled", "Show rate")
    table = titled_table("What became of Calendly bookings", *names)
    for name, *counts, show_rate in event_types:
        rate = "-" if show_rate is None else f"{show_rate:.0f} %"
        table.add_row(short(name, 24), *(f"{count:,}" for count in counts), rate)
    console.print(table)
