"""The fake Calendly speaks like Calendly: shapes, filters, paging, refusals, limits; and its truth agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox.calendly.harness import Sandbox
from sandbox.calendly.oauth import MEMBER_TOKEN

EVENT_FIELDS = """uri name meeting_notes_plain meeting_notes_html status start_time end_time event_type location
    invitees_counter created_at updated_at event_memberships event_guests calendar_event"""
INVITEE_FIELDS = """uri event email name first_name last_name status questions_and_answers timezone created_at
    updated_at tracking text_reminder_number rescheduled old_invitee new_invitee cancel_url reschedule_url payment
    no_show reconfirmation routing_form_submission scheduling_method invitee_scheduled_by"""


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox("demo") as calendly:
        yield calendly


@pytest.fixture
def calendly(running: Sandbox) -> Iterator[Sandbox]:
    running.reset_calls()
    yield running
    running.clear_faults()
    running.edit("set_role", role="owner")


def read_list(calendly: Sandbox, path: str, **params: str | int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    token: str | None = ""
    while token is not None:
        answer = calendly.get(path, **params, **({"page_token": token} if token else {}))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["pagination"]["count"] == len(body["collection"])
        rows += body["collection"]
        token = body["pagination"]["next_page_token"]
    return rows


def events(calendly: Sandbox, **params: str | int) -> list[dict[str, Any]]:
    return read_list(calendly, "/scheduled_events", organization=calendly.organization, **params)


def parameter_of(answer: requests.Response) -> str:
    assert answer.status_code == 400
    return str(answer.json()["details"][0]["parameter"])


def test_what_the_lists_give_is_the_truth(calendly: Sandbox) -> None:
    told = calendly.truth()["events"]
    listed = {event["uri"]: event for event in events(calendly, count=100)}
    assert listed.keys() == told.keys()
    assert len(listed) > 50
    for uri, event in listed.items():
        assert event["status"] == told[uri]["status"]
        assert event["invitees_counter"] == told[uri]["counter"]
        invitees = {one["uri"]: one for one in read_list(calendly, f"{uri}/invitees", count=100)}
        assert invitees.keys() == told[uri]["invitees"].keys()
        for key, invitee in invitees.items():
            expected = told[uri]["invitees"][key]
            assert (invitee["no_show"] is not None) == expected["no_show"]
            same = expected.keys() & invitee.keys() - {"no_show"}
            assert {name: invitee[name] for name in same} == {name: expected[name] for name in same}


def test_events_and_invitees_have_the_documented_fields_and_no_id(calendly: Sandbox) -> None:
    for event in events(calendly):
        extra = {"cancellation"} if event["status"] == "canceled" else set()
        assert event.keys() == set(EVENT_FIELDS.split()) | extra
        assert event["uri"].startswith("https://api.calendly.com/scheduled_events/")
        assert datetime.fromisoformat(event["start_time"]).tzinfo == UTC
        assert event["start_time"].endswith(".000000Z")
    for invitee in read_list(calendly, f"{event['uri']}/invitees"):
        assert invitee.keys() - {"cancellation"} == set(INVITEE_FIELDS.split())
        assert set(invitee["tracking"]) >= {"utm_source", "salesforce_uuid"}


def test_one_thing_comes_in_a_wrapper(calendly: Sandbox) -> None:
    me = calendly.get("/users/me").json()["resource"]
    assert me["current_organization"] == calendly.organization
    event = events(calendly)[0]
    assert calendly.get(event["uri"]).json() == {"resource": event}
    invitee = read_list(calendly, f"{event['uri']}/invitees")[0]
    assert calendly.get(invitee["uri"]).json() == {"resource": invitee}


def test_a_deleted_event_type_is_read_but_not_listed(calendly: Sandbox) -> None:
    types = calendly.truth()["event_types"]
    deleted = next(uri for uri, told in types.items() if told["deleted"])
    listed = read_list(calendly, "/event_types", organization=calendly.organization)
    assert deleted not in {row["uri"] for row in listed}
    assert calendly.get(deleted).json()["resource"]["deleted_at"]


def test_members_are_listed_with_their_roles(calendly: Sandbox) -> None:
    rows = read_list(calendly, "/organization_memberships", organization=calendly.organization)
    assert {row["role"] for row in rows} == {"owner", "admin", "user"}
    assert all(row["user"]["uri"].startswith("https://api.calendly.com/users/") for row in rows)


def test_the_window_is_on_the_start_and_its_edges_are_left_out(calendly: Sandbox) -> None:
    starts = sorted(event["start_time"] for event in events(calendly, count=100))
    inside = events(calendly, min_start_time=starts[3], max_start_time=starts[20], count=100)
    assert [event["start_time"] for event in inside] == [s for s in starts if starts[3] < s < starts[20]]
    backwards = events(calendly, sort="start_time:desc", count=7)
    assert [event["start_time"] for event in backwards] == starts[::-1]


def test_status_is_a_filter_and_no_status_gives_both(calendly: Sandbox) -> None:
    canceled = events(calendly, status="canceled")
    active = events(calendly, status="active")
    assert {event["status"] for event in canceled} == {"canceled"}
    assert len(canceled) + len(active) == len(events(calendly)) == calendly.truth()["counts"]["events"]


def test_an_event_with_more_invitees_than_a_page(calendly: Sandbox) -> None:
    large = max(calendly.truth()["events"].items(), key=lambda item: item[1]["counter"]["total"])
    assert large[1]["counter"]["total"] > 100
    first = calendly.get(f"{large[0]}/invitees", count=100).json()
    assert len(first["collection"]) == 100
    assert first["pagination"]["next_page"].startswith(calendly.base)
    assert len(read_list(calendly, f"{large[0]}/invitees", count=100)) == large[1]["counter"]["total"]


def test_twenty_rows_unless_asked_and_never_more_than_a_hundred(calendly: Sandbox) -> None:
    answer = calendly.get("/scheduled_events", organization=calendly.organization)
    assert len(answer.json()["collection"]) == 20
    for count in ("0", "101", "many"):
        refused = calendly.get("/scheduled_events", organization=calendly.organization, count=count)
        assert parameter_of(refused) == "count"


def test_a_page_token_dies_while_invitees_are_drained(calendly: Sandbox) -> None:
    listing = calendly.get("/scheduled_events", organization=calendly.organization).json()
    token = listing["pagination"]["next_page_token"]
    uri = listing["collection"][0]["uri"]
    for _ in range(61):
        calendly.get(f"{uri}/invitees")
    refused = calendly.get("/scheduled_events", organization=calendly.organization, page_token=token)
    assert parameter_of(refused) == "page_token"
    assert refused.json()["message"] == "The supplied parameters are invalid."


def test_a_page_token_belongs_to_its_list_and_dies_of_age() -> None:
    with Sandbox("demo", "--token-life", "30") as calendly:
        whole = {"organization": calendly.organization}
        token = calendly.get("/scheduled_events", **whole).json()["pagination"]["next_page_token"]
        other = calendly.get("/scheduled_events", **whole, status="active", page_token=token)
        assert parameter_of(other) == "page_token"
        assert calendly.get("/scheduled_events", **whole, page_token=token).status_code == 200
        calendly.edit("advance", seconds=31)
        assert parameter_of(calendly.get("/scheduled_events", **whole, page_token=token)) == "page_token"


def test_whose_events_must_be_said_and_may_be_refused(calendly: Sandbox) -> None:
    assert parameter_of(calendly.get("/scheduled_events")) == "user"
    member = calendly.get_as(MEMBER_TOKEN, "/users/me").json()["resource"]["uri"]
    own = calendly.get_as(MEMBER_TOKEN, "/scheduled_events", user=member)
    assert own.status_code == 200
    refused = calendly.get_as(MEMBER_TOKEN, "/scheduled_events", organization=calendly.organization)
    assert (refused.status_code, refused.json()["title"]) == (403, "Permission Denied")
    one = events(calendly, user=member)
    assert one
    assert {host["user"] for event in one for host in event["event_memberships"]} >= {member}


def test_a_demoted_owner_is_refused_the_organization(calendly: Sandbox) -> None:
    calendly.edit("set_role", role="user")
    refused = calendly.get("/scheduled_events", organization=calendly.organization)
    assert refused.status_code == 403


def test_refusals_have_their_shapes(calendly: Sandbox) -> None:
    dead = calendly.get_as("no such token", "/users/me")
    assert (dead.status_code, dead.json()["message"]) == (401, "The access token is invalid")
    gone = calendly.get("/scheduled_events/nowhere")
    assert (gone.status_code, gone.json()["title"]) == (404, "Resource Not Found")
    calendly.fault("scope_missing", match="GET /users/me")
    scope = calendly.get("/users/me")
    assert (scope.status_code, scope.json()["required_scopes"]) == (403, ["users:read"])
    assert calendly.get("/users/me").status_code == 200


def test_gone_and_forbidden_events_leave_the_lists(calendly: Sandbox) -> None:
    first, second = (event["uri"] for event in events(calendly)[:2])
    calendly.edit("delete", event=first)
    calendly.edit("lose_access", event=second)
    listed = {event["uri"] for event in events(calendly)}
    assert not listed & {first, second}
    assert [calendly.get(uri).status_code for uri in (first, second)] == [404, 403]
    assert calendly.get(f"{first}/invitees").status_code == 404
    for uri in (first, second):
        calendly.edit("regain_access", event=uri)
    assert {event["uri"] for event in events(calendly)} == listed | {first, second}


def test_an_event_vanishes_between_the_list_and_its_invitees(calendly: Sandbox) -> None:
    uri = events(calendly)[4]["uri"]
    calendly.fault("vanish", match="/invitees")
    assert calendly.get(f"{uri}/invitees").status_code == 404
    assert calendly.truth()["events"][uri]["access"] == "gone"
    calendly.edit("regain_access", event=uri)


def test_limits_are_told_in_headers_and_end_after_their_window() -> None:
    with Sandbox("empty", "--limits", "free") as calendly:
        first = calendly.get("/users/me")
        told = [first.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
        assert told == ["50", "49", "60"]
        calendly.edit("spend", calls=49)
        refused = calendly.get("/users/me")
        assert refused.status_code == 429
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert 0 < int(refused.headers["X-RateLimit-Reset"]) <= 60
        assert "Retry-After" not in refused.headers
        assert calendly.get_as(MEMBER_TOKEN, "/users/me").status_code == 200
        calendly.edit("advance", seconds=60)
        assert calendly.get("/users/me").status_code == 200
        assert calendly.calls()["too_many_requests"] == 1


def test_a_refresh_token_works_once() -> None:
    with Sandbox("empty") as calendly:
        granted = calendly.grant().json()
        assert granted["expires_in"] == 7200
        assert calendly.get_as(granted["access_token"], "/users/me").status_code == 200
        again = calendly.grant()
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        calendly.edit("advance", seconds=7200)
        assert calendly.get_as(granted["access_token"], "/users/me").status_code == 401
        renewed = calendly.grant(refresh_token=granted["refresh_token"]).json()
        assert calendly.get_as(renewed["access_token"], "/users/me").status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("503", 503), ("424", 424)])
def test_a_fault_strikes_as_often_as_ordered(calendly: Sandbox, kind: str, status: int) -> None:
    calendly.fault(kind, match="GET /event_types", times=2, after=1, seconds=7)
    asked = {"organization": calendly.organization}
    answers = [calendly.get("/event_types", **asked) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    reset = int(answers[1].headers["X-RateLimit-Reset"])
    assert reset == 7 if kind == "429" else 0 < reset <= 60


def test_bodies_and_wires_break(calendly: Sandbox) -> None:
    for kind in ("cut_body", "drop"):
        calendly.fault(kind)
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            calendly.get("/users/me")
    calendly.fault("broken_json")
    with pytest.raises(requests.JSONDecodeError):
        calendly.get("/users/me").json()
    calendly.fault("html_body", status=502)
    page = calendly.get("/users/me")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
    calendly.fault("repeat_page", match="page_token=")
    asked = {"organization": calendly.organization}
    token = calendly.get("/scheduled_events", **asked).json()["pagination"]["next_page_token"]
    page_two = calendly.get("/scheduled_events", **asked, page_token=token).json()
    assert page_two["pagination"]["next_page_token"] == token


def test_calls_are_counted_by_endpoint(calendly: Sandbox) -> None:
    uri = events(calendly, count=100)[0]["uri"]
    read_list(calendly, f"{uri}/invitees")
    assert calendly.calls()["endpoints"] == {
        "GET /scheduled_events": 1,
        "GET /scheduled_events/{}/invitees": 1,
    }


def test_the_same_seed_and_now_give_the_same_organization() -> None:
    told = []
    for seed in ("1", "1", "2"):
        with Sandbox("demo", "--now", "2026-11-20T12:00:00", "--seed", seed) as calendly:
            told.append({name: part for name, part in calendly.truth().items() if name != "now"})
    assert told[0] == told[1]
    assert told[0] != told[2]
