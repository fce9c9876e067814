"""One exchange: directly or through a proxy, and what is said where no answer comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
import requests

from rollcall.errors import NetworkFault
from rollcall.sources import wire
from rollcall.sources.wire import Wire
from tests.contract.scripted_server import Reply, ScriptedServer

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that gives these bytes to whoever asks, then closes; none: it stays silent. Returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    answers: list[bytes] = []

    def answer() -> None:
        with suppress(OSError):
            while True:
                asking, _ = listener.accept()
                with asking:
                    asking.recv(65536)
                    if answers[0]:
                        asking.sendall(answers[0])
                    else:
                        ended.wait(30)

    thread = threading.Thread(target=answer)

    def start(answer_with: bytes) -> str:
        answers.append(answer_with)
        thread.start()
        return str(listener.getsockname()[1])

    yield start
    ended.set()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=30)


def fault(url: str, session: Callable[[], requests.Session] = requests.Session) -> str:
    with closing(Wire(session, url, "Zoom")) as line, pytest.raises(NetworkFault) as caught:
        line.send("GET", "/users", "secret-token", "the users")
    told = str(caught.value)
    assert told.startswith("No answer from Zoom for the users: ")
    assert "secret-token" not in told
    assert caught.value.__cause__ is None
    return told


def test_an_answer_that_breaks_off_is_no_answer(serve: Serve) -> None:
    port = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
    assert "cut short" in fault(f"http://127.0.0.1:{port}")


def test_nonsense_in_place_of_what_was_packed_is_no_answer(serve: Serve) -> None:
    port = serve(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    assert "cut short" in fault(f"http://127.0.0.1:{port}")


def test_a_connection_that_is_closed_is_named(serve: Serve) -> None:
    port = serve(b" ")
    assert "the connection failed or was cut" in fault(f"http://127.0.0.1:{port}")


def test_a_server_that_says_nothing_is_named(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.2)
    assert "no data for" in fault(f"http://127.0.0.1:{serve(b'')}")


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "the connection failed or was cut" in fault(f"http://127.0.0.1:{port}")


def test_a_server_without_tls_is_named(serve: Serve) -> None:
    port = serve(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    assert "TLS certificate" in fault(f"https://127.0.0.1:{port}")


def behind(proxy: str) -> Callable[[], requests.Session]:
    def session() -> requests.Session:
        made = requests.Session()
        made.trust_env = False
        made.proxies = {"http": proxy}
        return made

    return session


def test_the_proxy_of_a_session_is_asked_for_the_whole_address(server: ScriptedServer) -> None:
    server.replies = [Reply(body={"users": []})]
    with closing(Wire(behind(server.url.removesuffix("/v2")), "http://zoom.example:81/v2", "Zoom")) as line:
        answer = line.send("GET", "/users?page_size=300", "token", "the users")
    assert (answer.status, answer.body) == (200, b'{"users": []}')
    assert server.paths == ["http://zoom.example:81/v2/users?page_size=300"]
    assert server.seen[0].headers["authorization"] == "Bearer token"


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert "proxy settings" in fault("http://zoom.example", behind(f"http://127.0.0.1:{port}"))


def test_calls_of_a_thread_share_a_connection_and_nothing_is_followed(server: ScriptedServer) -> None:
    elsewhere = Reply(302, {}, {"Location": f"{server.url}/elsewhere"})
    server.replies = [Reply(body={"a": 1}), elsewhere, Reply(body={"b": 2})]
    made = []

    def session() -> requests.Session:
        made.append(requests.Session())
        return made[-1]

    with closing(Wire(session, server.url, "Zoom")) as line:
        answers = [line.send("GET", f"/{n}", "token", "it") for n in range(3)]
    assert [answer.status for answer in answers] == [200, 302, 200]
    assert answers[1].headers["location"].endswith("/elsewhere")
    assert len(made) == 1
    assert len({seen.port for seen in server.seen}) == 1
    assert [path.rsplit("/", 1)[1] for path in server.paths] == ["0", "1", "2"]
