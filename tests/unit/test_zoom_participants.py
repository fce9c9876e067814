"""A participant row as it is staged: whatever Zoom served gives values, and what is odd is marked."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.sources.zoom.participants import staged_values
from rollcall.store.attendance import STAGING_COLUMNS

WHOLE = {
    "id": "",
    "participant_user_id": "",
    "user_id": "16778240",
    "registrant_id": "rEg_01",
    "name": "Ola Berg",
    "user_email": "ola@outside.test",
    "join_time": "2026-03-04T15:00:07Z",
    "leave_time": "2026-03-04T15:09:01.66Z",
    "duration": 534,
    "status": "in_meeting",
    "failover": False,
}


def staged(**changes: Any) -> dict[str, Any]:
    """One row's values by staging column."""
    (values,) = staged_values([{**WHOLE, **changes}])
    return dict(zip((name for name, _ in STAGING_COLUMNS), values, strict=True))


def test_a_whole_row_is_kept_as_it_came() -> None:
    row = staged()
    assert (row["name"], row["email"], row["registrant_id"]) == ("Ola Berg", "ola@outside.test", "rEg_01")
    assert row["participant_user_id"] is None
    assert row["leave_time"].microsecond == 660_000
    assert row["marks"] is None
    assert row["other_fields"] is None


@pytest.mark.parametrize(
    ("field", "column"),
    [("user_id", "user_id"), ("name", "name"), ("user_email", "email"), ("status", "status")],
)
def test_empty_text_is_none_and_a_number_is_text(field: str, column: str) -> None:
    assert staged(**{field: ""})[column] is None
    assert staged(**{field: 7})[column] == "7"


def test_fields_that_zoom_may_add_are_kept() -> None:
    assert staged(new_thing={"a": "b\x00"})["other_fields"] == {
        "new_thing": {"a": "b\N{REPLACEMENT CHARACTER}"}
    }


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"leave_time": None}, "leave_missing"),
        ({"leave_time": "soon"}, "leave_unreadable"),
        ({"join_time": ""}, "join_missing"),
        ({"join_time": 7}, "join_unreadable"),
        ({"leave_time": "2026-03-04T14:00:00Z"}, "leave_before_join"),
        ({"leave_time": WHOLE["join_time"], "duration": 0}, "zero_length"),
        ({"duration": "long"}, "duration_unreadable"),
        ({"duration": 10**12}, "duration_unreadable"),
        ({"name": "O\x00la"}, "text_mended"),
    ],
)
def test_what_is_odd_is_marked(changes: dict[str, Any], mark: str) -> None:
    assert staged(**changes)["marks"] == [mark]


def test_entries_that_are_no_rows_are_left_out_and_stop_nothing() -> None:
    assert len(list(staged_values([None, "x", WHOLE, 7, []]))) == 1
