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
from rollcall.sync.connections import add_connection

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAG_ID = "zoom_webinar_sync"
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process: importing Airflow takes seconds."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("airflow"))


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
    found = runs.open_run(
        database,
        source="zoom",
        connection_id=1,
        mode="full",
        window_from=None,
        window_to=None,
        webinar_ids=None,
        fetch_workers=2,
        dag_id=DAG_ID,
        dag_run_id="run-1",
    )
    assert found is not None
    return found
