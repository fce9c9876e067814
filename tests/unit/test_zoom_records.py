"""Zoom's objects as records, odd ones too."""

from __future__ import annotations

import pytest

from rollcall.sources.bodies import read_json
from rollcall.sources.zoom.records import is_webinar, webinar_record


@pytest.mark.parametrize("kind", [5, 6, 9, "5", "9", 6.0])
def test_webinars_are_told_by_their_type_also_where_it_is_text(kind: object) -> None:
    assert is_webinar({"uuid": "u", "type": kind})


@pytest.mark.parametrize("kind", [1, 2, 8, "2", None, "", True, "webinar"])
def test_everything_else_is_a_meeting(kind: object) -> None:
    assert not is_webinar({"uuid": "u", "type": kind})


@pytest.mark.parametrize("levels", [600, 1000])
def test_a_webinar_nested_too_deeply_to_be_looked_through_keeps_its_columns(levels: int) -> None:
    deep = read_json(b"[" * levels + b"]" * levels)
    record = webinar_record({"id": 88988872033, "topic": "Town hall", "odd": deep, "password": "s3cret"})
    assert record is not None
    assert (record["topic"], record["other_fields"]) == ("Town hall", None)
