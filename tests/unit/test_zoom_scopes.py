"""Which of Zoom's names for a permission count for an endpoint."""

from __future__ import annotations

import pytest

from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.scopes import is_granted, missing


@pytest.mark.parametrize(
    ("endpoint", "scope"),
    [
        (zoom.REGISTRANTS, "webinar:read:list_registrants:admin"),
        (zoom.REGISTRANTS, "webinar:read:list_registrants:master"),
        (zoom.REGISTRANTS, "webinar:read:list_registrants"),
        (zoom.REGISTRANTS, "webinar:read:admin"),
        (zoom.REGISTRANTS, "webinar:read"),
        (zoom.REPORT_PARTICIPANTS, "report:read:list_webinar_participants:admin"),
        (zoom.REPORT_PARTICIPANTS, "report:read:master"),
    ],
)
def test_each_name_for_it_will_do(endpoint: Endpoint, scope: str) -> None:
    assert is_granted(endpoint, ["meeting:read", scope])


@pytest.mark.parametrize(
    ("endpoint", "scope"),
    [
        (zoom.REGISTRANTS, "webinar:read:list_panelists:admin"),
        (zoom.REGISTRANTS, "webinar:write:admin"),
        (zoom.REPORT_PARTICIPANTS, "report:read"),
        (zoom.USERS, "user:read"),
    ],
)
def test_another_permission_will_not(endpoint: Endpoint, scope: str) -> None:
    assert missing([endpoint], [scope]) == (endpoint,)
