"""Zoom's own totals of an instance, computed the way its documentation defines them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.zoom.rows import Row
from sandbox.zoom.truth import span
from sandbox.zoom.world import Figures, PersonTruth, Webinar


def is_phone(row: Row) -> bool:
    """Phone callers show their number as a name and carry no key (Zoom API reference, section 3.1)."""
    return str(row["name"]).startswith("+")


def peak(spans: Iterable[tuple[float, float]]) -> int:
    """The highest number of spans open at one time; one that ends when another begins does not meet it."""
    events = sorted(event for start, stop in spans for event in ((start, 1), (stop, -1)))
    highest = current = 0
    for _, step in events:
        current += step
        highest = max(highest, current)
    return highest


def _is_viewer(person: PersonTruth, *, with_registration: bool) -> bool:
    if person.role == "attendee":
        return bool(person.keys) if with_registration else not person.names[0].startswith("+")
    return person.role == "panelist" and any(key.startswith("registrant_id:") for key in person.keys)


def figures_of(rows: Sequence[Row], people: Sequence[PersonTruth], webinar: Webinar) -> Figures:
    """Totals of distinct rows; viewers and concurrency leave out host, panel and phone-only listeners.

    Somebody of the panel who also came in as a registrant is a viewer all the same, and where people registered
    somebody without any key is none: in a real report (2020 layout) "Unique Viewers" is every approved registrant
    who attended, on the panel or not.
    """
    hosts = {webinar.host.email.lower(), *(panelist.email.lower() for panelist in webinar.panelists)}
    counting = [row for row in rows if row["status"] == "in_meeting"]
    viewing = [row for row in counting if row["user_email"].lower() not in hosts and not is_phone(row)]
    with_registration = any(key.startswith("registrant_id:") for person in people for key in person.keys)
    viewers = [
        person
        for person in people
        if person.session_count and _is_viewer(person, with_registration=with_registration)
    ]
    return Figures(
        participants=len(rows),
        people=sum(1 for person in people if person.session_count),
        unique_viewers=len(viewers),
        max_concurrent_views=peak(span(row) for row in viewing),
        total_seconds=sum(row["duration"] for row in counting),
    )
