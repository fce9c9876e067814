"""Tokens and scopes that Calendly refuses: what to do is said, and nothing is taken for an empty account."""

from __future__ import annotations

from contextlib import closing

import pytest

from rollcall.errors import InactiveConnection, ReconnectNeeded, ScopeMissing
from rollcall.sources.calendly.endpoints import ME
from rollcall.store.users import set_user_active
from rollcall.sync.calendly.account import CalendlyAccount
from sandbox.calendly.oauth import TOKEN
from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.conftest import StartCalendly

INVITEES = r"/invitees"


def test_a_dead_token_says_reconnect_until_somebody_connects_again(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    runner.sync()
    runner.calendly.edit("revoke_tokens")
    run_id = runner.open()
    with pytest.raises(ReconnectNeeded, match="Reconnect needed for"):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    run = runner.run(run_id)
    assert run["error_kind"] == "auth_error"
    assert "revoked" in run["error_message"]
    assert TOKEN not in run["error_message"]
    marked = runner.user()
    assert marked["calendly_reconnect_needed_at"] is not None
    assert marked["calendly_reconnect_reason"]
    health = runner.rows("SELECT calendly_reconnect_needed_at AS since FROM calendly_sync_health")
    assert health == [{"since": marked["calendly_reconnect_needed_at"]}]

    runner.calendly.reset_calls()
    run_id = runner.open()
    with pytest.raises(ReconnectNeeded, match="Reconnect needed for"):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert "Reconnect needed for" in runner.run(run_id)["error_message"]
    assert runner.calendly.calls()["api_calls"] == 0, "a token that is known to be dead was tried again"


def test_a_token_that_was_replaced_while_a_run_works_is_taken_up_not_declared_dead(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("empty")
    run_id = runner.open()
    with CalendlyAccount(runner.resources, run_id) as account:
        account.client.get(ME)
        runner.connect_user(token=runner.calendly.grant().json()["access_token"])
        runner.calendly.fault("token_expired_401", match="/users/me")
        assert account.client.get(ME)["email"] == runner.user()["email"]
    assert runner.user()["calendly_reconnect_needed_at"] is None
    runner.discover(run_id)
    assert runner.finish(run_id) == "completed"


def test_a_token_that_dies_between_two_workers_calls_stops_the_run_and_the_next_does_the_rest(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo")
    run_id = runner.open()
    runner.discover(run_id)
    runner.calendly.fault("token_expired_401", match=INVITEES, after=5)
    with pytest.raises(ReconnectNeeded):
        runner.fetch(run_id)
    assert runner.finish(run_id, failed_task="fetch") == "failed"
    assert runner.user()["calendly_reconnect_needed_at"] is not None
    assert runner.user()["last_calendly_sync"] is None
    assert runner.rows("SELECT FROM meeting_invitees") != []


def test_oauth_refreshes_once_for_all_workers_and_keeps_the_new_pair(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo", kind="oauth")
    runner.calendly.edit("revoke_tokens")
    before = runner.user()
    run = runner.sync(fetch_workers=4)
    assert run["status"] == "completed"
    assert_truth(runner, **window_of(runner, run["id"]))
    calls = runner.calendly.calls()
    assert (calls["token_grants"], calls["most_token_grants_at_once"]) == (1, 1)
    after = runner.user()
    assert after["calendly_refresh_token_encrypted"] != before["calendly_refresh_token_encrypted"]
    assert after["calendly_token_expires_at"] is not None

    runner.calendly.edit("revoke_tokens")
    assert runner.sync()["status"] == "completed"
    runner.calendly.edit("revoke_tokens")
    runner.calendly.fault("invalid_grant", times=-1)
    run_id = runner.open()
    with pytest.raises(ReconnectNeeded, match=f"Reconnect needed for Calendly user {after['id']}: `rollcall"):
        runner.discover(run_id)
    assert runner.user()["calendly_reconnect_needed_at"] is not None


@pytest.mark.parametrize("kind", ["personal", "oauth"])
def test_no_token_is_given_out_for_a_user_who_was_switched_off_meanwhile(
    start_calendly: StartCalendly, kind: str
) -> None:
    runner = start_calendly("demo", kind=kind)
    run_id = runner.open()
    with closing(runner.connect()) as conn:
        set_user_active(conn, runner.user_id, False)
    with pytest.raises(InactiveConnection, match="rollcall calendly activate"):
        runner.discover(run_id)
    assert runner.calendly.calls()["api_calls"] == 0


def test_a_task_at_work_stops_when_its_user_is_switched_off(
    start_calendly: StartCalendly, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = start_calendly("demo")
    with CalendlyAccount(runner.resources, runner.open()) as account:
        account.client.get(ME)
        with closing(runner.connect()) as conn:
            set_user_active(conn, runner.user_id, False)
        account.client.get(ME)
        monkeypatch.setattr("rollcall.sync.calendly.tokens._LOOK_SECONDS", 0.0)
        with pytest.raises(InactiveConnection, match="rollcall calendly activate"):
            account.client.get(ME)


def test_a_missing_scope_is_named(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    runner.calendly.edit("grant_scopes", scopes=["users:read", "organizations:read"])
    run_id = runner.open()
    with pytest.raises(ScopeMissing, match="scheduled_events:read"):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert "scheduled_events:read" in runner.run(run_id)["error_message"]


def test_without_the_scope_for_members_the_events_come_all_the_same(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    runner.calendly.edit("grant_scopes", scopes=["users:read", "scheduled_events:read"])
    run = runner.sync()
    assert run["status"] == "completed"
    assert_truth(runner, **window_of(runner, run["id"]))
