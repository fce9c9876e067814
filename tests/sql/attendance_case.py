"""One webinar instance and the reads of it, as a run takes them: queue, stage, sessionize, upsert, finish."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from rollcall.store import attendance, queue, runs, webinars

START = datetime(2026, 9, 1, 10, tzinfo=UTC)
Row = dict[str, Any]
_user_ids = itertools.count(16_778_240)


def at(minutes: float) -> datetime:
    """So many minutes after the start of the instance."""
    return START + timedelta(minutes=minutes)


def row(
    name: str | None = None,
    *,
    join: float | None = 0,
    leave: float | None = None,
    duration: int | None = None,
    **fields: Any,
) -> Row:
    """A participant row as it is staged: `join` and `leave` in minutes from the start, `duration` in seconds (the time
    between them where none is given). Each row is a join of its own, with its own user_id, unless one is given."""
    if duration is None and join is not None and leave is not None:
        duration = round((leave - join) * 60)
    return {
        "user_id": str(next(_user_ids)),
        "name": name,
        "join_time": None if join is None else at(join),
        "leave_time": None if leave is None else at(leave),
        "duration": duration,
        "status": "in_meeting",
        **fields,
    }


def join(user_id: str, name: str | None = None, **fields: str | None) -> Row:
    """A join ten minutes long, beginning as many minutes in as its letter comes in the alphabet."""
    start = ord(user_id[0]) - ord("a")
    return {**row(name, join=start, leave=start + 10), "user_id": user_id, **fields}


class AttendanceCase:
    """A connection with one webinar and its first instance; `read` does what a run does with an instance's list."""

    def __init__(
        self,
        conn: psycopg.Connection,
        *,
        name: str = "case",
        webinar: Mapping[str, Any] | None = None,
        instance: Mapping[str, Any] | None = None,
    ) -> None:
        self.conn = conn
        self._run_numbers = itertools.count(1)
        self.connection_id = add_connection(conn, name)
        self.name = name
        record = {"zoom_webinar_id": 88_988_872_033, "topic": "Town hall", **(webinar or {})}
        webinars.upsert_webinars(conn, self.connection_id, [record], is_detail=True)
        self.webinar_id = self._one(
            "SELECT id FROM zoom_webinars WHERE connection_id = %s", self.connection_id
        )
        self.instance_id = self.add_instance("uuid-of-the-instance", **(instance or {}))

    def add_instance(self, uuid: str, **fields: Any) -> int:
        """Store one more instance of the webinar; returns its id."""
        record = {
            "zoom_webinar_id": 88_988_872_033,
            "uuid": uuid,
            "start_time": START.isoformat(),
            "end_time": at(60).isoformat(),
            "duration_minutes": 60,
            **fields,
        }
        webinars.upsert_instances(self.conn, self.connection_id, [record], is_detail=True)
        return self._one(
            "SELECT id FROM zoom_webinar_instances WHERE connection_id = %s AND uuid = %s",
            self.connection_id,
            uuid,
        )

    def open_run(self, mode: str = "full") -> int:
        """Open a run; there must be no other."""
        run_id = runs.open_run(
            self.conn,
            source="zoom",
            connection_id=self.connection_id,
            mode=mode,
            window_from=None,
            window_to=None,
            webinar_ids=None,
            fetch_workers=1,
            dag_id=self.name,
            dag_run_id=f"run {next(self._run_numbers)}",
        )
        assert run_id is not None
        return run_id

    def take_up_again(self, run_id: int) -> None:
        """Open a run once more, as a retry of its Airflow run does."""
        run = self.run(run_id)
        opened = runs.open_run(
            self.conn,
            source="zoom",
            connection_id=self.connection_id,
            mode=run["mode"],
            window_from=None,
            window_to=None,
            webinar_ids=None,
            fetch_workers=1,
            dag_id=run["airflow_dag_id"],
            dag_run_id=run["airflow_run_id"],
        )
        assert opened == run_id

    def fetch(
        self,
        run_id: int,
        rows: Sequence[Row],
        *,
        instance_id: int | None = None,
        source: str = "report",
        total_records: int | None = None,
        page_size: int = 300,
    ) -> int:
        """Queue the instance and stage its rows, page by page, under a lease; returns the item."""
        queue.enqueue_participants(self.conn, run_id, [instance_id or self.instance_id])
        item = queue.lease(self.conn, run_id, "worker-1")
        assert item is not None
        assert item.instance_id == (instance_id or self.instance_id)
        for first in range(0, max(len(rows), 1), page_size):
            page = rows[first : first + page_size]
            with self.conn.transaction():
                attendance.stage_participants(
                    self.conn, item.item_id, item.list_no, first, map(_values, page)
                )
                queue.advance(
                    self.conn,
                    item,
                    next_page_token="more" if first + page_size < len(rows) else "",
                    rows=len(page),
                    total_records=len(rows) if total_records is None else total_records,
                    list_source=source,
                )
        queue.settle(self.conn, item, "fetched")
        return item.item_id

    def work_off(self, run_id: int, batch_rows: int = 30_000) -> None:
        """Sessionize and upsert what is fetched."""
        while attendance.sessionize(self.conn, run_id, batch_rows):
            pass
        while attendance.upsert(self.conn, run_id, batch_rows):
            pass

    def read(self, rows: Sequence[Row], **how: Any) -> dict[str, Any]:
        """A whole run over the instance; returns its row of sync_runs."""
        run_id = self.open_run()
        self.fetch(run_id, rows, **how)
        self.work_off(run_id)
        attendance.reconcile(self.conn, run_id)
        runs.finish_run(self.conn, run_id, error_kind=None, error_message=None)
        return self.run(run_id)

    def run(self, run_id: int) -> dict[str, Any]:
        """The run's row."""
        return self.rows("SELECT * FROM sync_runs WHERE id = %s", run_id)[0]

    def people(self, instance_id: int | None = None) -> list[dict[str, Any]]:
        """The instance's participants, each with the user_ids of its sessions as `joins`, by first join."""
        return self.rows(
            "SELECT p.*, ARRAY("
            "  SELECT s.user_id FROM zoom_participant_sessions s WHERE s.participant_id = p.id ORDER BY s.user_id"
            ") AS joins"
            " FROM zoom_participants p WHERE p.instance_id = %s ORDER BY p.first_join_time NULLS LAST, p.id",
            instance_id or self.instance_id,
        )

    def sessions(self, instance_id: int | None = None) -> list[dict[str, Any]]:
        """The instance's sessions, by join."""
        return self.rows(
            "SELECT * FROM zoom_participant_sessions WHERE instance_id = %s ORDER BY join_time, leave_time, session_id",
            instance_id or self.instance_id,
        )

    def activity(self, run_id: int) -> list[str]:
        """What the run told, in order."""
        told = self.rows("SELECT message FROM sync_progress_updates WHERE run_id = %s ORDER BY id", run_id)
        return [each["message"] for each in told]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows as dicts."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def _one(self, query: str, *values: Any) -> int:
        found = self.conn.execute(query.encode(), values).fetchone()
        assert found is not None
        return int(found[0])


def add_connection(
    conn: psycopg.Connection, name: str, *, account: str | None = "account", plan: str = "unlimited"
) -> int:
    """Store a connection; returns its id."""
    found = conn.execute(
        "INSERT INTO zoom_connections"
        " (name, account_id, kind, plan, client_id, client_secret_encrypted, refresh_token_encrypted)"
        " VALUES (%s, %s, 'oauth', %s, 'client', 'cipher-secret', 'cipher-refresh') RETURNING id",
        (name, account, plan),
    ).fetchone()
    assert found is not None
    return int(found[0])


def groups(people: Iterable[Mapping[str, Any]]) -> set[frozenset[str]]:
    """Which joins are one person's, as a partition."""
    return {frozenset(person["joins"]) for person in people}


def _values(given: Row) -> tuple[Any, ...]:
    return tuple(given.get(column) for column, _ in attendance.STAGING_COLUMNS)
