"""Statements that run once an item stay look-ups when years of runs are kept and a run has many items."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest

from rollcall.store.migration_files import SQL_DIR, read_text
from tests.sql.attendance_case import AttendanceCase, row


@pytest.fixture
def years(db: psycopg.Connection) -> psycopg.Connection:
    """500 ended runs with 100 items each, and an active one with 5,000 to fetch."""
    case = AttendanceCase(db)
    db.execute(
        "INSERT INTO zoom_webinar_instances (connection_id, webinar_id, uuid)"
        " SELECT %s, %s, 'uuid ' || n FROM generate_series(1, 5000) n",
        (case.connection_id, case.webinar_id),
    )
    db.execute(
        "INSERT INTO sync_runs (connection_id, mode, status, finished_at)"
        " SELECT %s, 'delta', 'completed', now() FROM generate_series(1, 500)",
        (case.connection_id,),
    )
    run_id = case.open_run()
    for condition, status in ((f"r.id <> {run_id} AND i.id <= 100", "done"), (f"r.id = {run_id}", "queued")):
        db.execute(
            "INSERT INTO webinar_sync_queue (run_id, kind, webinar_id, instance_id, status)"  # noqa: S608
            " SELECT r.id, 'participants', i.webinar_id, i.id, %s"
            f" FROM sync_runs r CROSS JOIN zoom_webinar_instances i WHERE {condition}",
            (status,),
        )
    db.execute("VACUUM ANALYZE")
    return db


def index_of(conn: psycopg.Connection, query: str) -> str:
    """The index that the plan goes by; fails where it sorts or reads a table whole."""
    found = conn.execute(f"EXPLAIN (FORMAT json) {query}".encode()).fetchone()
    assert found is not None
    plan = json.dumps(found[0])
    assert "Seq Scan" not in plan, plan
    assert '"Node Type": "Sort"' not in plan, plan
    return plan.split('"Index Name": "')[1].split('"')[0]


def lease_queries() -> list[str]:
    """How a lease looks for its item: out of turn, then in turn."""
    body = read_text(SQL_DIR / "functions/queue/choose_queue_item.sql")
    found = re.findall(r"SELECT q\.id INTO v_item_id\n(.*?);", body, re.DOTALL)
    assert len(found) == 2, "the function looks for its item in another way: adapt these tests"
    return ["SELECT q.id " + query.replace("p_run_id", "501") for query in found]


def test_a_lease_is_a_look_up(years: psycopg.Connection) -> None:
    assert index_of(years, lease_queries()[1]) == "webinar_sync_queue_to_fetch"


def test_a_lease_out_of_turn_looks_at_the_next_few(years: psycopg.Connection) -> None:
    years.execute(
        "INSERT INTO zoom_instance_reads"
        " (instance_id, sync_status, attendance_source, rows_read, rows_distinct, digest)"
        " SELECT id, 'complete', 'report', 1, 1, 1 FROM zoom_webinar_instances"
    )
    years.execute("VACUUM ANALYZE zoom_instance_reads")
    found = years.execute(f"EXPLAIN (FORMAT json) {lease_queries()[0]}".encode()).fetchone()
    plan = json.dumps(found)
    assert "Seq Scan" not in plan, plan
    assert plan.split('"Index Name": "')[1].startswith('webinar_sync_queue_to_fetch"'), plan


@pytest.mark.parametrize("status", ["fetched", "sessionized"])
def test_the_next_batch_is_a_look_up(years: psycopg.Connection, status: str) -> None:
    body = read_text(SQL_DIR / "functions/queue/take_batch.sql")
    found = re.findall(r"(?:CURSOR FOR\n|INTO v_items\n)(.*?);", body, re.DOTALL)
    assert len(found) == 2, "the function chooses its batch in another way: adapt this test"
    values = {"p_run_id": "501", "p_status": f"'{status}'", "v_waiting": "'{1,2}'::bigint[]"}
    for chosen in found:
        query = re.sub("|".join(values), lambda name: values[name[0]], chosen)
        select = query if "SELECT" in query else f"SELECT q.id {query}"
        assert index_of(years, select) == "webinar_sync_queue_staged"


def test_the_runs_of_an_airflow_run_and_of_a_connection_are_look_ups(years: psycopg.Connection) -> None:
    assert (
        index_of(years, "SELECT * FROM sync_runs WHERE airflow_dag_id = 'd' AND airflow_run_id = 'r'")
        == "sync_runs_airflow_run"
    )
    assert index_of(
        years, "SELECT id FROM sync_runs WHERE connection_id = 1 AND status IN ('running', 'waiting')"
    ) in {"sync_runs_one_active_per_connection", "sync_runs_by_connection"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM sync_connection_facts",
        "SELECT * FROM sync_alert_conditions",
        "SELECT * FROM sync_connection_health",
        "SELECT * FROM sync_monitoring_view",
    ],
)
def test_health_reads_no_history(years: psycopg.Connection, query: str) -> None:
    # A run a day: the last week is part of the answer, the rest is history.
    years.execute(
        "UPDATE sync_runs SET started_at = now() - id * interval '1 day', finished_at = now() - id * interval '1 day'"
        " WHERE finished_at IS NOT NULL"
    )
    years.execute("VACUUM FULL sync_runs")
    years.execute("ANALYZE sync_runs")
    found = years.execute(f"EXPLAIN (FORMAT json) {query}".encode()).fetchone()
    assert found is not None
    read_whole = set(re.findall(r'"Seq Scan"[^{}]*?"Relation Name": "(\w+)"', json.dumps(found[0])))
    assert not read_whole & {
        "sync_runs",
        "webinar_sync_queue",
        "sync_progress_updates",
        "zoom_webinar_instances",
    }


def test_when_an_instance_began_and_ended_is_asked_once_for_all_its_people(db: psycopg.Connection) -> None:
    """Of one without numbers or times everybody is asked for it: each person anew would be quadratic."""
    case = AttendanceCase(db)
    case.read([row(f"Guest {n}", email=f"guest-{n}@example.com", leave=60) for n in range(200)])
    db.execute("DELETE FROM zoom_instance_statistics")
    db.execute(
        "UPDATE zoom_webinar_instances SET start_time = NULL, end_time = NULL, duration_minutes = NULL"
    )
    db.execute("VACUUM ANALYZE")
    query = "SELECT sum(engagement_score) FROM participant_engagement WHERE instance_id = %s"
    found = db.execute(f"EXPLAIN (ANALYZE, FORMAT json) {query}".encode(), (case.instance_id,)).fetchone()
    assert found is not None
    assert _times(found[0][0]["Plan"], "zoom_participants") <= 3


def _times(node: dict[str, Any], table: str) -> int:
    """How often a plan read a table."""
    own = node["Actual Loops"] if node.get("Relation Name") == table else 0
    return int(own) + sum(_times(child, table) for child in node.get("Plans", ()))
