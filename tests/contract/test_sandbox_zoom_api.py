"""The sandbox answers as Zoom's API does: shapes, paging, ids, dates, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox.zoom.harness import Sandbox

FLAGSHIP = 88988872033


@pytest.fixture(scope="module")
def zoom() -> Iterator[Sandbox]:
    with Sandbox("demo") as running:
        yield running


@pytest.fixture(scope="module")
def truth(zoom: Sandbox) -> dict[str, Any]:
    return zoom.truth


def encoded(uuid: str) -> str:
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def read_list(zoom: Sandbox, path: str, name: str, **params: str | int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    token = ""
    while True:
        answer = zoom.get(path, **params, **({"next_page_token": token} if token else {}))
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert len(body[name]) <= body["page_size"]
        rows += body[name]
        token = body["next_page_token"]
        if not token:
            return rows


def participants(zoom: Sandbox, uuid: str, **params: str | int) -> list[dict[str, Any]]:
    path = f"/report/webinars/{encoded(uuid)}/participants"
    return read_list(zoom, path, "participants", **{"page_size": 300, **params})


def history(zoom: Sandbox, **params: str) -> list[dict[str, Any]]:
    return read_list(zoom, "/report/history_meetings", "history_meetings", **params)


def topic_uuid(truth: dict[str, Any], topic: str) -> str:
    number = next(int(key) for key, webinar in truth["webinars"].items() if webinar["topic"] == topic)
    instances: dict[str, Any] = truth["instances"]
    return next(uuid for uuid, told in instances.items() if told["webinar_id"] == number)


def month(days_ago: int) -> dict[str, str]:
    last = datetime.now(UTC).date() - timedelta(days=days_ago)
    return {"from": (last - timedelta(days=27)).isoformat(), "to": last.isoformat()}


def test_every_instance_gives_the_rows_of_its_truth(zoom: Sandbox, truth: dict[str, Any]) -> None:
    for uuid, told in truth["instances"].items():
        if told["gap"] or told["late"]:
            continue
        rows = participants(zoom, uuid, include_fields="registrant_id")
        assert len({row["user_id"] for row in rows}) == told["distinct_rows"]
        assert sum(person["rows"] for person in told["people"]) == told["distinct_rows"]


def test_the_flagship_has_its_registrants_and_attendees(zoom: Sandbox, truth: dict[str, Any]) -> None:
    approved = read_list(zoom, f"/webinars/{FLAGSHIP}/registrants", "registrants", page_size=300)
    assert len(approved) == 2106
    (told,) = [told for told in truth["instances"].values() if told["webinar_id"] == FLAGSHIP]
    assert sum(person["role"] == "attendee" for person in told["people"]) > 1200


def test_registrants_come_one_status_at_a_time(zoom: Sandbox, truth: dict[str, Any]) -> None:
    number, told = next(
        item
        for item in truth["webinars"].items()
        if item[1]["registrants"]["denied"] and not item[1]["expired"]
    )
    for status, count in told["registrants"].items():
        rows = read_list(zoom, f"/webinars/{number}/registrants", "registrants", status=status)
        assert [row["status"] for row in rows] == [status] * count
    default = read_list(zoom, f"/webinars/{number}/registrants", "registrants")
    assert {row["status"] for row in default} == {"approved"}


def test_registrant_id_is_there_only_when_asked_for(zoom: Sandbox) -> None:
    path = f"/report/webinars/{FLAGSHIP}/participants"
    asked = zoom.get(path, include_fields="registrant_id").json()["participants"]
    plain = zoom.get(path).json()["participants"]
    assert any("registrant_id" in row for row in asked)
    assert not any("registrant_id" in row for row in plain)
    cheap = zoom.get(f"/past_webinars/{FLAGSHIP}/participants", include_fields="registrant_id").json()
    assert not {"registrant_id", "participant_user_id"} & set(cheap["participants"][0])
    assert "internal_user" in cheap["participants"][0]


def test_page_size_is_30_unless_asked_and_never_above_300(zoom: Sandbox) -> None:
    path = f"/report/webinars/{FLAGSHIP}/participants"
    assert len(zoom.get(path).json()["participants"]) == 30
    assert len(zoom.get(path, page_size=5000).json()["participants"]) == 300


def test_a_page_token_serves_only_its_own_list(zoom: Sandbox) -> None:
    path = f"/report/webinars/{FLAGSHIP}/participants"
    token = zoom.get(path, page_size=300).json()["next_page_token"]
    assert zoom.get(path, page_size=300, next_page_token=token).status_code == 200
    for other in (
        zoom.get(path, page_size=100, next_page_token=token),
        zoom.get(f"/past_webinars/{FLAGSHIP}/participants", page_size=300, next_page_token=token),
        zoom.get(path, page_size=300, next_page_token="made-up"),
    ):
        assert (other.status_code, other.json()["code"]) == (400, 300)


def test_page_tokens_die() -> None:
    with Sandbox("seed", "--token-life", "0") as zoom:
        path = f"/report/webinars/{FLAGSHIP}/participants"
        token = zoom.get(path).json()["next_page_token"]
        dead = zoom.get(path, next_page_token=token)
        assert (dead.status_code, dead.json()["code"]) == (400, 300)


@pytest.mark.parametrize("begins", ["/x", "q+//", "ab/c"])
def test_uuids_with_slashes_are_found_when_encoded_by_the_rule(
    zoom: Sandbox, truth: dict[str, Any], begins: str
) -> None:
    uuid = next(
        uuid for uuid, told in truth["instances"].items() if uuid.startswith(begins) and not told["gap"]
    )
    assert zoom.get(f"/report/webinars/{encoded(uuid)}").json()["uuid"] == uuid


def test_a_leading_slash_encoded_once_is_swallowed(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = next(uuid for uuid in truth["instances"] if uuid.startswith("/"))
    for path in (quote(uuid, safe=""), uuid):
        refused = zoom.get(f"/report/webinars/{path}/participants")
        assert (refused.status_code, refused.json()["code"]) == (404, 3001)
        assert f": {uuid[1:]}." in refused.json()["message"]


def test_always_encoding_twice_works_too(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = next(uuid for uuid, told in truth["instances"].items() if "/" not in uuid and not told["gap"])
    twice = quote(quote(uuid, safe=""), safe="")
    assert zoom.get(f"/report/webinars/{twice}").json()["uuid"] == uuid


def test_a_number_means_the_latest_instance(zoom: Sandbox, truth: dict[str, Any]) -> None:
    number = 90_100_000_000
    own = {uuid: told for uuid, told in truth["instances"].items() if told["webinar_id"] == number}
    latest = max(own, key=lambda uuid: own[uuid]["start_time"])
    assert zoom.get(f"/report/webinars/{number}").json()["uuid"] == latest
    listed = zoom.get(f"/past_webinars/{number}/instances").json()["webinars"]
    assert {row["uuid"] for row in listed} == set(own)


def test_gone_and_too_old_instances_say_why(zoom: Sandbox, truth: dict[str, Any]) -> None:
    seen = set()
    for uuid, told in truth["instances"].items():
        if told["gap"]:
            refused = zoom.get(f"/report/webinars/{encoded(uuid)}/participants")
            found = {"status": refused.status_code, "code": refused.json()["code"]}
            assert found == told["gap"]
            seen.add(found["code"])
    assert seen == {3001, 12702}


def test_an_expired_number_is_gone_but_its_instances_stay(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = topic_uuid(truth, "Long expired")
    number = truth["instances"][uuid]["webinar_id"]
    for path in (
        "/webinars/{}",
        "/webinars/{}/registrants",
        "/webinars/{}/panelists",
        "/past_webinars/{}/instances",
    ):
        refused = zoom.get(path.format(number))
        assert (refused.status_code, refused.json()["code"]) == (404, 3001)
    listed = [
        row["id"]
        for host in zoom.get("/users").json()["users"]
        if zoom.get(f"/users/{host['id']}/webinars").status_code == 200
        for row in read_list(zoom, f"/users/{host['id']}/webinars", "webinars")
    ]
    assert number not in listed
    assert FLAGSHIP in listed
    assert len(participants(zoom, uuid)) == truth["instances"][uuid]["distinct_rows"]


def test_a_row_can_come_on_two_pages(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = topic_uuid(truth, "Rows repeated across pages")
    rows = participants(zoom, uuid)
    told = truth["instances"][uuid]
    assert len(rows) > told["total_records"] == len({row["user_id"] for row in rows})
    assert rows[299] == rows[300]


def test_an_empty_page_can_stand_in_the_middle(zoom: Sandbox, truth: dict[str, Any]) -> None:
    uuid = topic_uuid(truth, "An empty page in between")
    path = f"/report/webinars/{encoded(uuid)}/participants"
    first = zoom.get(path, page_size=300).json()
    second = zoom.get(path, page_size=300, next_page_token=first["next_page_token"]).json()
    assert second["participants"] == []
    assert second["next_page_token"]
    assert len(participants(zoom, uuid)) == truth["instances"][uuid]["distinct_rows"]


def test_late_reports_become_whole_and_a_partial_one_never_does() -> None:
    with Sandbox("demo") as zoom:
        told = zoom.truth
        filling = topic_uuid(told, "Report still filling")
        assert len(participants(zoom, filling)) == told["instances"][filling]["late"]["served"]
        assert len(participants(zoom, filling)) == told["instances"][filling]["distinct_rows"]

        uncounted = topic_uuid(told, "Report not counted yet")
        assert zoom.get(f"/report/webinars/{encoded(uncounted)}").json()["duration"] == 0
        assert {row["duration"] for row in participants(zoom, uncounted)} == {0}
        assert sum(row["duration"] for row in participants(zoom, uncounted)) > 0

        partial = topic_uuid(told, "Report that never fills")
        for _ in range(3):
            path = f"/report/webinars/{encoded(partial)}/participants"
            body = zoom.get(path, page_size=300).json()
            assert len(body["participants"]) == body["total_records"] - 7


def test_history_lists_every_instance_of_the_month_with_the_portal_numbers(
    zoom: Sandbox, truth: dict[str, Any]
) -> None:
    for days_ago in (0, 28, 56):
        window = month(days_ago)
        rows = history(zoom, meeting_type="webinar", **window)
        expected = {
            uuid
            for uuid, told in truth["instances"].items()
            if window["from"] <= told["start_time"][:10] <= window["to"]
        }
        assert {row["meeting_uuid"] for row in rows} == expected
    flagship = next(row for row in history(zoom, **month(0)) if row["meeting_id"] == FLAGSHIP)
    assert flagship["unique_viewers"] > 1000
    assert flagship["max_concurrent_views"] > 100


def test_windows_are_a_month_wide_and_six_months_deep(zoom: Sandbox) -> None:
    today = datetime.now(UTC).date()
    bad = [
        (today - timedelta(days=40), today),
        (today, today - timedelta(days=1)),
        (today - timedelta(days=200), today - timedelta(days=190)),
    ]
    for first, last in bad:
        window = {"from": first.isoformat(), "to": last.isoformat()}
        refused = zoom.get("/report/history_meetings", **window)
        assert (refused.status_code, refused.json()["code"]) == (400, 300)
    assert zoom.get("/report/history_meetings").status_code == 400


def test_host_reports_leave_out_events_with_fewer_than_two_people(
    zoom: Sandbox, truth: dict[str, Any]
) -> None:
    alone = topic_uuid(truth, "Nobody came")
    number = truth["instances"][alone]["webinar_id"]
    host = truth["webinars"][str(number)]["host_email"]
    rows = read_list(zoom, f"/report/users/{host}/meetings", "meetings", page_size=300, **month(0))
    assert alone not in {row["uuid"] for row in rows}
    assert {row["type"] for row in rows} >= {5}
    events = history(zoom, **month(0))
    assert alone in {row["meeting_uuid"] for row in events}
    assert {row["type"] for row in events} == {"Webinar", "Meeting"}


def test_hosts_by_status_licence_and_name(zoom: Sandbox) -> None:
    users = {
        status: zoom.get("/users", status=status).json()["users"]
        for status in ("active", "inactive", "pending")
    }
    assert all(len(found) >= 1 for found in users.values())
    assert "id" not in users["pending"][0]
    unlicensed = next(user for user in users["active"] if user["type"] == 1)
    refused = zoom.get(f"/users/{unlicensed['id']}/webinars")
    assert (refused.status_code, refused.json()["code"]) == (400, 200)
    assert "Webinar plan is missing" in refused.json()["message"]
    assert zoom.get("/users/me").json()["code"] == 1010
    nobody = zoom.get("/users/nobody@acme.test/webinars")
    assert (nobody.status_code, nobody.json()["code"]) == (404, 1001)


def test_a_detail_is_wide_and_a_recurring_one_has_occurrences(zoom: Sandbox) -> None:
    body = zoom.get("/webinars/90100000000").json()
    assert body["type"] == 9
    assert {"occurrence_id", "start_time", "duration", "status"} <= set(body["occurrences"][0])
    assert len(body) + len(body["settings"]) >= 42


def test_no_registration_is_told_as_such(zoom: Sandbox) -> None:
    refused = zoom.get("/webinars/90200000000/registrants")
    assert (refused.status_code, refused.json()["code"]) == (400, 3000)


def test_unknown_paths_and_missing_tokens_are_refused(zoom: Sandbox) -> None:
    assert zoom.get("/nothing/here").status_code == 404
    naked = requests.get(f"{zoom.api_url}/users", timeout=10)
    assert (naked.status_code, naked.json()["code"]) == (401, 124)
    assert naked.headers["x-zm-trackingid"]


def test_host_lists_page_by_token_and_by_number(zoom: Sandbox) -> None:
    host = zoom.get("/users").json()["users"][0]["id"]
    whole = [row["id"] for row in read_list(zoom, f"/users/{host}/webinars", "webinars", page_size=300)]
    by_token = [row["id"] for row in read_list(zoom, f"/users/{host}/webinars", "webinars", page_size=3)]
    second = zoom.get(f"/users/{host}/webinars", page_size=3, page_number=2).json()["webinars"]
    assert by_token == whole
    assert [row["id"] for row in second] == whole[3:6]
