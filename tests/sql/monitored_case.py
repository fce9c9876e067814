"""A connection whose syncs are well, and the ways in which they stop being so."""

from __future__ import annotations

from typing import Any

import psycopg

from rollcall.store import gaps, runs
from tests.sql.attendance_case import AttendanceCase, row

WEBINAR = {
    "host_id": "host-1",
    "host_email": "host@example.com",
    "type": 5,
    "start_time": "2026-09-01T10:00:00Z",
    "duration": 60,
    "timezone": "UTC",
}


class MonitoredCase(AttendanceCase):
    """One complete read has succeeded; every method below breaks one thing."""

    def __init__(self, conn: psycopg.Connection, **how: Any) -> None:
        super().__init__(conn, webinar=WEBINAR, **how)
        self.succeed()

    def succeed(self) -> None:
        """A run that reads the whole instance."""
        self.read([row("Ann", email="ann@example.com", leave=60)])

    def fail(self, message: str = "Zoom is down") -> int:
        """A run that fails; returns its id."""
        run_id = self.open_run("delta")
        runs.finish_run(self.conn, run_id, error_kind="server_error", error_message=message)
        return run_id

    def gap(
        self, *, expected: bool = False, code: int = 12702, recheck: float | None = None, key: str = "uuid"
    ) -> None:
        """A refusal, noted by a run that then succeeds."""
        run_id = self.open_run("delta")
        gaps.note_gap(
            self.conn,
            run_id,
            object_kind="participants",
            object_key=f"{key} of {code}",
            status=400,
            code=code,
            reason=f"Zoom said of {key}: {code}.",
            is_expected=expected,
            recheck_after_hours=recheck,
        )
        runs.finish_run(self.conn, run_id, error_kind=None, error_message=None)

    def age(self, table: str, column: str, by: str, where: str = "true") -> None:
        """Move a time into the past."""
        self.conn.execute(
            f"UPDATE {table} SET {column} = {column} - %s::interval WHERE {where}".encode(),  # noqa: S608
            (by,),
        )

    def health(self) -> dict[str, Any]:
        """The connection's row of get_sync_health_status."""
        (found,) = self.rows("SELECT * FROM get_sync_health_status(%s)", self.name)
        return found

    def alerts(self) -> dict[str, str]:
        """Severity by condition."""
        return {
            found["condition"]: found["severity"]
            for found in self.rows("SELECT * FROM sync_alert_conditions")
        }
