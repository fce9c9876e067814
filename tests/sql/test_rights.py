"""Who may do what with every table, view and function: whatever is new must be entered here, on purpose."""

from __future__ import annotations

import psycopg
import pytest

ROLES = ("rollcall_writer", "rollcall_reader", "rollcall_monitor")

# Writer, reader, monitor: s(elect), i(nsert), u(pdate), d(elete), t(runcate), r(eferences), x (trigger);
# c: selects some columns only, those of COLUMNS; -: nothing.
RELATIONS = """
attended_sessions s s -
calendly_call_budgets siu - s
calendly_found_before s - -
calendly_health_measures s s s
calendly_listing_slices siud - s
calendly_meeting_reads siu - -
calendly_sync_health s s s
calendly_webhook_events siu s c
calendly_webhook_keys siu - -
calendly_webhook_refusals siu - s
calendly_webhook_subscriptions siu - c
instance_attendance_analytics s s s
meeting_analytics_by_event_type s s s
meeting_analytics_by_host s s -
meeting_bookings s s -
meeting_invitees siu s -
meetings siu s -
participant_engagement s s -
schema_code s - s
schema_migrations s - s
sync_alert_conditions s s s
sync_connection_facts s s s
sync_connection_health s s s
sync_connections s s s
sync_error_logs siu - s
sync_gaps siu s s
sync_health_measures s s s
sync_health_thresholds s s s
sync_instance_reads s s s
sync_known_gaps s s s
sync_monitoring_component_data s s s
sync_monitoring_metrics s s s
sync_monitoring_view s s s
sync_performance_analytics s s s
sync_progress_updates si s s
sync_reconciliation s s s
sync_retention_settings s - s
sync_retry_policies s - s
sync_run_totals s s s
sync_runs siu s s
sync_state siu s s
sync_test_results s - s
users siu c c
webinar_attendance_analytics s s s
webinar_statistics_by_connection s s s
webinar_sync_queue siu - s
webinar_validation_rules s s s
zoom_call_budgets siu - s
zoom_call_slots siu - s
zoom_connections siu - c
zoom_instance_reads siu s s
zoom_instance_reconciliation siu s s
zoom_instance_statistics sid s s
zoom_panelists siu s -
zoom_participant_sessions siu s -
zoom_participant_staging sidt - -
zoom_participants siud s -
zoom_people_changes siu - -
zoom_people_reads siu - -
zoom_person_staging siudt - -
zoom_plan_limits s - s
zoom_plans s - s
zoom_registrants siu s -
zoom_session_staging sidt - -
zoom_webinar_instances siu s -
zoom_webinar_reads siu - -
zoom_webinar_statistics siud s s
zoom_webinars siu s -
"""

# Of a Calendly user: who it is and how its sync stands, no token, no client.
USER_COLUMNS = {
    "id",
    "email",
    "calendly_user_uri",
    "calendly_organization_uri",
    "calendly_role",
    "calendly_scope",
    "calendly_token_kind",
    "calendly_token_expires_at",
    "calendly_is_active",
    "calendly_reconnect_needed_at",
    "calendly_reconnect_reason",
    "calendly_connected_at",
    "last_calendly_sync",
    "calendly_initial_sync_complete",
    "calendly_webhook_enabled",
}

# Columns of a table that a role reads in part.
COLUMNS = {
    ("users", "rollcall_reader"): USER_COLUMNS,
    ("users", "rollcall_monitor"): USER_COLUMNS,
    # That deliveries come and are applied, not what is in them, nor whom they are about.
    ("calendly_webhook_events", "rollcall_monitor"): {
        "id",
        "subscription_id",
        "user_id",
        "event_type",
        "sent_at",
        "seen_count",
        "last_seen_at",
        "apply_status",
        "applied_at",
        "apply_message",
        "created_at",
    },
    # Not the callback address: whoever knows it can have deliveries refused and counted.
    ("calendly_webhook_subscriptions", "rollcall_monitor"): {
        "id",
        "user_id",
        "uri",
        "scope",
        "events",
        "state",
        "retry_started_at",
        "checked_at",
        "created_at",
        "updated_at",
    },
    ("zoom_connections", "rollcall_monitor"): {
        "id",
        "name",
        "account_id",
        "kind",
        "plan",
        "api_url",
        "oauth_url",
        "token_expires_at",
        "granted_scopes",
        "is_active",
        "reconnect_needed_at",
        "reconnect_reason",
        "created_at",
        "updated_at",
    },
}

# The writer may call all functions, readers and monitors these. Which of them run with the owner's rights: `*`.
READERS_CALL = """
find_connections
instance_concurrency *
instance_retention *
instance_statistics *
find_window_runs
get_sync_health_status
get_sync_summary
validate_webinar_data *
webinar_statistics *
"""
MONITORS_CALL = """
check_stale_syncs *
clean_old_webhook_events *
cleanup_old_sync_data *
find_connections
instance_concurrency *
instance_retention *
instance_statistics *
refresh_statistics *
scheduled_cleanup *
test_sync_process *
find_window_runs
generate_sync_report
get_sync_health_status
get_sync_summary
run_sync_health_checks
sync_openmetrics
validate_webinar_data *
webinar_statistics *
"""

