"""The plugin's app as Airflow's loader finds it, served on loopback: deliveries arrive and start nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from rollcall.errors import SetupError
from rollcall.secrets import Keyring
from sandbox.calendly.harness import Sandbox
from tests.sync.calendly_hooks import Hooks
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth
from tests.sync.webhook_receiver import MOUNT, serving

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def hooks(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooks]:
    """A user whose subscription leads to the plugin's app."""
    from airflow import plugins_manager

    monkeypatch.setenv("AIRFLOW_CONN_ROLLCALL_DB", dsn.partition("?")[0])
    plugins_manager.ensure_plugins_loaded()
    apps, _ = plugins_manager.get_fastapi_plugins()
    (ours,) = [app for app in apps if app["name"] == "rollcall"]
    assert ours["url_prefix"] == MOUNT
    outer = FastAPI(openapi_url=None)
    outer.mount(ours["url_prefix"], ours["app"])
    with Sandbox("empty") as calendly, serving(outer) as url:
        runner = CalendlyRunner(dsn, calendly)
        monkeypatch.setenv("ROLLCALL_FERNET_KEYS", runner.key)
        found = Hooks(runner, url)
        found.create()
        yield found


def airflows_tables() -> list[str]:
    """What there is of Airflow's own database: these tests never make one."""
    from airflow.settings import engine
    from sqlalchemy import inspect

    assert engine is not None
    return list(inspect(engine).get_table_names())


def test_deliveries_are_stored_and_applied_and_start_no_dag_run(hooks: Hooks) -> None:
    # Airflow's own database has no table here: whoever wanted to start a run, or even to look one up, would fail.
    assert "dag_run" not in airflows_tables()
    booked = hooks.calendly.edit("book", count=3)["invitees"]
    hooks.calendly.edit("cancel", invitee=booked[0])
    hooks.calendly.edit("reschedule", invitee=booked[1])
    assert hooks.send() == [200] * 6
    hooks.settled()
    assert_truth(hooks.runner)
    assert "dag_run" not in airflows_tables()
    with closing(psycopg.connect(hooks.runner.dsn)) as conn:
        assert conn.execute("SELECT count(*) FROM sync_runs").fetchone() == (0,)


def test_a_hundred_at_once_through_airflows_connection(hooks: Hooks) -> None:
    hooks.calendly.edit("book", count=100)
    sent = hooks.calendly.send(at_once=100)
    assert [each["status"] for each in sent] == [200] * 100
    assert max(each["seconds"] for each in sent) < 1.0
    hooks.settled()


def test_the_tolerance_is_read_from_the_environment(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.calendly.edit("book")
    assert hooks.send(1, age=400) == [401]
    monkeypatch.setenv("ROLLCALL_WEBHOOK_TOLERANCE_SECONDS", "500")
    assert hooks.send(1, age=400) == [200]
    monkeypatch.setenv("ROLLCALL_WEBHOOK_TOLERANCE_SECONDS", "soon")
    assert hooks.send(1) == [503]


@pytest.mark.parametrize("value", ["soon", "-1", "0", "nan", "inf"])
def test_a_tolerance_that_is_none_is_a_fault_of_the_setup(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    from rollcall.airflow.webhooks import tolerance_seconds

    monkeypatch.setenv("ROLLCALL_WEBHOOK_TOLERANCE_SECONDS", value)
    with pytest.raises(SetupError, match="ROLLCALL_WEBHOOK_TOLERANCE_SECONDS"):
        tolerance_seconds()


def test_without_keys_calendly_is_asked_to_send_again(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks.calendly.edit("book")
    monkeypatch.delenv("ROLLCALL_FERNET_KEYS")
    assert hooks.send(1) == [503]
    monkeypatch.setenv("ROLLCALL_FERNET_KEYS", Fernet.generate_key().decode())
    assert hooks.send(1) == [503]
    monkeypatch.setenv("ROLLCALL_FERNET_KEYS", hooks.runner.key)
    assert Keyring.from_env()
    assert hooks.send(1) == [200]
