"""The Zoom client over real HTTP: what reaches the wire, and what must never leave or show."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from rollcall.errors import AuthRefused, DataFault, NetworkFault, Parked, ServerFault, WrongUse
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.client import ZoomClient
from rollcall.sources.zoom.endpoints import Label
from rollcall.sources.zoom.oauth import fetch_token
from tests.contract.scripted_server import Reply, ScriptedServer
from tests.contract.zoom_client_harness import ONCE, TOKEN, Harness, rows


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


def test_one_connection_serves_all_calls_of_a_thread(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body=rows(f"guest {n}", token=str(n))) for n in range(5)] + [Reply(body=rows())]
    assert len(list(zoom_api.client.pages(zoom.REPORT_PARTICIPANTS, "u"))) == 6
    assert len({seen.port for seen in server.seen}) == 1


def test_threads_share_a_client_and_its_counter(server: ScriptedServer, zoom_api: Harness) -> None:
    server.replies = [Reply(body={"id": 5, "topic": "t"})]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: zoom_api.client.get(zoom.WEBINAR, str(n)), range(20)))
    assert len(found) == 20
    assert zoom_api.client.calls == 20
    assert sorted(zoom_api.paced) == [Label.LIGHT] * 20


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
