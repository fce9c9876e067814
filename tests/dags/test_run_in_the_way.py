"""A run that is still on record as active: in the way while it lives, closed as cancelled when it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from rollcall.errors import RunInTheWay, WrongUse
from rollcall.sync.discover import open_run
from rollcall.sync.request import check_request


class Airflow:
    """What a task instance can ask Airflow: how many runs of these ids there are, in all or in some states."""

    def __init__(self, state: str | None) -> None:
        self.dag_id = "zoom_webinar_sync"
        self._state = state

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        """Count the one run that there may be."""
        assert (dag_id, run_ids) == ("zoom_webinar_sync", ["first"])
        return int(self._state is not None and (states is None or self._state in states))


@pytest.fixture
def open_after(db: psycopg.Connection) -> Callable[[str | None], int]:
    """Open a run while another, `first`, is active and Airflow says `state` of it (None: knows nothing)."""
    db.execute(
        "INSERT INTO zoom_connections (name, account_id, kind, client_id, client_secret_encrypted)"
        " VALUES ('main', 'a', 'server_to_server', 'c', 'x')"
    )

    from rollcall.airflow.sync_rules import open_or_make_way

    def opened(state: str | None, run_id: str = "second", after: timedelta = timedelta(0)) -> int:
        request = check_request(db, {"connection": "main", "mode": "full"})
        dag_run = SimpleNamespace(run_id=run_id, run_after=datetime.now(UTC) + after)
        context: dict[str, Any] = {"ti": Airflow(state), "dag_run": dag_run}
        return open_or_make_way(db, context, "main", partial(open_run, db, request))

    opened(None, "first")
    return opened


def status_of_first(db: psycopg.Connection) -> str:
    row = db.execute("SELECT status FROM sync_runs WHERE airflow_run_id = 'first'").fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_airflow_works_on_is_in_the_way(
    db: psycopg.Connection, open_after: Callable[[str | None], int], state: str
) -> None:
    with pytest.raises(RunInTheWay, match="Airflow run first"):
        open_after(state)
    assert status_of_first(db) == "running"


@pytest.mark.parametrize("state", ["failed", "success"])
def test_a_run_that_airflow_ended_makes_way(
    db: psycopg.Connection, open_after: Callable[[str | None], int], state: str
) -> None:
    assert open_after(state)
    assert status_of_first(db) == "cancelled"


def test_an_unknown_run_with_a_fresh_heartbeat_may_be_another_airflows(
    db: psycopg.Connection, open_after: Callable[[str | None], int]
) -> None:
    with pytest.raises(RunInTheWay):
        open_after(None)
    assert status_of_first(db) == "running"


def test_an_unknown_run_that_waits_for_a_limit_is_in_the_way(
    db: psycopg.Connection, open_after: Callable[[str | None], int]
) -> None:
    db.execute(
        "UPDATE sync_runs SET status = 'waiting', heartbeat_at = now() - interval '5 hours',"
        " waiting_until = now() + interval '1 hour'"
    )
    with pytest.raises(RunInTheWay):
        open_after(None)


def test_an_unknown_run_without_a_sign_of_life_makes_way(
    db: psycopg.Connection, open_after: Callable[[str | None], int]
) -> None:
    db.execute("UPDATE sync_runs SET heartbeat_at = now() - interval '1 hour'")
    assert open_after(None)
    assert status_of_first(db) == "cancelled"


def test_an_airflow_run_that_is_tried_again_goes_on_with_its_own(
    db: psycopg.Connection, open_after: Callable[..., int]
) -> None:
    db.execute("UPDATE sync_runs SET status = 'failed', finished_at = now()")
    assert open_after("running", "first", timedelta(seconds=-1)) == 1
    assert status_of_first(db) == "running"


def test_the_id_of_a_deleted_airflow_run_opens_nothing_again(
    db: psycopg.Connection, open_after: Callable[..., int]
) -> None:
    db.execute("UPDATE sync_runs SET status = 'completed', finished_at = now(), mode = 'webinars'")
    with pytest.raises(
        WrongUse, match=r"had the id first, too, and opened run 1: trigger again with another id"
    ):
        open_after(None, "first", timedelta(days=1))
    assert status_of_first(db) == "completed"
