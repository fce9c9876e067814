"""Connections in a real Postgres, with tokens from a real HTTP server that rotates them as Zoom does."""

from __future__ import annotations

import base64
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet
from psycopg import sql

from rollcall.cli import main
from rollcall.errors import (
    AuthRefused,
    InactiveConnection,
    ReconnectNeeded,
    ServerFault,
    SetupError,
    UnknownConnection,
    WrongUse,
)
from rollcall.secrets import Keyring
from rollcall.sources.zoom.endpoints import ENDPOINTS
from rollcall.sync import connections
from rollcall.sync.connection_tokens import issue_token
from rollcall.sync.connections import TokenSource, access_token
from tests.contract.scripted_server import Reply, ScriptedServer, Seen, scripted_server

SECRET, FIRST_REFRESH = "client-s3cret-value", "refresh-0"
ALL_SCOPES = " ".join(endpoint.granular_scope for endpoint in ENDPOINTS)


@dataclass
class TokenEndpoint:
    """Zoom's token endpoint as it behaves: only the latest refresh token counts."""

    scopes: str = ALL_SCOPES
    seconds: int = 3600
    slowness: float = 0.0
    dead: bool = False
    refresh: str = FIRST_REFRESH
    grants: int = 0
    forms: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, seen: Seen) -> Reply:
        if not seen.path.startswith("/oauth/token"):
            return Reply(body={"users": [], "next_page_token": ""})
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        login = base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode()
        time.sleep(self.slowness)
        with self.lock:
            self.forms.append(form)
            if login != f"app:{SECRET}":
                return Reply(401, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
            if self.dead or form.get("refresh_token", self.refresh) != self.refresh:
                return Reply(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
            self.grants += 1
            body: dict[str, Any] = {"access_token": f"access-{self.grants}", "token_type": "bearer"}
            body |= {"expires_in": self.seconds, "scope": self.scopes}
            if "refresh_token" in form:
                self.refresh = body["refresh_token"] = f"refresh-{self.grants}"
            return Reply(body=body)


@dataclass
class World:
    """A database, a Zoom, and the keys between them."""

    dsn: str
    db: psycopg.Connection
    zoom: TokenEndpoint
    server: ScriptedServer
    keyring: Keyring

    def add(self, kind: str = "oauth", name: str = "acme", **changes: Any) -> int:
        values: dict[str, Any] = {
            "name": name,
            "account_id": "acc-1",
            "kind": kind,
            "plan": "pro",
            "client_id": "app",
            "client_secret": SECRET,
            "refresh_token": FIRST_REFRESH if kind == "oauth" else None,
            "api_url": self.server.url,
            "oauth_url": self.server.url,
        }
        return connections.add_connection(self.db, self.keyring, **(values | changes))

    def token(self, connection_id: int, **how: Any) -> str:
        with psycopg.connect(self.dsn) as conn, requests.Session() as session:
            return access_token(conn, connection_id, self.keyring, session, **how)

    def column(self, name: str, connection: str = "acme") -> Any:
        query = sql.SQL("SELECT {} FROM zoom_connections WHERE name = %s").format(sql.Identifier(name))
        row = self.db.execute(query, (connection,)).fetchone()
        assert row is not None
        return row[0]

    def expire(self) -> None:
        self.db.execute(
            "UPDATE zoom_connections"
            " SET token_expires_at = now() + interval '1 minute', updated_at = now() - interval '59 minutes'"
        )


@pytest.fixture
def world(dsn: str, db: psycopg.Connection) -> Iterator[World]:
    zoom = TokenEndpoint()
    with scripted_server() as server:
        server.answer = zoom.answer
        yield World(dsn, db, zoom, server, Keyring([Fernet.generate_key().decode()]))


@pytest.mark.parametrize("kind", ["oauth", "server_to_server"])
def test_a_token_is_fetched_once_and_kept_until_it_nears_its_end(world: World, kind: str) -> None:
    connection = world.add(kind)
    assert [world.token(connection) for _ in range(3)] == ["access-1"] * 3
    assert world.zoom.grants == 1
    world.expire()
    assert world.token(connection) == "access-2"
    assert world.column("granted_scopes") == ALL_SCOPES.split()


def test_each_kind_asks_in_its_own_way(world: World) -> None:
    world.token(world.add("server_to_server"))
    world.token(world.add("oauth", name="other"))
    assert world.zoom.forms == [
        {"grant_type": "account_credentials", "account_id": "acc-1"},
        {"grant_type": "refresh_token", "refresh_token": FIRST_REFRESH},
    ]


def test_ten_workers_at_once_cause_one_refresh(world: World) -> None:
    connection = world.add()
    world.token(connection)
    world.expire()
    world.zoom.slowness = 0.2
    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(lambda _: world.token(connection), range(10)))
    assert set(tokens) == {"access-2"}
    assert world.zoom.grants == 2


def test_ten_workers_whose_token_was_rejected_cause_one_refresh(world: World) -> None:
    connection = world.add()
    old = world.token(connection)
    world.zoom.slowness = 0.2
    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(lambda _: world.token(connection, force=True, rejected=old), range(10)))
    assert set(tokens) == {"access-2"}
    assert world.zoom.grants == 2


