"""Tokens from a real HTTP server that rotates them as Zoom does: fetched once, shared by all, never lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import requests

from rollcall.sync.connection_tokens import TokenSource, issue_token
from tests.sql.connection_world import ALL_SCOPES, FIRST_REFRESH, World


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


def test_a_database_that_ends_idle_transactions_waits_for_a_slow_zoom(world: World) -> None:
    connection, world.zoom.slowness = world.add(), 0.5
    with psycopg.connect(world.dsn, autocommit=True) as conn, requests.Session() as session:
        conn.execute("SET idle_in_transaction_session_timeout = '100ms'")
        assert issue_token(conn, connection, world.keyring, session).value == "access-1"


def test_tokens_that_live_for_seconds_are_shared_too(world: World) -> None:
    world.zoom.seconds = 20
    connection = world.add()
    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(lambda _: world.token(connection), range(5))) == {"access-1"}


def test_the_rotated_refresh_token_is_committed_before_the_access_token_is_handed_out(world: World) -> None:
    connection = world.add()
    conn = psycopg.connect(world.dsn)
    with requests.Session() as session:
        issue_token(conn, connection, world.keyring, session)
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
            issue_token(conn, connection, world.keyring, session)
    assert world.zoom.grants == 0


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
