"""The endpoints of the fake API and the table that finds them."""

from __future__ import annotations

from sandbox.zoom.call import Endpoint
from sandbox.zoom.endpoints import events, participants, users, webinars

ENDPOINTS = (*participants.ENDPOINTS, *events.ENDPOINTS, *webinars.ENDPOINTS, *users.ENDPOINTS)
ALL_SCOPES = tuple(sorted({endpoint.scope for endpoint in ENDPOINTS}))


def find(path: str) -> tuple[Endpoint, str] | None:
    """The endpoint of a path and the id in it, still encoded."""
    for endpoint in ENDPOINTS:
        raw = endpoint.raw_id(path)
        if raw is not None:
            return endpoint, raw
    return None
