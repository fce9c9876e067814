"""What each role may do, and what it may not: tried with the role's own rights."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from rollcall.store import connections, runs
from tests.sql.attendance_case import AttendanceCase, row

As = Callable[[str], psycopg.Connection]

PERSONAL = (
    "zoom_participants",
    "zoom_participant_sessions",
    "zoom_registrants",
    "zoom_panelists",
    "zoom_webinars",
    "zoom_webinar_instances",
    "zoom_participant_staging",
    "zoom_session_staging",
    "zoom_person_staging",
    "meetings",
    "meeting_invitees",
    "calendly_webhook_events",
)
PERSONAL_VIEWS = (
    "meeting_bookings",
    "meeting_analytics_by_host",
    "participant_engagement",
    "attended_sessions",
)
CALENDLY_SECRETS = (
    "calendly_token_encrypted",
    "calendly_refresh_token_encrypted",
    "calendly_client_secret_encrypted",
    "calendly_client_id",
)
SECRETS = ("client_secret_encrypted", "refresh_token_encrypted", "access_token_encrypted")
RUNS = ("sync_runs", "sync_progress_updates", "sync_state", "sync_gaps")


@pytest.fixture
def full(db: psycopg.Connection) -> AttendanceCase:
    """A database in which a run has ended, with people in it."""
    case = AttendanceCase(db)
    ann = [row("Ann", email="ann@x.test", join=n * 10, leave=n * 10 + 5) for n in range(3)]
    case.read([*ann, row("Bob", leave=5)])
    return case


@pytest.fixture
def as_role(db: psycopg.Connection) -> As:
    """The connection, acting as rollcall_<name>."""

    def act(name: str) -> psycopg.Connection:
        db.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"rollcall_{name}")))
        return db

    return act


def refused(conn: psycopg.Connection, statement: str, name: str | None = None) -> None:
    """The statement, with `name` in place of {}, fails for want of rights."""
    query = sql.SQL(statement).format(sql.Identifier(name)) if name else sql.SQL(statement)
    with pytest.raises(InsufficientPrivilege), conn.transaction():
        conn.execute(query)


class TestWriter:
    def test_it_takes_a_run_from_start_to_end(self, as_role: As) -> None:
        conn = as_role("writer")
        case = AttendanceCase(conn)
        run_id = case.open_run()
        runs.set_phase(conn, run_id, "fetch", "Fetching")
        case.fetch(run_id, [row("Ann", registrant_id="r1", leave=5), row("Bob", email="b@x.test", leave=5)])
        runs.refresh_progress(conn, run_id)
        case.work_off(run_id)
        # A late row makes one person of two: the only rows that the writer may delete.
        runs.finish_run(conn, run_id, error_kind=None, error_message=None)
        case.read([row("Ann", registrant_id="r1", email="b@x.test", join=9, leave=10)])
        assert len(case.people()) == 1
        assert runs.mark(conn, case.connection_id) is not None

    def test_it_keeps_connections_and_their_tokens(self, as_role: As) -> None:
        conn = as_role("writer")
        case = AttendanceCase(conn)
        with conn.transaction():
            found = connections.lock_connection(conn, case.connection_id)
            connections.mark_reconnect_needed(conn, case.connection_id, "revoked")
        assert found is not None
        assert connections.set_active(conn, found.name, active=False)

    @pytest.mark.parametrize(
        "table",
        [
            "zoom_participant_sessions",
            "zoom_webinars",
            "zoom_webinar_instances",
            "zoom_registrants",
            "zoom_panelists",
            "zoom_connections",
            "sync_runs",
            "sync_state",
            "sync_gaps",
            "sync_error_logs",
            "webinar_sync_queue",
            "users",
            "meetings",
            "meeting_invitees",
            "calendly_webhook_events",
            "calendly_webhook_subscriptions",
            "calendly_webhook_keys",
            "calendly_webhook_refusals",
        ],
    )
    def test_it_deletes_nothing_that_the_source_said(self, as_role: As, table: str) -> None:
        refused(as_role("writer"), "DELETE FROM {}", table)
        refused(as_role("writer"), "TRUNCATE {} CASCADE", table)

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE rollcall.mine ()",
            "ALTER TABLE sync_runs ADD COLUMN mine text",
            "DROP TABLE sync_runs",
            "CREATE FUNCTION rollcall.mine() RETURNS void LANGUAGE sql AS ''",
            "DROP FUNCTION log_activity(bigint, text)",
            "CREATE ROLE mine",
            "ALTER TABLE zoom_connections OWNER TO rollcall_writer",
            "UPDATE zoom_plan_limits SET pace = 1",
            "UPDATE sync_retry_policies SET attempts = 99",
            "DELETE FROM schema_migrations",
            "UPDATE schema_code SET checksum = ''",
        ],
    )
    def test_it_changes_neither_the_schema_nor_the_settings(self, as_role: As, statement: str) -> None:
        refused(as_role("writer"), statement)


class TestReader:
    @pytest.mark.usefixtures("full")
    def test_it_reads_attendance(self, as_role: As) -> None:
        conn = as_role("reader")
        assert conn.execute(
            "SELECT p.participant_name, count(*) FROM zoom_participants p"
            " JOIN zoom_participant_sessions s ON s.participant_id = p.id GROUP BY p.id ORDER BY p.id"
        ).fetchall() == [("Ann", 3), ("Bob", 1)]
        for table in RUNS:
            conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))

    @pytest.mark.usefixtures("full")
    def test_it_sees_no_connection(self, as_role: As) -> None:
        refused(as_role("reader"), "SELECT name FROM zoom_connections")
        for column in SECRETS:
            refused(as_role("reader"), "SELECT {} FROM zoom_connections", column)

    @pytest.mark.parametrize("table", [*PERSONAL, *RUNS])
    def test_it_changes_nothing(self, as_role: As, table: str) -> None:
        conn = as_role("reader")
        for statement in ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"):
            refused(conn, statement, table)

    @pytest.mark.usefixtures("full")
    def test_it_starts_and_stops_no_run(self, as_role: As) -> None:
        refused(as_role("reader"), "SELECT close_sync_run(1, 'cancelled', NULL, NULL)")
        refused(as_role("reader"), "SELECT hold_calls(1, 'heavy', now(), true)")


class TestMonitor:
    @pytest.mark.usefixtures("full")
    def test_it_sees_how_syncs_fare(self, as_role: As) -> None:
        conn = as_role("monitor")
        assert conn.execute("SELECT status, sessions_inserted FROM sync_runs").fetchall() == [
            ("completed", 4)
        ]
        for table in (
            *RUNS,
            "sync_error_logs",
            "webinar_sync_queue",
            "zoom_instance_reads",
            "zoom_call_budgets",
        ):
            conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
        states = conn.execute(
            "SELECT name, is_active, token_expires_at < now() FROM zoom_connections"
        ).fetchall()
        assert states == [("case", True, None)]

    @pytest.mark.usefixtures("full")
    @pytest.mark.parametrize("table", [*PERSONAL, *PERSONAL_VIEWS])
    def test_it_sees_nobodys_name_or_e_mail(self, as_role: As, table: str) -> None:
        refused(as_role("monitor"), "SELECT * FROM {}", table)

    @pytest.mark.usefixtures("full")
    @pytest.mark.parametrize("column", [*SECRETS, "client_id"])
    def test_it_sees_no_secret(self, as_role: As, column: str) -> None:
        refused(as_role("monitor"), "SELECT {} FROM zoom_connections", column)

    @pytest.mark.parametrize(
        "table", ["sync_runs", "zoom_connections", "webinar_sync_queue", "zoom_plan_limits"]
    )
    def test_it_changes_nothing(self, as_role: As, table: str) -> None:
        refused(as_role("monitor"), "DELETE FROM {}", table)
        refused(as_role("monitor"), "INSERT INTO {} DEFAULT VALUES", table)


@pytest.mark.parametrize("role", ["reader", "monitor"])
class TestCalendlySecrets:
    """What no one who only reads may see of Calendly."""

    @pytest.mark.parametrize("column", CALENDLY_SECRETS)
    def test_tokens_stay_with_the_writer(self, as_role: As, role: str, column: str) -> None:
        refused(as_role(role), "SELECT {} FROM users", column)

    @pytest.mark.parametrize("column", ["public_id", "callback_url"])
    def test_the_address_that_takes_deliveries_does(self, as_role: As, role: str, column: str) -> None:
        refused(as_role(role), "SELECT {} FROM calendly_webhook_subscriptions", column)

    def test_signing_keys_do(self, as_role: As, role: str) -> None:
        refused(as_role(role), "SELECT id FROM calendly_webhook_keys")


def test_no_role_owns_anything_or_is_more_than_a_role(db: psycopg.Connection) -> None:
    found = db.execute(
        """
        SELECT rolname FROM pg_roles
        WHERE rolname LIKE 'rollcall_%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
        """
    ).fetchall()
    assert found == []
    owners = db.execute(
        """
        SELECT relowner::regrole::text FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace
        UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace
        UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'rollcall'
        """
    ).fetchall()
    assert owners == [("rollcall_owner",)]


def test_a_stranger_can_do_nothing(db: psycopg.Connection) -> None:
    with db.transaction(force_rollback=True):
        db.execute("CREATE ROLE stranger NOLOGIN")
        db.execute("SET LOCAL ROLE stranger")
        refused(db, "SELECT 1 FROM rollcall.sync_runs")
        refused(db, "SELECT rollcall.content_uuid('x')")


def test_a_trigger_stands_in_the_way_of_nobody_who_may_write(db: psycopg.Connection) -> None:
    case = AttendanceCase(db)
    case.open_run()
    with db.transaction(force_rollback=True):
        db.execute("CREATE ROLE keeper NOLOGIN")
        db.execute("GRANT USAGE ON SCHEMA rollcall TO keeper")
        db.execute("GRANT SELECT, UPDATE, DELETE ON zoom_webinars, zoom_registrants, sync_runs TO keeper")
        db.execute("SET LOCAL ROLE keeper")
        db.execute("UPDATE zoom_registrants SET city = 'Oslo'")
        db.execute("DELETE FROM zoom_registrants")
        db.execute("UPDATE sync_runs SET status = 'cancelled', finished_at = now()")
        db.execute("UPDATE zoom_webinars SET duration = -1")
        db.execute("RESET ROLE")
        assert case.rows("SELECT status, runs FROM sync_run_totals") == [{"status": "cancelled", "runs": 1}]
        (webinar,) = case.rows("SELECT validation_errors FROM zoom_webinars")
        assert "duration_not_positive" in {found["rule"] for found in webinar["validation_errors"]}
