"""Zoom's objects as records, odd ones too."""

from __future__ import annotations

import pytest

from rollcall.sources.bodies import read_json
from rollcall.sources.zoom.records import (
    history_instance,
    is_webinar,
    listed_instance,
    panelist_record,
    registrant_record,
    user_id,
    webinar_record,
)


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


@pytest.mark.parametrize("levels", [900, 1000, 1020])
def test_a_text_nested_too_deeply_to_be_written_down_costs_no_other_field(levels: int) -> None:
    deep = read_json(b"[" * levels + b"]" * levels)
    record = webinar_record(
        {"id": 88988872033, "uuid": deep, "topic": deep, "agenda": "All of us", "type": 5}
    )
    assert record is not None
    assert (record["agenda"], record["type"]) == ("All of us", 5)
    assert webinar_record({"id": deep, "topic": "Town hall"}) is None


@pytest.mark.parametrize("odd", [["rEg_01"], {"id": "rEg_01"}, True, "k" * 501, "", None])
def test_what_can_be_no_id_is_none(odd: object) -> None:
    assert user_id({"id": odd}) is None
    assert listed_instance(88988872033, {"uuid": odd}) is None
    assert history_instance({"meeting_uuid": odd, "meeting_id": 88988872033}) is None
    assert registrant_record({"id": odd, "first_name": "Ola"}, "approved") is None
    assert panelist_record({"id": odd, "name": "Ola"}) is None
    record = webinar_record({"id": 88988872033, "host_id": odd})
    assert record is not None
    assert record["host_id"] is None


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
                "novelty": [{"passcode": "s3cret", "kind": "b", "link": "https://example.test/n?tk=s3cret"}],
            },
            "join_url": "https://example.test/j/88988872033?pwd=s3cret&from=addon",
            "start_url": "https://example.test/s/1?zak=s3cret",
            "password": "s3cret",
        }
    )
    assert record is not None
    assert record["zoom_webinar_id"] == 88988872033
    assert (record["recurrence_type"], record["recurrence_weekly_days"]) == (2, "1,3")
    assert (record["occurrence_count"], record["approval_type"]) == (2, 2)
    assert (record["question_and_answer_enabled"], record["allow_anonymous_questions"]) == (True, False)
    novelty = {"kind": "b", "link": "https://example.test/n?tk=removed"}
    assert record["other_fields"] == {"settings": {"novelty": [novelty]}}
    assert record["join_url"] == "https://example.test/j/88988872033?pwd=removed&from=addon"
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
