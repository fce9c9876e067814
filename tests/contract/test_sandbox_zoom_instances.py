"""The sandbox finds an instance by number or UUID as Zoom does, and says why it has one no more."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.zoom.harness import Sandbox
from tests.contract.sandbox_lists import FLAGSHIP, encoded, participants, read_list, topic_uuid


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
