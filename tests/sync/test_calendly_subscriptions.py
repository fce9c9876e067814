"""Webhook subscriptions at the fake Calendly: made once, found again, replaced without a gap, no key ever lost."""

from __future__ import annotations

import pytest

from rollcall.errors import AuthRefused, NetworkFault, PlanMissing, ServerFault, SourceError, WrongUse
from rollcall.sync.calendly.webhook_subscriptions import EVENTS
from sandbox.calendly.oauth import MEMBER_TOKEN
from tests.sync.calendly_hooks import Hooks
from tests.sync.conftest import StartCalendly

BASE = "https://airflow.example.test"


@pytest.fixture
def bare(start_calendly: StartCalendly) -> Hooks:
    """A user without a subscription, and no receiver."""
    return Hooks(start_calendly("empty"), BASE)


def states(hooks: Hooks) -> list[str]:
    rows = hooks.runner.rows("SELECT state FROM calendly_webhook_subscriptions ORDER BY id")
    return [row["state"] for row in rows]


def test_a_command_tries_again_as_often_as_the_stored_policies_say(hooks: Hooks) -> None:
    with hooks.runner.connect() as conn:
        conn.execute("RESET ROLE")
        conn.execute("UPDATE sync_retry_policies SET attempts = 2 WHERE kind = 'server_error'")
    hooks.calendly.fault("503", match="GET /webhook_subscriptions", times=-1)
    hooks.calendly.reset_calls()
    with pytest.raises(ServerFault):
        hooks.refresh()
    assert hooks.calendly.calls()["api_calls"] == 2


def test_a_subscription_is_made_once_however_often_it_is_asked_for(bare: Hooks) -> None:
    made = bare.create()
    assert bare.create(f"{BASE}/").id == made.id
    (theirs,) = bare.at_calendly()
    assert theirs["uri"] == made.uri
    assert theirs["callback_url"] == f"{BASE}/rollcall/webhooks/calendly/{made.public_id}"
    assert theirs["events"] == EVENTS
    assert (made.state, bare.user.calendly_webhook_enabled) == ("active", True)


def test_the_key_is_stored_before_calendly_hears_of_it(bare: Hooks) -> None:
    bare.calendly.fault("drop", match="POST /webhook_subscriptions", times=-1)
    with pytest.raises(NetworkFault):
        bare.create()
    assert states(bare) == ["creating"]
    assert len(bare.runner.rows("SELECT FROM calendly_webhook_keys")) == 1
    bare.calendly.clear_faults()
    assert bare.create().state == "active"
    assert len(bare.at_calendly()) == 1
    assert states(bare) == ["deleted", "active"]


@pytest.mark.parametrize("kind", ["cut_body", "broken_json", "no_wrapper"])
def test_a_lost_answer_is_no_lost_subscription(bare: Hooks, kind: str) -> None:
    bare.calendly.fault(kind, match="POST /webhook_subscriptions")
    made = bare.create()
    assert [each["uri"] for each in bare.at_calendly()] == [made.uri]
    assert states(bare) == ["active"]


def test_one_whose_answer_and_list_were_lost_is_adopted_later(bare: Hooks) -> None:
    bare.calendly.fault("cut_body", match="POST /webhook_subscriptions")
    bare.calendly.fault("503", match="GET /webhook_subscriptions", times=-1)
    with pytest.raises(ServerFault):
        bare.create()
    bare.calendly.clear_faults()
    (found,) = bare.refresh()
    assert (found.state, [each["uri"] for each in bare.at_calendly()]) == ("active", [found.uri])


def test_one_that_calendly_has_at_this_address_already_is_adopted(
    bare: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _bytes: "as-before")
    first = bare.create()
    with bare.runner.connect() as conn:
        conn.execute("RESET ROLE")
        conn.execute("TRUNCATE calendly_webhook_subscriptions CASCADE")
    assert bare.create().uri == first.uri
    assert [each["uri"] for each in bare.at_calendly()] == [first.uri]
    assert states(bare) == ["active"]


def test_a_refused_one_leaves_nothing_alive(bare: Hooks) -> None:
    bare.calendly.fault("upgrade_needed", match="POST /webhook_subscriptions")
    with pytest.raises(PlanMissing, match="plan"):
        bare.create()
    assert states(bare) == ["deleted"]
    assert bare.user.calendly_webhook_enabled is False


def test_a_missing_read_scope_is_named(bare: Hooks) -> None:
    bare.calendly.edit("grant_scopes", scopes=["users:read", "webhooks:write"])
    with pytest.raises(SourceError, match="scheduled_events:read"):
        bare.create()


