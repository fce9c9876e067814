"""Airflow in this process, without one running: an empty home, the project's plugins folder, no examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from rollcall.secrets import Keyring
from rollcall.store import runs
from rollcall.store.users import connect_user
from rollcall.sync.connections import add_connection

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAG_ID = "zoom_webinar_sync"
CALENDLY_DAG_ID = "calendly_sync"


@pytest.fixture(scope="session", autouse=True)
def airflow(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Iterator[None]:
    """Airflow's settings, in place before it is imported: tests here import it in their bodies only."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        environment.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        environment.setenv("AIRFLOW__CORE__PLUGINS_FOLDER", str(repo / "plugins"))
        yield


@pytest.fixture(scope="session")
def dags(airflow: None, repo: Path) -> dict[str, DAG]:
    """The Dags of the dags folder by id, as Airflow reads them; fails with the reason where it can't."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(repo / "dags"))
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    found: dict[str, Any] = bag.dags
    return found


@pytest.fixture
def database(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """The data database of Airflow's connection `rollcall_db`, with the Zoom connection `sandbox`."""
    monkeypatch.setenv("AIRFLOW_CONN_ROLLCALL_DB", dsn.partition("?")[0])
    add_connection(
        dsn,
        Keyring([Fernet.generate_key().decode()]),
        name="sandbox",
        account_id="account",
        kind="server_to_server",
        plan="pro",
        client_id="client",
        client_secret="secret",
    )
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture
def open_run(database: psycopg.Connection) -> int:
    """Id of an open run, which the Airflow run `run-1` of zoom_webinar_sync opened."""
    return opened_by(database, DAG_ID, "run-1")


@pytest.fixture
def calendly_user(database: psycopg.Connection) -> int:
    """Id of a Calendly user beside the Zoom connection; its id is the same, 1."""
    return connect_user(
        database,
        email="mira.holt@acme.test",
        user_uri="https://api.calendly.com/users/U1",
        organization_uri="https://api.calendly.com/organizations/O1",
        role="owner",
        scope="organization",
        token_kind="personal",
        api_url="http://127.0.0.1:1",
        oauth_url="http://127.0.0.1:1/oauth/token",
        client_id=None,
        client_secret_encrypted=None,
        token_encrypted="x",
        refresh_token_encrypted=None,
        token_expires_at=None,
    )


def opened_by(database: psycopg.Connection, dag_id: str, dag_run_id: str) -> int:
    """Open a full run of connection or user 1 for an Airflow run; its id."""
    found = runs.open_run(
        database,
        source="calendly" if dag_id == CALENDLY_DAG_ID else "zoom",
        connection_id=1,
        mode="full",
        window_from=None,
        window_to=None,
        webinar_ids=None,
        fetch_workers=2,
        dag_id=dag_id,
        dag_run_id=dag_run_id,
    )
    assert found is not None
    return found
