"""Calendly's ids: every object is known by a URI, paths take its last segment, messages may show them."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

# UUIDs today, 16 upper-case characters on old accounts (Calendly API reference, conventions).
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def id_in(item: str, collection: str) -> str | None:
    """The id that `item` holds: it is a URI that ends with it below `collection`, like `/scheduled_events`, or the id
    itself. None where it is neither."""
    if _ID.fullmatch(item):
        return item
    found = re.search(f"{re.escape(collection)}/({_ID.pattern})/?$", _path_of(item))
    return found[1] if found else None


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
