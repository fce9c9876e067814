"""The Zoom client over real HTTP: what reaches the wire, when it comes again, and how it ends."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from rollcall.errors import (
    AuthRefused,
    DataFault,
    NetworkFault,
    PageTokenExpired,
    PageTokenRepeated,
    Parked,
    RateLimited,
    ScopeMissing,
    ServerFault,
    Unavailable,
    WrongUse,
)
from rollcall.sources.retry import RetryPolicy
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from rollcall.sources.zoom.oauth import fetch_token
from tests.contract.scripted_server import Reply, ScriptedServer, Seen, scripted_server

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
QUICK = RetryPolicy(attempts=3, first_delay=1.0, factor=2.0, max_delay=8.0)
ONCE = dict.fromkeys(("network_error", "server_error"), RetryPolicy(1, 0.0, 1.0, 0.0))
TOKEN = "eyJzdiI6IjAwMDAwMSJ9.secret-token"


class Harness:
    """A client whose time stands still but for its waits, and everything its hooks heard."""

    def __init__(self, url: str) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.reasons: list[str] = []
        self.tokens: list[bool] = []
        self.paced: list[Label] = []
        self.feedback: list[tuple[Label, RateLimited]] = []
        kinds = ("rate_limit", "network_error", "server_error")
        self.client = ZoomClient(
            requests.Session,
            url,
            self.token,
            self.paced.append,
            dict.fromkeys(kinds, QUICK),
            lambda: self.now,
            throttle_feedback=lambda label, error: self.feedback.append((label, error)),
            on_wait=lambda _seconds, reason: self.reasons.append(reason),
            sleep=self.sleep,
        )

    def token(self, rejected: bool) -> str:
        self.tokens.append(rejected)
        return TOKEN if len(self.tokens) == 1 else f"{TOKEN}-{sum(self.tokens)}"

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(Reply()) as script:
        yield script


@pytest.fixture
def zoom_api(server: ScriptedServer) -> Iterator[Harness]:
    harness = Harness(server.url)
    with harness.client:
        yield harness


def rows(*names: str, token: str = "", **fields: Any) -> dict[str, Any]:
    return {"participants": [{"name": name} for name in names], "next_page_token": token, **fields}


def error(code: int, message: str, status: int = 400, **headers: str) -> Reply:
    return Reply(status, {"code": code, "message": message}, headers)


@pytest.mark.parametrize(
    ("uuid", "on_the_wire"),
    [
        ("q7Yx0pTtQmOeJ1r8k2ZbNw==", "q7Yx0pTtQmOeJ1r8k2ZbNw%3D%3D"),
        ("a/b+c9TtQmOeJ1r8k2ZbNw==", "a%2Fb%2Bc9TtQmOeJ1r8k2ZbNw%3D%3D"),
        ("/b8Rk//2SxG0aVwPz1LhEg==", "%252Fb8Rk%252F%252F2SxG0aVwPz1LhEg%253D%253D"),
        ("/b8RkX2SxG0aVwPz1LhEg==", "%252Fb8RkX2SxG0aVwPz1LhEg%253D%253D"),
        ("b8Rk//2SxG0aVwPz1+hEg==", "b8Rk%252F%252F2SxG0aVwPz1%252BhEg%253D%253D"),
        ("//2SxG0aVwPz1LhEgAAAA==", "%252F%252F2SxG0aVwPz1LhEgAAAA%253D%253D"),
        ("88988872033", "88988872033"),
    ],
)
def test_a_uuid_reaches_the_wire_exactly_as_zooms_rule_says(
    server: ScriptedServer, zoom_api: Harness, uuid: str, on_the_wire: str
) -> None:
    server.replies = [Reply(body=rows())]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, uuid)
    assert server.paths == [
        f"/v2/report/webinars/{on_the_wire}/participants?page_size=300&include_fields=registrant_id"
    ]


def test_all_pages_come_with_the_same_parameters_and_the_token_of_the_page_before(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [
        Reply(body=rows("a", token="T+/=1", total_records=2)),
        Reply(body=rows(token="T2")),
        Reply(body=rows("b")),
    ]
    pages = list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u1=="))
    assert [[row["name"] for row in page.rows] for page in pages] == [["a"], [], ["b"]]
    assert pages[0].total_records == 2
    head = "/v2/report/webinars/u1%3D%3D/participants?page_size=300&include_fields=registrant_id"
    assert server.paths == [
        head,
        f"{head}&next_page_token=T%2B%2F%3D1",
        f"{head}&next_page_token=T2",
    ]


def test_one_connection_serves_all_calls_of_a_thread(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body=rows("a", token=str(n))) for n in range(5)] + [Reply(body=rows())]
    assert len(list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))) == 6
    assert len({seen.port for seen in server.seen}) == 1


def test_threads_share_a_client_and_its_counter(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body={"id": 5, "topic": "t"})]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: zoom_api.client.get(zoom.WEBINAR, str(n)), range(20)))
    assert len(found) == 20
    assert zoom_api.client.calls == 20
    assert sorted(zoom_api.paced) == [Label.LIGHT] * 20


def test_a_repeated_token_is_an_error_after_the_rows_that_came_with_it(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(body=rows("a", token="A")), Reply(body=rows("b", token="A"))]
    pages = zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u")
    assert [next(pages).rows[0]["name"], next(pages).rows[0]["name"]] == ["a", "b"]
    with pytest.raises(PageTokenRepeated, match="participant report of instance u"):
        next(pages)


def test_an_expired_page_token_asks_for_a_new_start(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(body=rows("a", token="A")),
        error(300, "The next page token is invalid or expired."),
    ]
    pages = zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u")
    next(pages)
    with pytest.raises(PageTokenExpired):
        next(pages)


def test_a_hosts_webinars_go_on_by_page_number_where_no_token_comes(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    def answer(seen: Seen) -> Reply:
        number = 2 if "page_number=2" in seen.path else 1
        rows = [{"id": number}]
        return Reply(body={"webinars": rows, "page_count": 2, "page_number": number, "page_size": 1})

    server.answer = answer
    pages = list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))
    assert [page.rows[0]["id"] for page in pages] == [1, 2]


def test_a_hosts_webinars_follow_the_token_where_one_comes(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(body={"webinars": [{"id": 1}], "next_page_token": "N", "page_count": 2, "page_number": 1}),
        Reply(body={"webinars": [{"id": 2}], "next_page_token": "", "total_records": 2, "page_size": 300}),
    ]
    assert len(list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))) == 2
    assert server.paths[1].endswith("&next_page_token=N")


def test_a_server_that_ignores_the_page_number_does_not_loop(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(body={"webinars": [{"id": 1}], "page_count": 9, "page_number": 1})]
    with pytest.raises(PageTokenRepeated):
        list(zoom_api.client.pages(zoom.USER_WEBINARS, "uA1"))
    assert len(server.paths) == 2


def test_the_bearer_token_beats_whatever_login_the_session_brings(server: ScriptedServer) -> None:
    def session() -> requests.Session:
        made = requests.Session()
        made.auth = ("someone", "else")
        made.headers["User-Agent"] = "behind-a-proxy"
        return made

    server.replies = [Reply(body={"id": 5})]
    with ZoomClient(session, server.url, lambda _: TOKEN, lambda _: None) as client:
        client.get(zoom.WEBINAR, "5")
    assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert server.seen[0].headers["user-agent"] == "behind-a-proxy"
    assert "gzip" in server.seen[0].headers["accept-encoding"]


def test_a_proxy_of_the_environment_is_not_asked_for_an_address_on_this_machine(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.replies = [Reply(body={"access_token": TOKEN}), Reply(body={"id": 5})]
    with requests.Session() as session:
        fetch_token(session, server.url, "server_to_server", "a", "c", "s", retry_policies=ONCE)
    with ZoomClient(requests.Session, server.url, lambda _: TOKEN, lambda _: None, ONCE) as client:
        assert client.get(zoom.WEBINAR, "5") == {"id": 5}


def test_a_long_pause_of_the_token_endpoint_parks(server: ScriptedServer) -> None:
    server.replies = [Reply(429, b"", {"Retry-After": "3600"})]
    with requests.Session() as session, pytest.raises(Parked) as parked:
        fetch_token(session, server.url, "server_to_server", "a", "c", "s", clock=lambda: NOW)
    assert parked.value.until == NOW + timedelta(hours=1)


def test_a_rejected_token_gets_one_fresh_one_and_one_more_try(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(124, "Access token is expired.", 401), Reply(body=rows("a"))]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 1
    assert zoom_api.tokens == [False, True]
    assert server.seen[0].headers["authorization"] != server.seen[1].headers["authorization"]


def test_a_second_rejection_ends_with_advice_and_no_third_try(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(124, "Invalid access token.", 401)]
    with pytest.raises(AuthRefused, match="rollcall connection test") as refused:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert len(server.seen) == 2
    assert not refused.value.retry


def test_a_missing_scope_is_not_taken_for_a_bad_token(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [error(4711, "Invalid access token, does not contain scopes:[report:read:admin].", 401)]
    with pytest.raises(ScopeMissing) as missing:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert missing.value.scopes == ("report:read:admin",)
    assert zoom_api.tokens == [False]


@pytest.mark.parametrize("retry_after", ["7", "Wed, 04 Mar 2026 15:00:07 GMT", "2026-03-04T15:00:07Z"])
def test_retry_after_is_waited_for_in_full_in_every_form(
    server: ScriptedServer, zoom_api: Harness, retry_after: str
) -> None:
    server.replies = [
        error(429, "You have reached the maximum per-second rate limit", 429, **{"retry-after": retry_after}),
        Reply(body=rows("a")),
    ]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert 7.0 <= zoom_api.waits[0] <= 8.0
    assert zoom_api.feedback[0][0] is Label.HEAVY
    assert "Heavy" in zoom_api.reasons[0]


def test_a_pause_longer_than_the_policys_cap_is_still_waited_for_in_full(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [Reply(503, b"", {"Retry-After": "120"}), Reply(body=rows())]
    zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert 120.0 <= zoom_api.waits[0] <= 121.0


def test_a_pause_of_an_hour_parks_instead_of_holding_a_worker(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [error(429, "too many", 429, **{"Retry-After": "3600"})]
    with pytest.raises(Parked) as parked:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert parked.value.until == NOW + timedelta(hours=1)
    assert zoom_api.waits == []


def test_a_daily_limit_parks_at_once_until_the_stated_time(server: ScriptedServer, zoom_api: Harness) -> None:
    headers = {"x-ratelimit-type": "Daily-limit", "RETRY-AFTER": "2026-03-05T00:00:00Z"}
    server.replies = [error(429, "You have reached the maximum daily rate limit", 429, **headers)]
    with pytest.raises(Parked) as parked:
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert parked.value.until == datetime(2026, 3, 5, tzinfo=UTC)
    assert len(server.seen) == 1
    assert zoom_api.waits == []
    assert zoom_api.feedback[0][1].daily


def test_server_errors_back_off_and_then_give_up(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(502, b"<html>bad gateway</html>", {"x-zm-trackingid": "WEB_1"})]
    with pytest.raises(ServerFault, match="WEB_1"):
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert len(server.seen) == 3
    assert 0.5 <= zoom_api.waits[0] <= 1.0 <= zoom_api.waits[1] <= 2.0


@pytest.mark.parametrize(
    "broken",
    [
        Reply(body=b'{"participants": [{"name": "An'),
        Reply(body=b"<html>maintenance</html>"),
        Reply(body={"total_records": 3}),
        Reply(body={"participants": None}),
        Reply(body=[]),
        Reply(body=b""),
        Reply(302, b"", {"Location": "/elsewhere"}),
        Reply(204, b""),
    ],
)
def test_a_success_without_its_rows_is_tried_again(
    server: ScriptedServer, zoom_api: Harness, broken: Reply
) -> None:
    server.replies = [broken, Reply(body=rows("a"))]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 1
    assert len(zoom_api.waits) == 1


def test_a_failure_dressed_as_success_is_what_it_says(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(200, {"code": 3001, "message": "Webinar does not exist: 5."})]
    with pytest.raises(Unavailable):
        zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")


def test_a_body_cut_short_is_fetched_again(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body=rows("a", "b"), cut=9), Reply(body=rows("a", "b"))]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 2
    assert zoom_api.client.calls == 2


def test_a_cut_gzip_body_is_fetched_again(server: ScriptedServer, zoom_api: Harness) -> None:
    packed = gzip.compress(json.dumps(rows("a")).encode())
    headers = {"Content-Encoding": "gzip"}
    server.replies = [
        Reply(body=packed[:-12], headers=headers),
        Reply(body=packed[:40] + b"xxxx", headers=headers),
        Reply(body=packed, headers=headers),
    ]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 1


def test_nobody_listening_is_a_network_fault_after_the_policys_attempts() -> None:
    with scripted_server(Reply()) as gone:
        pass
    harness = Harness(gone.url)
    with pytest.raises(NetworkFault, match="check network and address"):
        harness.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert len(harness.waits) == 2


def test_kinds_of_failure_have_their_own_attempts(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [
        Reply(500, b""),
        error(429, "per-second", 429),
        Reply(body=rows("a"), cut=5),
        Reply(500, b""),
        error(429, "per-second", 429),
        Reply(body=rows("a"), cut=5),
        Reply(body=rows("a")),
    ]
    assert len(zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u").rows) == 1


def test_half_a_surrogate_and_a_stray_byte_cost_one_character_not_the_page(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    server.replies = [
        Reply(body=b'{"participants": [{"name": "a\\ud800b"}, {"name": "\\ud83d\\ude00"}], "x": "\xff"}')
    ]
    page = zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert [row["name"] for row in page.rows] == ["a\ufffdb", "\U0001f600"]
    assert page.fields == {"x": "\ufffd"}


def test_what_the_throttle_raises_ends_the_call_before_it_is_made(server: ScriptedServer) -> None:
    def closed(_label: Label) -> None:
        raise Parked("budget used up", NOW)

    with ZoomClient(requests.Session, server.url, lambda _: TOKEN, closed) as client:
        with pytest.raises(Parked):
            client.page(zoom.USERS)
        assert (client.calls, server.seen) == (0, [])


def test_an_id_that_would_change_the_path_is_refused_without_a_call(
    server: ScriptedServer, zoom_api: Harness
) -> None:
    for item in ("", ".", ".."):
        with pytest.raises(DataFault):
            zoom_api.client.get(zoom.WEBINAR, item)
    server.replies = [Reply(body={"webinars": []})]
    zoom_api.client.page(zoom.USER_WEBINARS, "../users?a=b#c")
    assert server.paths[0].startswith("/v2/users/..%2Fusers%3Fa%3Db%23c/webinars?")


@pytest.mark.parametrize(
    "url", ["http://zoom.example/v2", "ftp://127.0.0.1", "api.zoom.us", "https://a:b@c/v2"]
)
def test_a_token_never_goes_to_an_unsafe_address(url: str) -> None:
    with pytest.raises(WrongUse):
        ZoomClient(requests.Session, url, lambda _: TOKEN, lambda _: None)


def test_neither_token_nor_body_nor_person_shows_in_errors_and_logs(
    server: ScriptedServer, zoom_api: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"code": 999, "message": "mira@acme.test is not welcome"}
    host = "jo@acme.test"
    texts = []
    for reply in (
        Reply(400, body),
        Reply(401, body),
        Reply(500, body),
        Reply(429, body, {"Retry-After": "9999"}),
        Reply(200, body),
        Reply(200, b"mira@acme.test"),
        Reply(200, b"mira@acme.test", cut=3),
    ):
        server.replies = [reply]
        with pytest.raises((AuthRefused, DataFault, ServerFault, Parked, NetworkFault)) as failed:
            zoom_api.client.page(zoom.USER_WEBINARS, host)
        texts.append("".join(traceback.format_exception(failed.value)))
    everything = "\n".join(texts) + repr(zoom_api.client) + "\n".join(zoom_api.reasons)
    for secret in (TOKEN, "mira", host):
        assert secret not in everything
    assert TOKEN not in caplog.text
