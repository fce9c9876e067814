"""A Calendly user with a live subscription, and what may go wrong with it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from rollcall.store import runs, webhooks
from tests.sql.calendly_users import add_user

EMAIL = "Ana@example.test"
EVENT = "https://api.calendly.com/scheduled_events/a"


class CalendlyHealthCase:
    """A user with a live subscription and nothing wrong, as the writer."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        conn.execute("SET ROLE rollcall_writer")
        self.user_id = add_user(conn, "Ana")
        self.subscription_id = webhooks.add_subscription(
            conn,
            user_id=self.user_id,
            public_id="public",
            callback_url="https://airflow.example.com/rollcall/webhooks/calendly/public",
            scope="user",
            events=["invitee.created"],
            key_encrypted="key",
        )
        webhooks.note_subscription(
            conn, self.subscription_id, state="active", uri="https://api.calendly.com/w/1"
        )

    def run(self, number: int = 1) -> int:
        run_id = runs.open_run(
            self.conn,
            source="calendly",
            connection_id=self.user_id,
            mode="incremental",
            window_from=None,
            window_to=None,
            webinar_ids=None,
            fetch_workers=2,
            dag_id="calendly_sync",
            dag_run_id=f"manual__{number}",
        )
        assert run_id is not None
        return run_id

    def refuse(self, times: int) -> None:
        for _ in range(times):
            webhooks.count_refusal(self.conn, "public", "mismatch")

    def deliver(self, status: str, minutes: int = 0) -> None:
        webhooks.store_delivery(
            self.conn,
            public_id="public",
            delivery_key=status,
            event_type="invitee.created",
            payload_uri=f"{EVENT}/invitees/i",
            raw_body=b"{}",
            sent_at=None,
            apply_status=status,
            apply_message=None,
        )
        self.conn.execute(
            "UPDATE calendly_webhook_events SET created_at = now() - make_interval(mins => %s)", (minutes,)
        )

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.conn.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def alerts(self) -> dict[str, dict[str, Any]]:
        return {row["condition"]: row for row in self.rows("SELECT * FROM sync_alert_conditions")}