def test_a_member_may_not_listen_to_the_organization(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    member = next(
        user["email"] for user in runner.calendly.truth()["users"].values() if user["role"] == "user"
    )
    runner.user_id = runner.connect_user(member, MEMBER_TOKEN)
    bare = Hooks(runner, BASE)
    with pytest.raises(AuthRefused, match="role"):
        bare.create()
    runner.user_id = runner.connect_user(member, MEMBER_TOKEN, scope="user")
    assert bare.create().scope == "user"


def test_a_disabled_one_is_seen_and_replaced(hooks: Hooks) -> None:
    hooks.calendly.edit("disable_subscription")
    (found,) = hooks.refresh()
    assert (found.state, hooks.user.calendly_webhook_enabled) == ("disabled", False)
    assert found.retry_started_at is not None
    made = hooks.create()
    assert [each["uri"] for each in hooks.at_calendly()] == [made.uri]
    assert hooks.user.calendly_webhook_enabled is True
    hooks.calendly.edit("book")
    assert hooks.send() == [200]


def test_a_sync_finds_one_that_calendly_has_disabled(hooks: Hooks) -> None:
    hooks.calendly.edit("disable_subscription")
    hooks.runner.sync(mode="full")
    assert hooks.user.calendly_webhook_enabled is False
    (health,) = hooks.runner.rows("SELECT webhook_state FROM calendly_sync_health")
    assert health["webhook_state"] == "disabled"


def test_a_sync_goes_on_where_the_subscription_can_not_be_looked_at(hooks: Hooks) -> None:
    hooks.calendly.fault("scope_missing", match="/webhook_subscriptions", times=-1, scopes=["webhooks:read"])
    run = hooks.runner.sync(mode="full")
    assert run["status"] == "completed"
    (logged,) = hooks.runner.rows("SELECT message FROM sync_error_logs WHERE run_id = %s", run["id"])
    assert "webhooks:read" in logged["message"]
    assert states(hooks) == ["active"]


def test_one_that_is_gone_at_calendly_is_known_to_be_gone(bare: Hooks) -> None:
    made = bare.create()
    assert bare.calendly.call("DELETE", made.uri or "").status_code == 204
    assert bare.refresh() == []
    assert bare.user.calendly_webhook_enabled is False


def test_one_whose_address_calendly_writes_otherwise_is_still_there(hooks: Hooks) -> None:
    hooks.runner.execute("UPDATE calendly_webhook_subscriptions SET callback_url = callback_url || '/'")
    assert [each.state for each in hooks.refresh()] == ["active"]
    hooks.calendly.edit("book")
    assert hooks.send() == [200]


def test_another_address_takes_the_place_of_the_first(bare: Hooks) -> None:
    bare.create()
    made = bare.create("https://other.example.test/airflow/")
    assert made.callback_url.startswith("https://other.example.test/airflow/rollcall/webhooks/calendly/")
    assert [each["uri"] for each in bare.at_calendly()] == [made.uri]


def test_a_new_scope_takes_the_place_of_the_old(bare: Hooks) -> None:
    bare.create()
    bare.runner.execute("UPDATE users SET calendly_scope = 'user'")
    assert bare.create().scope == "user"
    assert bare.at_calendly() == []


def test_both_keys_hold_while_one_takes_the_place_of_the_other(hooks: Hooks) -> None:
    hooks.calendly.edit("book", count=2)
    assert hooks.send(1) == [200]
    before = hooks.at_calendly()[0]["uri"]
    made = hooks.rotate()
    assert [each["uri"] for each in hooks.at_calendly()] == [made.uri]
    assert made.uri != before
    # On its way when the subscription went: to the old address, signed with the old key.
    assert hooks.send(2) == [200]
    hooks.calendly.edit("book")
    assert hooks.send(3) == [200]
    hooks.runner.execute("UPDATE calendly_webhook_keys SET retired_at = now() WHERE retired_at IS NOT NULL")
    assert hooks.send(2) == [404]
    assert hooks.send(3) == [200]


def test_two_keys_of_one_subscription_both_open(hooks: Hooks) -> None:
    (held,) = hooks.runner.rows("SELECT subscription_id FROM calendly_webhook_keys")
    second = hooks.runner.keyring.encrypt("second-key")
    hooks.runner.execute(
        "INSERT INTO calendly_webhook_keys (subscription_id, key_encrypted) VALUES (%s, %s)",
        held["subscription_id"],
        second,
    )
    hooks.calendly.edit("book")
    assert hooks.send(1, key="second-key") == [200]
    assert hooks.send(1) == [200]
    assert hooks.send(1, key="third-key") == [401]


def test_deleting_ends_it_there_and_here(hooks: Hooks) -> None:
    hooks.calendly.edit("book")
    assert hooks.delete() == 1
    assert hooks.at_calendly() == []
    assert hooks.send(1) == [404]
    assert hooks.user.calendly_webhook_enabled is False
    assert hooks.delete() == 0


def test_the_key_of_an_oauth_app_is_taken_as_given(bare: Hooks) -> None:
    bare.create(signing_key="the-apps-own-key")
    (key,) = bare.runner.rows("SELECT key_encrypted FROM calendly_webhook_keys")
    assert bare.runner.keyring.decrypt(key["key_encrypted"]) == "the-apps-own-key"


@pytest.mark.parametrize(
    "address",
    [
        "http://airflow.example.test",
        "ftp://x",
        "https://u:g3heim@x.test",
        "https://x.test?a=1",
        "airflow",
        "",
    ],
)
def test_an_address_that_calendly_can_not_reach_is_refused_at_once(bare: Hooks, address: str) -> None:
    with pytest.raises(WrongUse) as refused:
        bare.create(address)
    assert "g3heim" not in str(refused.value)
    assert states(bare) == []
