"""The steps that a sync takes, one call each, on data that the example invents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg

from rollcall.store import attendance, queue, runs, webinars

TOWN_HALL, DEMO = 88_988_872_033, 91_234_567_890
HOST = {"name": "Harriet Host", "email": "host@example.com"}

Stay = tuple[dict[str, str], float, float]
"""Who, and joined and left how many minutes after the start."""


def add_connection(conn: psycopg.Connection, name: str, access_until: str) -> int:
    """Store an account to read, whose access token ends at `access_until`; returns its id."""
    return ask_number(
        conn,
        "INSERT INTO zoom_connections"
        " (name, account_id, kind, plan, client_id, client_secret_encrypted, token_expires_at)"
        " VALUES (%s, %s, 'server_to_server', 'pro', 'client', 'encrypted', %s) RETURNING id",
        name,
        f"account-of-{name}",
        access_until,
    )


def store_webinar(conn: psycopg.Connection, connection_id: int, **fields: Any) -> int:
    """Store a webinar with its settings, as read from its own page; returns its id."""
    record = {
        "host_id": "host-harriet",
        "host_email": HOST["email"],
        "start_time": "2024-09-02T10:00:00Z",
        "timezone": "Europe/Berlin",
        "approval_type": 0,
        "registration_url": "https://example.com/register",
        **fields,
    }
    webinars.upsert_webinars(conn, connection_id, [record], is_detail=True)
    return ask_number(
        conn, "SELECT id FROM zoom_webinars WHERE zoom_webinar_id = %s", fields["zoom_webinar_id"]
    )


def store_instance(
    conn: psycopg.Connection, connection_id: int, number: int, uuid: str, start: str, stays: list[Stay]
) -> int:
    """Store an instance with the totals that Zoom would state of it."""
    minutes = 60 if number == TOWN_HALL else 45
    end = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    record = {
        "zoom_webinar_id": number,
        "uuid": uuid,
        "start_time": start,
        "end_time": end.isoformat(),
        "duration_minutes": minutes,
        "participants_count": len({who["name"] for who, _, _ in stays}),
        "total_minutes": round(sum(left - joined for _, joined, left in stays)),
    }
    webinars.upsert_instances(conn, connection_id, [record], is_detail=True)
    return ask_number(conn, "SELECT id FROM zoom_webinar_instances WHERE uuid = %s", uuid)


def open_run(conn: psycopg.Connection, connection_id: int, mode: str, airflow_run: str) -> int:
    """Open a run; returns its id. Raises RuntimeError where the connection has an active one."""
    run_id = runs.open_run(
        conn,
        source="zoom",
        connection_id=connection_id,
        mode=mode,
        window_from=None,
        window_to=None,
        webinar_ids=None,
        fetch_workers=1,
        dag_id="zoom_webinar_sync",
        dag_run_id=airflow_run,
    )
    if run_id is None:
        raise RuntimeError(
            f"The example's connection {connection_id} has an active run already: mend the story."
        )
    return run_id


def enqueue(conn: psycopg.Connection, run_id: int, *instance_ids: int) -> None:
    """Queue the instances, one call each, so that they are leased in this order."""
    for instance_id in instance_ids:
        queue.enqueue_participants(conn, run_id, [instance_id])


def lease(conn: psycopg.Connection, run_id: int) -> queue.Item:
    """Lease the next list of the run. Raises RuntimeError where none is left."""
    item = queue.lease(conn, run_id, "fetch-0")
    if item is None:
        raise RuntimeError(f"The example's run {run_id} has nothing left to lease: mend the story.")
    return item


def fetch(
    conn: psycopg.Connection, run_id: int, start: str, stays: list[Stay], total_records: int | None = None
) -> None:
    """Lease the next instance and stage its one page."""
    item = lease(conn, run_id)
    began = datetime.fromisoformat(start)
    page = []
    for number, (who, joined, left) in enumerate(stays):
        row = {
            **who,
            "user_id": str(16_778_240 + number),
            "join_time": began + timedelta(minutes=joined),
            "leave_time": began + timedelta(minutes=left),
            "duration": round((left - joined) * 60),
            "status": "in_meeting",
        }
        page.append(tuple(row.get(column) for column, _ in attendance.STAGING_COLUMNS))
    attendance.stage_participants(conn, item.item_id, item.list_no, 0, page)
    queue.advance(
        conn,
        item,
        next_page_token="",
        rows=len(page),
        total_records=len(page) if total_records is None else total_records,
        list_source="report",
    )
    queue.settle(conn, item, "fetched")


def work_off(conn: psycopg.Connection, run_id: int) -> None:
    """Sessionize, upsert and reconcile what the run has fetched."""
    while attendance.sessionize(conn, run_id, 1000):
        pass
    while attendance.upsert(conn, run_id, 1000):
        pass
    attendance.reconcile(conn, run_id)


def ask_number(conn: psycopg.Connection, query: str, *values: Any) -> int:
    """The number that a query gives in its first row. Raises RuntimeError where it gives none."""
    row = conn.execute(query.encode(), values).fetchone()
    if row is None:
        raise RuntimeError(f"The example's database answers nothing to: {query}")
    return int(row[0])
