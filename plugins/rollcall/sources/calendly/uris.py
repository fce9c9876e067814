"""Calendly's ids: every object is known by a URI, paths take its last segments, messages may show them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

# UUIDs today, 16 upper-case characters on old accounts (Calendly API reference, conventions).
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def ids_in_path(item: str, template: str) -> tuple[str, ...] | None:
    """The ids that `item` holds for the places marked {} in `template`, like `/scheduled_events/{}`.

    `item` is a URI with that path at its end, or, where there is one place only, the id itself. None where it is
    neither.
    """
    if template.count("{}") == 1 and _ID.fullmatch(item):
        return (item,)
    pattern = re.escape(template).replace(re.escape("{}"), f"({_ID.pattern})")
    found = re.search(f"{pattern}/?$", _path_of(item))
    return found.groups() if found else None


def shown(uri: str) -> str:
    """The last segment of `uri` for messages; never anything that could be a person's address or name."""
    last = _path_of(uri).rstrip("/").rpartition("/")[2]
    return last if _ID.fullmatch(last) else "(no usable id)"


def event_of(invitee_uri: str | None) -> str | None:
    """The URI of the scheduled event that an invitee's URI contains; None where it contains none."""
    event, found, _ = (invitee_uri or "").rpartition("/invitees/")
    return event if found and "/scheduled_events/" in event else None


def _path_of(uri: str) -> str:
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:
        return ""
