"""Deliveries while something is broken: a database, a key, a process, one of them."""

from __future__ import annotations

import json
import logging
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from rollcall.stack.postgres import Postgres
from tests.sync.calendly_hooks import Hooks
from tests.sync.calendly_truth import assert_truth
from tests.sync.conftest import StartCalendly
from tests.sync.webhook_receiver import receiving, receiving_process


def test_a_database_that_is_away_makes_calendly_send_again(
    hooks: Hooks, postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.calendly.edit("book", count=2)
    assert hooks.send(1) == [200]
    hooks.settled()
    name = psycopg.conninfo.conninfo_to_dict(hooks.runner.dsn)["dbname"]
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        assert hooks.send(2) == [503]
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    assert hooks.send() == [200]
    hooks.settled()
    assert_truth(hooks.runner)
    assert "does not answer" in caplog.text


def test_a_cut_connection_costs_no_delivery(hooks: Hooks, postgres: Postgres) -> None:
    hooks.calendly.edit("book", count=3)
    assert hooks.send(1) == [200]
    hooks.settled()
    name = psycopg.conninfo.conninfo_to_dict(hooks.runner.dsn)["dbname"]
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    assert hooks.send() == [200, 200]
    hooks.settled()
    assert_truth(hooks.runner)


def test_keys_that_are_gone_make_calendly_send_again(
    start_calendly: StartCalendly, caplog: pytest.LogCaptureFixture
) -> None:
    from rollcall.secrets import Keyring

    runner = start_calendly("empty")
    with receiving(runner.connect, lambda: Keyring.from_env({})) as url:
        hooks = Hooks(runner, url)
        hooks.create()
        hooks.calendly.edit("book")
        assert hooks.send() == [503]
    assert "Fernet.generate_key()" in caplog.text


@pytest.mark.parametrize("by", ["the next delivery", "the next sync"])
def test_what_a_killed_process_had_stored_is_applied_later(
    start_calendly: StartCalendly, tmp_path: Path, by: str
) -> None:
    runner = start_calendly("empty")
    with receiving_process(runner.dsn, runner.key, tmp_path) as (process, url):
        hooks = Hooks(runner, url)
        hooks.create()
        hooks.calendly.edit("book", count=2)
        with closing(runner.connect()) as holder, holder.transaction():
            # Whoever applies waits here, and the process dies meanwhile.
            holder.execute("LOCK TABLE meetings IN SHARE ROW EXCLUSIVE MODE")
            assert hooks.send(1) == [200]
            process.kill()
            process.wait()
    assert [row["apply_status"] for row in hooks.events()] == ["pending"]
    if by == "the next sync":
        run_id = runner.open(mode="incremental")
        runner.discover(run_id)
    else:
        with receiving(runner.connect, lambda: runner.keyring) as url:
            assert hooks.send(2, url=hooks.events()[0] and _moved(hooks, url)) == [200]
            hooks.settled()
    assert set(hooks.settled()) == {"applied"}
    if by == "the next delivery":
        assert_truth(runner)


def _moved(hooks: Hooks, url: str) -> str:
    """The subscription's address at another port."""
    (subscription,) = hooks.at_calendly()
    return str(subscription["callback_url"]).replace(hooks.url, url)


def test_a_delivery_that_fails_holds_up_no_other_and_is_tried_again(hooks: Hooks) -> None:
    hooks.calendly.edit("book", count=2)
    bad = hooks.calendly.deliveries()[0]["invitee"]
    owner = psycopg.connect(hooks.runner.dsn, autocommit=True)
    with closing(owner):
        owner.execute(
            f"ALTER TABLE meeting_invitees ADD CONSTRAINT not_this_one CHECK (uri <> '{bad}')".encode()
        )
        hooks.send()
        assert hooks.settled() == ["failed", "applied"]
        assert "CheckViolation" in hooks.events()[0]["apply_message"]
        assert bad not in hooks.events()[0]["apply_message"]
        owner.execute("ALTER TABLE meeting_invitees DROP CONSTRAINT not_this_one")
    hooks.calendly.edit("book")
    hooks.send()
    deadline = time.monotonic() + 10
    while "failed" in hooks.settled():
        assert time.monotonic() < deadline
    assert_truth(hooks.runner)


def test_nothing_secret_or_personal_is_logged(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hooks.calendly.edit("book", email="very.private@example.test", name="Very Private")
    hooks.send(signed="wrong")
    hooks.send(body="broken")
    hooks.send()
    hooks.settled()
    (key,) = hooks.runner.rows("SELECT key_encrypted FROM calendly_webhook_keys")
    secret = hooks.runner.keyring.decrypt(key["key_encrypted"])
    assert "Very Private" in json.dumps(hooks.calendly.deliveries()[0]["body"])
    for word in (secret, "very.private", "Very Private", "v1="):
        assert word not in caplog.text
