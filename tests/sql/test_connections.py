"""Connections in a real Postgres: what may be stored, under which keys, with which scopes, and that no secret shows."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet

from rollcall.errors import AuthRefused, SetupError, WrongUse
from rollcall.secrets import Keyring
from rollcall.sync import connections
from rollcall.sync.connection_tokens import issue_token
from rollcall.sync.key_rotation import rotate_keys
from tests.sql.connection_world import ALL_SCOPES, FIRST_REFRESH, SECRET, World
from tests.sql.writers import wait_until_blocked


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
    assert rotate_keys(world.db, Keyring([new, old])) == (2, 4)
    world.keyring = Keyring([new])
    assert world.token(first) == "access-1"
    before = world.db.execute("SELECT * FROM zoom_connections ORDER BY id").fetchall()
    with pytest.raises(SetupError, match=r"acme.*Nothing was changed"):
        rotate_keys(world.db, Keyring([Fernet.generate_key().decode(), old]))
    assert world.db.execute("SELECT * FROM zoom_connections ORDER BY id").fetchall() == before


def test_a_token_that_is_stored_while_keys_are_rotated_is_not_lost(world: World) -> None:
    world.add()
    new = Fernet.generate_key().decode()
    with (
        psycopg.connect(world.dsn) as refreshing,
        psycopg.connect(world.dsn, autocommit=True) as rotating,
        ThreadPoolExecutor(1) as pool,
    ):
        refreshing.execute("SELECT FROM zoom_connections FOR UPDATE")
        rotated = pool.submit(rotate_keys, rotating, Keyring([new]))
        wait_until_blocked(world.db, rotating)
        late = Keyring([new]).encrypt("refresh-9")
        refreshing.execute(
            "UPDATE zoom_connections SET refresh_token_encrypted = %s, client_secret_encrypted = %s",
            (late, late),
        )
        refreshing.commit()
        assert rotated.result(20).secrets == 2
    assert Keyring([new]).decrypt(world.column("refresh_token_encrypted")) == "refresh-9"


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
        assert rotate_keys(conn, world.keyring).connections == 2


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
