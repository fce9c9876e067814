"""Zoom's objects as records, odd ones too."""

from __future__ import annotations

import pytest

from rollcall.sources.bodies import read_json
from rollcall.sources.zoom.records import is_webinar, panelist_record, registrant_record, webinar_record


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


def test_what_has_a_column_stands_there_alone_and_what_opens_the_webinar_nowhere() -> None:
    record = webinar_record(
        {
            "id": "889 8887 2033",
            "topic": "Town hall",
            "recurrence": {"type": 2, "weekly_days": "1,3"},
            "occurrences": [{"occurrence_id": "1"}, {"occurrence_id": "2"}],
            "settings": {
                "approval_type": 2,
                "question_and_answer": {"enable": True, "allow_anonymous_questions": False},
                "panelist_join_url": "https://example.test/w/1?tk=s3cret",
                "novelty": [{"passcode": "s3cret", "kind": "b"}],
            },
            "start_url": "https://example.test/s/1?zak=s3cret",
            "password": "s3cret",
        }
    )
    assert record is not None
    assert record["zoom_webinar_id"] == 88988872033
    assert (record["recurrence_type"], record["recurrence_weekly_days"]) == (2, "1,3")
    assert (record["occurrence_count"], record["approval_type"]) == (2, 2)
    assert (record["question_and_answer_enabled"], record["allow_anonymous_questions"]) == (True, False)
    assert record["other_fields"] == {"settings": {"novelty": [{"kind": "b"}]}}
    assert "s3cret" not in str(record)


def test_registrants_and_panelists_go_by_their_id_and_without_one_by_their_e_mail() -> None:
    both = {"id": "rEg_01", "email": "ola@outside.test"}
    registrant, panelist = registrant_record(both, "approved"), panelist_record(both)
    assert registrant == {"status": "approved", "registrant_id": "rEg_01", "email": "ola@outside.test"}
    assert panelist == {"panelist_id": "rEg_01", "email": "ola@outside.test", "name": None}
    without = {"id": "", "email": "ola@outside.test"}
    registrant, panelist = registrant_record(without, "denied"), panelist_record(without)
    assert registrant is not None
    assert panelist is not None
    assert registrant["registrant_id"] == panelist["panelist_id"] == "ola@outside.test"
    assert registrant_record({"first_name": "Ola"}, "denied") is None
    assert panelist_record({"name": "Ola"}) is None