def test_tokens_that_live_for_seconds_are_shared_too(world: World) -> None:
    world.zoom.seconds = 20
    connection = world.add()
    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(lambda _: world.token(connection), range(5))) == {"access-1"}


def test_the_rotated_refresh_token_is_committed_before_the_access_token_is_handed_out(world: World) -> None:
    connection = world.add()
    conn = psycopg.connect(world.dsn)
    with requests.Session() as session:
        access_token(conn, connection, world.keyring, session)
    # The worker dies the moment it has its token: nothing of its own transaction survives.
    conn.pgconn.finish()
    assert world.keyring.decrypt(world.column("refresh_token_encrypted")) == world.zoom.refresh
    world.expire()
    assert world.token(connection) == "access-2"


def test_a_token_is_never_given_out_inside_somebody_elses_transaction(world: World) -> None:
    connection = world.add()
    with psycopg.connect(world.dsn) as conn, requests.Session() as session:
        conn.execute("SELECT 1")
        with pytest.raises(ValueError, match="no transaction"):
            access_token(conn, connection, world.keyring, session)
    assert world.zoom.grants == 0


def test_a_lost_refresh_answer_is_tried_once_more_and_then_needs_a_person(world: World) -> None:
    connection = world.add()

    def lose_the_first(seen: Seen) -> Reply:
        reply = world.zoom.answer(seen)
        if world.zoom.grants == 1 and len(world.zoom.forms) == 1:
            reply.cut = 5
        return reply

    world.server.answer = lose_the_first
    with pytest.raises(ReconnectNeeded, match="rollcall connection add acme --replace"):
        world.token(connection)
    assert len(world.zoom.forms) == 2


def test_a_zoom_that_is_down_changes_nothing(world: World) -> None:
    connection = world.add()
    world.server.answer = lambda _seen: Reply(503, b"")
    with pytest.raises(ServerFault):
        world.token(connection)
    assert len(world.server.seen) == 2
    assert world.column("reconnect_needed_at") is None
    world.server.answer = world.zoom.answer
    assert world.token(connection) == "access-1"


@pytest.mark.parametrize("kind", ["oauth", "server_to_server"])
def test_dead_credentials_are_marked_and_not_tried_again(world: World, kind: str) -> None:
    connection = world.add(kind)
    world.zoom.dead = True
    for _ in range(3):
        with pytest.raises(ReconnectNeeded, match="Reconnect needed for acme"):
            world.token(connection)
    assert len(world.zoom.forms) == 1
    assert world.column("reconnect_needed_at") is not None
    assert "invalid_grant" in world.column("reconnect_reason")


def test_replacing_a_dead_connection_makes_it_work_again(world: World) -> None:
    connection = world.add()
    world.zoom.refresh = "refresh-of-a-new-authorisation"
    with pytest.raises(ReconnectNeeded):
        world.token(connection)
    assert world.add(refresh_token=world.zoom.refresh, replace=True) == connection
    assert world.token(connection) == "access-1"


def test_a_wrong_client_is_refused_with_advice_and_not_marked_dead(world: World) -> None:
    connection = world.add("server_to_server", client_secret="typed-wrong")
    with pytest.raises(AuthRefused, match="check client id") as refused:
        world.token(connection)
    assert not isinstance(refused.value, ReconnectNeeded)
    assert world.column("reconnect_needed_at") is None


