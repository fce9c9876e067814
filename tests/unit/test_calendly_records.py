"""Calendly's objects as records: all is kept but what opens or cancels a meeting, and no input stops the reading."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.sources.bodies import read_json
from rollcall.sources.calendly.records import event_record, invitee_record
from rollcall.sources.calendly.redaction import without_secrets
from tests.unit.calendly_samples import ANYTHING, CANCELLATION, EVENT_URI, OLD_EVENT_URI, event, invitee

EVENT_KEYS = frozenset(event_record(event()) or {})
INVITEE_KEYS = frozenset(invitee_record(invitee()) or {})


def of_event(**changes: Any) -> dict[str, Any]:
    record = event_record(event(**changes))
    assert record is not None
    return record


def of_invitee(**changes: Any) -> dict[str, Any]:
    record = invitee_record(invitee(**changes))
    assert record is not None
    return record


def without(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


def test_an_event_is_kept_whole_but_for_its_passwords() -> None:
    record = of_event()
    assert record == {
        "uri": EVENT_URI,
        "name": "Intro call",
        "status": "active",
        "start_time": "2026-11-12T15:00:00+00:00",
        "end_time": "2026-11-12T15:30:00+00:00",
        "event_type_uri": "https://api.calendly.com/event_types/9a000000-0000-4000-8000-000000000001",
        "event_created_at": "2026-11-03T09:15:00.200000+00:00",
        "event_updated_at": "2026-11-03T09:15:02+00:00",
        "meeting_notes_plain": None,
        "meeting_notes_html": None,
        "invitees_total": 2,
        "invitees_active": 1,
        "invitees_limit": 5,
        "calendar_kind": "google",
        "calendar_external_id": "ext-1",
        "canceled_by": None,
        "cancel_reason": None,
        "canceler_type": None,
        "canceled_at": None,
        "location": {
            "type": "zoom_conference",
            "status": "pushed",
            "join_url": "https://example.test/j/222?pwd=removed",
            "data": {
                "id": 222,
                "settings": {"global_dial_in_numbers": [{"number": "+1 555 0100"}]},
                "extra": {"intl_numbers_url": "https://example.test/numbers"},
            },
        },
        "location_type": "zoom_conference",
        "join_url": "https://example.test/j/222?pwd=removed",
        "hosts": [
            {
                "user": "https://api.calendly.com/users/3c000000-0000-4000-8000-000000000001",
                "email": "host@example.test",
                "name": "Robin Host",
            }
        ],
        "guests": event()["event_guests"],
        "other_fields": None,
        "marks": None,
    }


def test_an_invitee_is_kept_whole_but_for_the_links_that_act() -> None:
    record = of_invitee()
    kept = without(
        invitee(),
        *("cancel_url", "reschedule_url", "event", "old_invitee", "new_invitee", "no_show"),
        *("created_at", "updated_at", "routing_form_submission"),
    )
    assert kept.items() <= record.items()
    assert record["event_uri"] == EVENT_URI
    assert record["old_invitee_uri"] == f"{OLD_EVENT_URI}/invitees/HAHAZEHOQ7RURZ5V"
    assert record["invitee_updated_at"] == "2026-11-03T09:15:00.220000+00:00"
    assert (record["other_fields"], record["marks"]) == (None, None)


def test_a_cancellation_is_spread_over_its_columns() -> None:
    for record in (
        of_event(status="canceled", cancellation=CANCELLATION),
        of_invitee(status="canceled", cancellation=CANCELLATION, canceled=True),
    ):
        assert record["status"] == "canceled"
        assert (record["canceled_by"], record["cancel_reason"]) == ("Ana Invitee", "can't come")
        assert (record["canceler_type"], record["canceled_at"]) == ("invitee", "2026-11-04T10:00:00+00:00")
        assert record["other_fields"] is None
    # The older form has no time, and a reason may be null.
    record = of_event(cancellation={"canceled_by": "Ana", "reason": None, "canceler_type": "host"})
    assert (record["canceled_at"], record["cancel_reason"], record["marks"]) == (None, None, None)


def test_a_no_show_and_a_payment_are_kept() -> None:
    payment = {
        "external_id": "ch_1",
        "provider": "stripe",
        "amount": 12.5,
        "currency": "EUR",
        "terms": "",
        "successful": True,
    }
    no_show = {
        "uri": "https://api.calendly.com/invitee_no_shows/5",
        "created_at": "2026-11-12T16:00:00.000000Z",
    }
    record = of_invitee(payment=payment, no_show=no_show, questions_and_answers=[])
    assert record["payment"] == payment
    assert (record["no_show_uri"], record["no_show_at"]) == (no_show["uri"], "2026-11-12T16:00:00+00:00")
    assert record["questions_and_answers"] == []


def test_an_old_account_with_short_ids_and_few_fields_is_read() -> None:
    record = event_record(
        {"uri": OLD_EVENT_URI, "status": "active", "invitees_counter": {"total": 1, "active": 1, "limit": 1}}
    )
    assert record is not None
    assert record.keys() == EVENT_KEYS
    assert (record["uri"], record["invitees_total"], record["hosts"], record["marks"]) == (
        OLD_EVENT_URI,
        1,
        None,
        None,
    )
    record = invitee_record({"uri": f"{OLD_EVENT_URI}/invitees/HAHAZEHOQ7RURZ5V"})
    assert record is not None
    assert record.keys() == INVITEE_KEYS
    assert record["event_uri"] == OLD_EVENT_URI


def test_what_calendly_may_add_is_kept() -> None:
    record = of_event(
        brand_new={"a": "b\x00"}, invitees_counter={"total": 1, "active": 1, "limit": 1, "waiting": 3}
    )
    assert record["other_fields"] == {
        "brand_new": {"a": "b\N{REPLACEMENT CHARACTER}"},
        "invitees_counter": {"waiting": 3},
    }


@pytest.mark.parametrize(
    ("changes", "column", "other"),
    [
        ({"start_time": "soon"}, "start_time", {"start_time": "soon"}),
        ({"status": "pending"}, "status", {"status": "pending"}),
        ({"invitees_counter": {"total": "many"}}, "invitees_total", {"invitees_counter": {"total": "many"}}),
        ({"invitees_counter": 7}, "invitees_counter", {"invitees_counter": 7}),
        ({"event_memberships": ["Robin"]}, "hosts", {"event_memberships": ["Robin"]}),
        ({"name": ["Intro"]}, "name", {"name": ["Intro"]}),
        ({"location": "at home"}, "location", {"location": "at home"}),
    ],
)
def test_what_has_the_wrong_type_is_marked_and_kept_aside(
    changes: dict[str, Any], column: str, other: dict[str, Any]
) -> None:
    record = of_event(**changes)
    assert record.get(column) is None
    assert record["marks"] == [f"{column}_unreadable"]
    assert record["other_fields"] == other


def test_a_time_beyond_what_postgres_takes_as_an_offset_is_turned_to_utc() -> None:
    assert of_event(start_time="2026-11-12T15:00:00+23:59")["start_time"] == "2026-11-11T15:01:00+00:00"
    assert of_event(start_time="0001-01-01T00:00:00+23:59")["marks"] == ["start_time_unreadable"]


@pytest.mark.parametrize("row", [None, 7, "x", [], {}, {"uri": ""}, {"uri": ["x"]}, {"name": "no uri"}])
def test_what_has_no_uri_is_no_record(row: Any) -> None:
    assert event_record(row) is None
    assert invitee_record(row) is None


@pytest.mark.parametrize(
    "name", ["cancel_url", "reschedule_url", "cancelUrl", "some_link", "passcode", "hostPin"]
)
def test_a_secret_under_any_name_stays_out(name: str) -> None:
    links = {
        "cancel_url": "https://calendly.com/cancellations/zz-top",
        "some_link": "https://calendly.com/reschedulings/zz-top",
    }
    value = links.get(name, "zz-top")
    for record in (
        of_invitee(**{name: value}, extra={"deep": [{name: value}]}),
        of_event(**{name: value}, location={"type": "custom", "location": "x", "data": {name: value}}),
    ):
        assert "zz-top" not in json.dumps(record)


def test_what_only_looks_like_a_secret_stays() -> None:
    kept = {"shipping": "a", "pinned": True, "canceled_at": "b", "note": "see https://example.test/?a=1"}
    assert without_secrets(kept) == kept


def test_json_nested_too_deeply_or_too_large_a_number_stops_nothing() -> None:
    deep = b'{"uri": "u", "deep": ' + b"[" * 400 + b"]" * 400 + b', "n": 123456789012345678901234567890}'
    record = event_record(read_json(deep))
    assert record is not None
    assert record["marks"] == ["other_fields_unreadable"]
    record = event_record(read_json(b'{"uri": "\\ud800u", "n": 123456789012345678901234567890}'))
    assert record is not None
    assert record["other_fields"] == {"n": 123456789012345678901234567890.0}


@pytest.mark.parametrize("levels", [600, 1000])
def test_json_that_can_be_read_but_not_looked_through_stops_nothing(levels: int) -> None:
    deep: Any = read_json(b"[" * levels + b"]" * levels)
    record = event_record({**event(), "deep": deep, "location": {"deep": deep}})
    assert record is not None
    assert record["marks"] == ["location_unreadable", "other_fields_unreadable"]


@pytest.mark.parametrize("odd", [["x"], {"uri": "x"}, True, "https://api.calendly.com/" + "x" * 500])
def test_what_can_be_no_uri_is_none(odd: object) -> None:
    assert event_record({**event(), "uri": odd}) is None
    assert invitee_record({**invitee(), "uri": odd}) is None
    record = invitee_record({**invitee(), "old_invitee": odd})
    assert record is not None
    assert (record["old_invitee_uri"], record["marks"]) == (None, ["old_invitee_uri_unreadable"])


def test_a_number_too_large_for_a_float_is_none() -> None:
    assert read_json(b'{"amount": 1e400, "n": 1.5}') == {"amount": None, "n": 1.5}
    assert read_json(b'{"amount": -' + b"9" * 5000 + b', "n": 1}') == {"amount": None, "n": 1}


@given(st.dictionaries(st.sampled_from(sorted(event())) | st.text(), ANYTHING), ANYTHING)
def test_no_event_stops_the_reading(fields: dict[str, Any], uri: Any) -> None:
    record = event_record({**event(), **fields, "uri": uri})
    if record is not None:
        assert record.keys() == EVENT_KEYS
        orjson.dumps(record)
        assert "\x00" not in str(record["name"])


@given(st.dictionaries(st.sampled_from(sorted({*invitee(), "cancellation"})) | st.text(), ANYTHING))
def test_no_invitee_stops_the_reading(fields: dict[str, Any]) -> None:
    record = invitee_record({**invitee(), **fields})
    if record is not None:
        assert record.keys() == INVITEE_KEYS
        assert b"/cancellations/" not in orjson.dumps(record)
