"""The Zoom client gets an answer that is none: what it asks for again, and how it gives up."""

from __future__ import annotations

import gzip
import json

import pytest

from rollcall.errors import NetworkFault, ServerFault, Unavailable
from rollcall.sources.zoom import endpoints as zoom
from tests.contract.scripted_server import Reply, ScriptedServer, scripted_server
from tests.contract.zoom_client_harness import Harness, error, rows


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
        Reply(body=b'{"participants": [{"name": "a\\ud800b"}, {"name": "\\ud83d\\ude00"}, {"name": "\xff"}]}')
    ]
    page = zoom_api.client.page(zoom.REPORT_PARTICIPANTS, "u")
    assert [row["name"] for row in page.rows] == ["a\ufffdb", "\U0001f600", "\ufffd"]