def test_a_connection_that_is_off_or_unknown_gives_no_token(world: World) -> None:
    connection = world.add()
    connections.deactivate(world.db, "acme")
    with pytest.raises(InactiveConnection, match="rollcall connection activate acme"):
        world.token(connection)
    connections.activate(world.db, "acme")
    assert world.token(connection) == "access-1"
    with pytest.raises(UnknownConnection):
        world.token(connection + 1)
    with pytest.raises(UnknownConnection, match="choose one of acme"):
        connections.deactivate(world.db, "acne")


def test_threads_share_one_token_and_one_refusal_of_it(world: World) -> None:
    source = TokenSource(lambda: psycopg.connect(world.dsn), world.add(), world.keyring, requests.Session)
    ready = threading.Barrier(8)

    def work(_number: int) -> tuple[str, str]:
        first = source(False)
        ready.wait(10)
        return first, source(True)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(8))) == {("access-1", "access-2")}
    assert world.zoom.grants == 2
    assert source(False) == "access-2"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "my account"}, "letters, digits"),
        ({"name": ""}, "letters, digits"),
        ({"kind": "jwt"}, "server_to_server or oauth"),
        ({"plan": "gold"}, "gold"),
        ({"client_secret": ""}, "client secret"),
        ({"refresh_token": None}, "refresh token"),
        ({"kind": "server_to_server", "account_id": None}, "account id"),
        ({"api_url": "http://zoom.example"}, "https://"),
        ({"oauth_url": "zoom.us"}, "OAuth address"),
        ({}, "--replace"),
    ],
)
def test_what_cant_be_right_is_refused_in_a_sentence(
    world: World, changes: dict[str, Any], said: str
) -> None:
    world.add()
    with pytest.raises(WrongUse, match=said):
        world.add(**changes)
    assert [connection.name for connection in connections.list_connections(world.dsn)] == ["acme"]


def test_keys_are_rotated_for_all_or_none(world: World) -> None:
    old = Fernet.generate_key().decode()
    world.keyring = Keyring([old])
    first = world.add()
    world.token(first)
    world.add("server_to_server", name="second")
    new = Fernet.generate_key().decode()
    assert connections.rotate_keys(world.db, Keyring([new, old])) == (2, 4)
    world.keyring = Keyring([new])
    assert world.token(first) == "access-1"
    before = world.db.execute("SELECT * FROM zoom_connections ORDER BY id").fetchall()
    with pytest.raises(SetupError, match=r"acme.*Nothing was changed"):
        connections.rotate_keys(world.db, Keyring([Fernet.generate_key().decode(), old]))
    assert world.db.execute("SELECT * FROM zoom_connections ORDER BY id").fetchall() == before


@pytest.mark.parametrize(
    "granted",
    [
        ALL_SCOPES,
        ALL_SCOPES.replace(":admin", ":master"),
        "user:read:admin webinar:read:admin report:read:admin",
        "user:read:master webinar:read report:read:master",
    ],
)
def test_a_connection_with_all_scopes_passes_its_test(world: World, granted: str) -> None:
    world.add("server_to_server")
    world.zoom.scopes = granted
    with requests.Session() as session:
        result = connections.test_connection(world.dsn, "acme", world.keyring, session)
    assert result.passed
    assert result.called


def test_a_test_names_each_missing_scope(world: World) -> None:
    world.add()
    world.zoom.scopes = "user:read:list_users:admin webinar:read:admin report:read:webinar:admin"
    with requests.Session() as session:
        result = connections.test_connection(world.db, "acme", world.keyring, session)
    assert {endpoint.granular_scope for endpoint in result.missing} == {
        "report:read:list_webinar_participants:admin",
        "report:read:user:admin",
        "report:read:list_history_meetings:admin",
    }
    assert not result.passed


def test_a_test_revives_credentials_that_work_again(world: World) -> None:
    connection = world.add("server_to_server")
    world.zoom.dead = True
    with pytest.raises(ReconnectNeeded):
        world.token(connection)
    world.zoom.dead = False
    with requests.Session() as session:
        assert connections.test_connection(world.db, "acme", world.keyring, session).passed
    assert world.column("reconnect_needed_at") is None


def test_the_writer_role_has_the_rights_that_all_this_needs(world: World) -> None:
    connection = world.add()
    with psycopg.connect(world.dsn) as conn, requests.Session() as session:
        conn.execute("SET ROLE rollcall_writer")
        conn.commit()
        connections.add_connection(
            conn,
            world.keyring,
            name="by-writer",
            account_id="a",
            kind="server_to_server",
            plan="free",
            client_id="app",
            client_secret=SECRET,
        )
        conn.commit()
        assert issue_token(conn, connection, world.keyring, session).value == "access-1"
        assert connections.rotate_keys(conn, world.keyring).connections == 2