# Run with the owner's rights, too, but only the writer may call them: parts of the ones above.
ONLY_THE_WRITER_CALLS = {"clean_sync_data"}

# These as well; nobody calls them but the triggers that they are for.
FOR_TRIGGERS = {"count_ended_run", "forget_attendance_pages", "forget_people_pages", "mark_webinar_validity"}


def test_each_table_and_view_is_open_to_whom_it_should_be(db: psycopg.Connection) -> None:
    found = db.execute(
        """
        SELECT format('%%s %%s', c.relname, string_agg(coalesce(nullif(p.held, ''), '-'), ' ' ORDER BY r.place))
        FROM pg_class c
        CROSS JOIN unnest(%s::text[]) WITH ORDINALITY AS r (role, place)
        CROSS JOIN LATERAL (
            SELECT concat(
                CASE
                    WHEN has_table_privilege(r.role, c.oid, 'SELECT') THEN 's'
                    WHEN has_any_column_privilege(r.role, c.oid, 'SELECT') THEN 'c'
                END,
                CASE WHEN has_any_column_privilege(r.role, c.oid, 'INSERT') THEN 'i' END,
                CASE WHEN has_any_column_privilege(r.role, c.oid, 'UPDATE') THEN 'u' END,
                CASE WHEN has_table_privilege(r.role, c.oid, 'DELETE') THEN 'd' END,
                CASE WHEN has_table_privilege(r.role, c.oid, 'TRUNCATE') THEN 't' END,
                CASE WHEN has_any_column_privilege(r.role, c.oid, 'REFERENCES') THEN 'r' END,
                CASE WHEN has_table_privilege(r.role, c.oid, 'TRIGGER') THEN 'x' END
            ) AS held
        ) p
        WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
        GROUP BY c.relname
        """,
        (list(ROLES),),
    ).fetchall()
    assert {line for (line,) in found} == set(RELATIONS.strip().splitlines())


def test_a_table_that_is_open_in_part_is_so_column_by_column(db: psycopg.Connection) -> None:
    for (table, role), columns in COLUMNS.items():
        found = db.execute(
            """
            SELECT attname FROM pg_attribute
            WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
                AND has_column_privilege(%s, attrelid, attnum, 'SELECT')
            """,
            (table, role),
        ).fetchall()
        assert {name for (name,) in found} == columns
    in_part = {(line.split()[0], role) for line, role in _lines_with_c()}
    assert in_part == set(COLUMNS)


def _lines_with_c() -> list[tuple[str, str]]:
    lines = RELATIONS.strip().splitlines()
    return [
        (line, role)
        for line in lines
        for role, held in zip(ROLES, line.split()[1:], strict=True)
        if "c" in held
    ]


@pytest.mark.parametrize(
    ("role", "expected"), [("rollcall_reader", READERS_CALL), ("rollcall_monitor", MONITORS_CALL)]
)
def test_each_function_is_open_to_whom_it_should_be(db: psycopg.Connection, role: str, expected: str) -> None:
    found = db.execute(
        """
        SELECT p.proname || CASE WHEN p.prosecdef THEN ' *' ELSE '' END
        FROM pg_proc p
        WHERE p.pronamespace = 'rollcall'::regnamespace AND has_function_privilege(%s, p.oid, 'EXECUTE')
        """,
        (role,),
    ).fetchall()
    assert {name for (name,) in found} == set(expected.strip().splitlines())


def test_what_runs_with_the_owners_rights_is_for_people_or_for_the_writer(db: psycopg.Connection) -> None:
    defining = db.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'rollcall'::regnamespace AND prosecdef"
    ).fetchall()
    open_to_people = {line.split()[0] for line in f"{READERS_CALL}{MONITORS_CALL}".split("\n") if "*" in line}
    assert {name for (name,) in defining} == open_to_people | ONLY_THE_WRITER_CALLS | FOR_TRIGGERS


@pytest.mark.parametrize("role", ROLES)
def test_no_role_owns_or_grants_anything(db: psycopg.Connection, role: str) -> None:
    owned = db.execute(
        "SELECT classid::regclass, objid FROM pg_shdepend WHERE refobjid = %s::regrole AND deptype = 'o'",
        (role,),
    ).fetchall()
    assert owned == []
    grantable = db.execute(
        """
        SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'rollcall'::regnamespace AND a.is_grantable AND a.grantee = %(role)s::regrole
        UNION ALL
        SELECT p.proname FROM pg_proc p, aclexplode(p.proacl) a
        WHERE p.pronamespace = 'rollcall'::regnamespace AND a.is_grantable AND a.grantee = %(role)s::regrole
        """,
        {"role": role},
    ).fetchall()
    assert grantable == []


@pytest.mark.parametrize("role", ROLES)
def test_nobody_makes_objects_in_the_schema(db: psycopg.Connection, role: str) -> None:
    found = db.execute("SELECT has_schema_privilege(%s, 'rollcall', 'CREATE')", (role,)).fetchone()
    assert found == (False,)
