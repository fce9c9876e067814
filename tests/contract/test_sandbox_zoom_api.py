"""The sandbox answers as Zoom's API does: whole lists, shapes of rows, refusals."""

from __future__ import annotations

from typing import Any

import requests

from sandbox.zoom.harness import Sandbox
from tests.contract.sandbox_lists import FLAGSHIP, participants, read_list


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
