"""When a connection gives no token: which failures pass, which need a person, and what brings it back."""

from __future__ import annotations

import pytest
import requests

from rollcall.errors import AuthRefused, InactiveConnection, ReconnectNeeded, ServerFault, UnknownConnection
from rollcall.sync import connections
from tests.contract.scripted_server import Reply, Seen
from tests.sql.connection_world import World


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


def test_a_test_revives_credentials_that_work_again(world: World) -> None:
    connection = world.add("server_to_server")
    world.zoom.dead = True
    with pytest.raises(ReconnectNeeded):
        world.token(connection)
    world.zoom.dead = False
    with requests.Session() as session:
        assert connections.test_connection(world.db, "acme", world.keyring, session).passed
    assert world.column("reconnect_needed_at") is None
