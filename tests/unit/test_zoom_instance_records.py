"""Which entries of Zoom's lists are instances of webinars."""

from __future__ import annotations

import pytest

from rollcall.sources.zoom.records import is_webinar


@pytest.mark.parametrize("kind", [5, 6, 9, "5", "9", 6.0])
def test_webinars_are_told_by_their_type_also_where_it_is_text(kind: object) -> None:
    assert is_webinar({"uuid": "u", "type": kind})


@pytest.mark.parametrize("kind", [1, 2, 8, "2", None, "", True, "webinar"])
def test_everything_else_is_a_meeting(kind: object) -> None:
    assert not is_webinar({"uuid": "u", "type": kind})