def test_secrets_show_in_no_repr_no_error_no_log_and_not_in_the_database(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    connection = world.add()
    with psycopg.connect(world.dsn) as conn, requests.Session() as session:
        shown = repr(issue_token(conn, connection, world.keyring, session))
    shown += repr(connections.list_connections(world.db)) + repr(world.keyring)
    world.zoom.dead = True
    world.expire()
    for failing in ({"client_secret": "other-s3cret-value"}, {}):
        world.add(replace=True, **failing)
        with pytest.raises(AuthRefused) as refused:
            world.token(connection)
        shown += "".join(traceback.format_exception(refused.value))
    stored = "".join(map(str, world.db.execute("SELECT zoom_connections::text FROM zoom_connections")))
    for secret in (SECRET, "other-s3cret-value", FIRST_REFRESH, "refresh-1", "access-1"):
        assert secret not in shown
        assert secret not in caplog.text
        assert secret not in stored


class TestCommands:
    """`rollcall connection …` as a person types it."""

    @pytest.fixture(autouse=True)
    def environment(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = Fernet.generate_key().decode()
        self.world = world
        self.patch = monkeypatch
        monkeypatch.setenv("ROLLCALL_DATABASE_URL", world.dsn)
        monkeypatch.setenv("ROLLCALL_FERNET_KEYS", self.key)
        monkeypatch.setenv("ROLLCALL_ZOOM_CLIENT_SECRET", SECRET)

    def add(self, *more: str) -> int:
        url = self.world.server.url
        where = ["--api-url", f"{url}/v2", "--oauth-url", f"{url}/oauth/token"]
        return main(["connection", "add", "acme", "--account-id", "a1", "--client-id", "app", *where, *more])

    def test_from_adding_to_switching_off(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.add("--plan", "business") == 0
        assert main(["connection", "test", "acme"]) == 0
        assert main(["connection", "deactivate", "acme"]) == 0
        capsys.readouterr()
        assert main(["connection", "list"]) == 0
        head, row = capsys.readouterr().out.splitlines()
        assert head.split()[:5] == ["NAME", "KIND", "PLAN", "ACCOUNT", "STATE"]
        assert row.split()[:5] == ["acme", "server_to_server", "business", "a1", "off"]
        assert main(["connection", "activate", "acme"]) == 0

    def test_a_missing_scope_is_named_and_fails_the_test(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.world.zoom.scopes = "user:read:admin webinar:read:admin"
        self.add()
        assert main(["connection", "test", "acme"]) == 1
        assert "report:read:list_webinar_participants:admin" in capsys.readouterr().out

    def test_rotate_keys_says_how_many(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.add()
        self.patch.setenv("ROLLCALL_FERNET_KEYS", f"{Fernet.generate_key().decode()},{self.key}")
        assert main(["connection", "rotate-keys"]) == 0
        assert "Re-encrypted 1 connections (1 secrets)" in capsys.readouterr().out

    def test_a_missing_secret_is_wrong_use_and_names_its_variable(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.patch.delenv("ROLLCALL_ZOOM_CLIENT_SECRET")
        assert self.add() == 2
        assert "ROLLCALL_ZOOM_CLIENT_SECRET" in capsys.readouterr().err

    def test_no_secret_can_be_given_as_an_argument(self) -> None:
        for option in ("--client-secret", "--refresh-token", "--secret"):
            with pytest.raises(SystemExit) as ended:
                self.add(option, "x")
            assert ended.value.code == 2

    @pytest.mark.parametrize("keys", ["", "not-a-key"])
    def test_a_missing_or_bad_key_says_how_to_make_one(
        self, capsys: pytest.CaptureFixture[str], keys: str
    ) -> None:
        self.patch.setenv("ROLLCALL_FERNET_KEYS", keys)
        assert self.add() == 1
        assert "Fernet.generate_key()" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "address", ["postgresql://me:g3heim@127.0.0.1:1/x", "host=127.0.0.1 pass word=g3heim"]
    )
    def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(
        self, capsys: pytest.CaptureFixture[str], address: str
    ) -> None:
        self.patch.setenv("ROLLCALL_DATABASE_URL", address)
        assert main(["connection", "list"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("rollcall: The database")
        assert "g3heim" not in said
