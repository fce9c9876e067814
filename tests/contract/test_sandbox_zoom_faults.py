"""Faults, limits, tokens and edits of the sandbox: each does what its order says, and only that often."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox.zoom.harness import Sandbox

REPORT = "/report/webinars/88988872033/participants"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox("seed", "--scale", "0.3") as zoom:
        zoom.get("/users")  # with a token in hand, a fault meets the call that a test means
        yield zoom


@pytest.fixture
def zoom(running: Sandbox) -> Iterator[Sandbox]:
    running.reset_calls()
    yield running
    running.clear_faults()


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("503", 503), ("qps429", 429), ("daily429", 429)])
def test_a_fault_strikes_as_often_as_ordered_and_after_as_many(zoom: Sandbox, kind: str, status: int) -> None:
    zoom.fault(kind, match="participants", times=2, after=1)
    assert [zoom.get(REPORT).status_code for _ in range(4)] == [200, status, status, 200]
    assert zoom.get("/users").status_code == 200


def test_both_kinds_of_429_say_what_they_are(zoom: Sandbox) -> None:
    zoom.fault("qps429")
    second = zoom.get(REPORT)
    assert second.headers["X-RateLimit-Type"] == "QPS"
    assert second.headers["X-RateLimit-Category"] == "Heavy"
    assert "Retry-After" not in second.headers
    zoom.fault("daily429")
    day = zoom.get(REPORT)
    assert day.headers["X-RateLimit-Type"] == "Daily-limit"
    resumes = datetime.fromisoformat(day.headers["Retry-After"])
    assert (resumes.hour, resumes.minute) == (0, 0)
    assert resumes > datetime.now(UTC)
    assert zoom.calls()["too_many_requests"] == 2


def test_retry_after_comes_in_every_form(zoom: Sandbox) -> None:
    zoom.fault("daily429", retry_after="seconds", seconds=7)
    assert zoom.get(REPORT).headers["Retry-After"] == "7"
    zoom.fault("qps429", retry_after="http_date", seconds=60)
    assert parsedate_to_datetime(zoom.get(REPORT).headers["Retry-After"]) > datetime.now(UTC)
    zoom.fault("daily429", retry_after="none")
    assert "Retry-After" not in zoom.get(REPORT).headers


def test_bodies_break_in_every_way(zoom: Sandbox) -> None:
    zoom.fault("cut_body", match="participants")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        zoom.get(REPORT)
    zoom.fault("drop", match="participants")
    with pytest.raises(requests.exceptions.ConnectionError):
        zoom.get(REPORT)
    zoom.fault("broken_json", match="participants")
    with pytest.raises(json.JSONDecodeError):
        json.loads(zoom.get(REPORT).text)
    zoom.fault("html_body", match="participants", status=502)
    page = zoom.get(REPORT)
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (502, "text/html")
    zoom.fault("200_error_body", match="participants")
    refused = zoom.get(REPORT)
    assert (refused.status_code, refused.json()["code"]) == (200, 200)
    zoom.fault("lone_surrogate", match="participants")
    assert zoom.get(REPORT).json()["participants"][0]["name"].startswith("\ud800")
    assert zoom.get(REPORT).status_code == 200


def test_lists_break_in_every_way(zoom: Sandbox) -> None:
    zoom.fault("page_token_expired")
    zoom.fault("repeat_token")
    first = zoom.get(REPORT).json()
    dead = zoom.get(REPORT, next_page_token=first["next_page_token"])
    assert (dead.status_code, dead.json()["code"]) == (400, 300)
    again = zoom.get(REPORT, next_page_token=first["next_page_token"]).json()
    assert again["next_page_token"] == first["next_page_token"]
    zoom.fault("empty_page", match="next_page_token")
    empty = zoom.get(REPORT, next_page_token=first["next_page_token"]).json()
    assert empty["participants"] == []
    following = zoom.get(REPORT, next_page_token=empty["next_page_token"]).json()
    assert following["participants"] == again["participants"]


def test_a_missing_scope_is_named_and_an_edit_can_take_one_away(zoom: Sandbox) -> None:
    scope = "report:read:list_webinar_participants:admin"
    zoom.fault("scope_missing", scopes=["a:b:c"])
    refused = zoom.get(REPORT)
    assert (refused.status_code, refused.json()["code"]) == (400, 4711)
    assert "does not contain scopes:[a:b:c]" in refused.json()["message"]
    granted = zoom.grant().json()["scope"].split()
    assert scope in granted
    zoom.edit("grant_scopes", scopes=[other for other in granted if other != scope])
    assert scope in zoom.get(REPORT).json()["message"]
    assert scope not in zoom.grant().json()["scope"]
    zoom.edit("grant_scopes", scopes=granted)
    assert zoom.get(REPORT).status_code == 200


def test_an_expired_token_stays_expired(zoom: Sandbox) -> None:
    token = zoom.grant().json()["access_token"]

    def call() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{zoom.api_url}/users", headers=headers, timeout=10).status_code

    zoom.fault("token_expired_401")
    assert [call(), call()] == [401, 401]
    assert zoom.get("/users").status_code == 200


def test_only_the_latest_refresh_token_works() -> None:
    with Sandbox("empty") as zoom:
        first = zoom.grant(grant_type="refresh_token", refresh_token="sandbox-refresh").json()
        old = zoom.grant(grant_type="refresh_token", refresh_token="sandbox-refresh")
        assert (old.status_code, old.json()["error"]) == (400, "invalid_grant")
        good = zoom.grant(grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert good.json()["refresh_token"] != first["refresh_token"]
        assert zoom.calls()["token_grants"] == 2


def test_wrong_credentials_are_refused_in_zooms_words(zoom: Sandbox) -> None:
    wrong = zoom.grant(client_secret="nope")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert zoom.grant(account_id="other").status_code == 400
    assert "refresh_token" not in zoom.grant().json()
    zoom.fault("invalid_grant")
    dead = zoom.grant()
    assert (dead.status_code, dead.json()) == (400, {"reason": "Invalid Token!", "error": "invalid_grant"})


def test_concurrent_grants_are_seen(zoom: Sandbox) -> None:
    zoom.fault("slow", match="oauth", times=2, seconds=0.3)

    def ask(_: int) -> int:
        form = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
        client = ("sandbox-client", "sandbox-secret")
        return requests.post(zoom.oauth_url, data=form, auth=client, timeout=10).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(2))) == [200, 200]
    assert zoom.calls()["most_token_grants_at_once"] == 2


def test_calls_prove_what_was_fetched_twice(zoom: Sandbox) -> None:
    token = zoom.get(REPORT, page_size=50).json()["next_page_token"]
    zoom.get(REPORT, page_size=50, next_page_token=token)
    zoom.get(REPORT, page_size=50)
    calls = zoom.calls()
    assert calls["endpoints"] == {"/v2/report/webinars/{}/participants": 3}
    assert sorted(calls["pages"].values()) == [1, 2]
    zoom.reset_calls()
    assert zoom.calls()["api_calls"] == 0


def test_a_plan_has_its_limits() -> None:
    with Sandbox("seed", "--scale", "0.1", "--limits", "free") as zoom:
        zoom.grant()
        statuses = [zoom.get(REPORT) for _ in range(3)]
        assert [answer.status_code for answer in statuses] == [200, 429, 429]
        assert statuses[0].headers["X-RateLimit-Limit"] == "1"
        assert zoom.get("/users").status_code == 200


def test_a_share_of_all_leaves_can_be_moved() -> None:
    with Sandbox("headline", "--scale", "0.01") as zoom:
        totals = {
            i["uuid"]: zoom.instance_truth(i["uuid"])["figures"]["total_seconds"] for i in zoom.instances
        }
        rows = sum(instance["rows"] for instance in zoom.instances)
        assert rows == 2880
        assert zoom.edit("change_leaves", share=0.1, seconds=60) == {"rows": 288}
        assert sum(instance["rows"] for instance in zoom.instances) == rows
        moved = [
            u for u, total in totals.items() if zoom.instance_truth(u)["figures"]["total_seconds"] != total
        ]
        assert len(moved) > 100


def test_edits_change_the_world_and_its_truth() -> None:
    with Sandbox("seed", "--scale", "0.1") as zoom:
        (uuid,) = zoom.truth["instances"]
        before = zoom.instance_truth(uuid)
        moved = zoom.edit("change_leave", uuid=uuid, seconds=45)
        after = zoom.instance_truth(uuid)
        total = sum(person["total_duration"] for person in after["people"])
        assert abs(total - sum(person["total_duration"] for person in before["people"]) - 45) <= 5
        row = next(
            r
            for r in zoom.get(REPORT, page_size=300).json()["participants"]
            if r["user_id"] == moved["user_id"]
        )
        assert row["leave_time"] == moved["leave_time"]

        added = zoom.edit("add_instance", webinar_id=88988872033, rows=17)["uuid"]
        assert zoom.instance_truth(added)["distinct_rows"] == 17
        assert zoom.get("/report/webinars/88988872033").json()["uuid"] == added

        zoom.edit("set_gap", uuid=added, gap="gone")
        assert zoom.get("/report/webinars/88988872033").status_code == 404
        zoom.edit("expire_id", webinar_id=88988872033)
        assert zoom.get("/webinars/88988872033").status_code == 404


def test_wrong_orders_are_refused_in_words(zoom: Sandbox) -> None:
    for path, order in (
        ("faults", {"kind": "flood"}),
        ("faults", {"kind": "500", "match": "("}),
        ("world", {}),
    ):
        refused = requests.post(f"{zoom.base}/sandbox/{path}", json=order, timeout=10)
        assert refused.status_code == 400
        assert refused.json()["error"]
