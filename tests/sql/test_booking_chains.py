"""Chains of reschedules whose links make no sense: no booking is lost, and no question runs for ever."""

from __future__ import annotations

import psycopg
import pytest

from rollcall.store import meetings
from tests.sql.calendly_users import add_user
from tests.unit.calendly_samples import EVENT_URI

Links = dict[str, tuple[str, str]]
"""By invitee, in the order in which they were booked: the old and the new one that Calendly names."""


def bookings(conn: psycopg.Connection, links: Links) -> list[tuple[str, int]]:
    """The last link and the moves of each booking."""
    user_id = add_user(conn)
    meetings.upsert_meetings(conn, user_id, [{"uri": EVENT_URI, "status": "active"}], via_webhook=False)
    people = [
        {
            "uri": name,
            "event_uri": EVENT_URI,
            "status": "active",
            "old_invitee_uri": old,
            "new_invitee_uri": new,
            "invitee_created_at": f"2026-11-01T10:{minute:02}:00Z",
        }
        for minute, (name, (old, new)) in enumerate(links.items())
    ]
    meetings.upsert_invitees(conn, people, via_webhook=False)
    conn.execute("SET statement_timeout = '10s'")
    return conn.execute(
        "SELECT invitee_uri, reschedules FROM meeting_bookings ORDER BY invitee_uri"
    ).fetchall()


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ({"a": ("", "b"), "b": ("a", "c"), "c": ("b", "")}, [("c", 2)]),
        ({"a": ("a", "a")}, [("a", 0)]),
        ({"a": ("b", "b"), "b": ("a", "a")}, [("b", 1)]),
        ({"a": ("c", "b"), "b": ("a", "c"), "c": ("b", "a")}, [("c", 2)]),
    ],
    ids=["a chain", "itself", "each other", "a circle"],
)
def test_each_booking_counts_once(
    writer: psycopg.Connection, links: Links, expected: list[tuple[str, int]]
) -> None:
    assert bookings(writer, links) == expected


def test_a_booking_whose_new_date_is_not_known_yet_stays_in_sight(writer: psycopg.Connection) -> None:
    assert bookings(writer, {"a": ("", "b"), "b": ("a", "")}) == [("b", 1)]
    # A delivery may come without its event.
    meetings.upsert_invitees(
        writer,
        [{"uri": "c", "event_uri": f"{EVENT_URI}-2", "status": "active", "old_invitee_uri": "b"}],
        via_webhook=True,
    )
    assert writer.execute("SELECT invitee_uri FROM meeting_bookings").fetchall() == [("b",)]


def test_a_meeting_to_come_is_not_held_yet_even_without_an_end(writer: psycopg.Connection) -> None:
    bookings(writer, {"a": ("", "")})
    writer.execute("UPDATE meetings SET start_time = now() + interval '1 day'")
    assert writer.execute("SELECT outcome FROM meeting_bookings").fetchall() == [("upcoming",)]


def test_a_tangle_of_links_is_counted_at_once(writer: psycopg.Connection) -> None:
    tangle = {f"x{n}": (f"x{(n + 1) % 9}", f"x{(n + 3) % 9}") for n in range(9)}
    assert bookings(writer, {**tangle, "y": ("x1", "")})
