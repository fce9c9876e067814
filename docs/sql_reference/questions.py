"""Under which heading an object stands, and the question that shows what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from docs.sql_reference.catalog import Function, Relation
from rollcall.store.migration_files import SQL_DIR

HEALTH, MAINTENANCE, ATTENDANCE = "Health and monitoring", "Maintenance and validation", "Attendance"
CALENDLY = "Calendly"
GROUPS = (HEALTH, MAINTENANCE, ATTENDANCE, CALENDLY)

_AREAS = {
    "maintenance": MAINTENANCE,
    "webinars": MAINTENANCE,
    "attendance": ATTENDANCE,
    "statistics": ATTENDANCE,
    "calendly": CALENDLY,
}


@dataclass(frozen=True)
class Question:
    """A query as a person would type it.

    `is_tall`: one line for each column, for rows that are too wide. `is_bare`: the only value alone, for a text of
    several lines.
    """

    query: str
    is_tall: bool = False
    is_bare: bool = False


# Where the plain `SELECT *` is too wide, too long, or needs arguments.
_QUESTIONS: Mapping[str, Question] = {
    "cleanup_old_sync_data": Question(
        "SELECT table_name, kept_since, rows_found, rows_deleted, is_complete\n"
        "FROM cleanup_old_sync_data(30, p_dry_run => true);"
    ),
    "scheduled_cleanup": Question("SELECT table_name, kept_since, rows_deleted FROM scheduled_cleanup();"),
    "check_stale_syncs": Question("SELECT * FROM check_stale_syncs();", is_tall=True),
    "test_sync_process": Question(
        "SELECT test_name, passed, expected, actual FROM test_sync_process()\n"
        "WHERE test_name IN ('rejoin', 'late_writer');"
    ),
    "instance_statistics": Question("SELECT * FROM instance_statistics(1);", is_tall=True),
    "webinar_statistics": Question("SELECT * FROM webinar_statistics(1);", is_tall=True),
    "instance_concurrency": Question("SELECT * FROM instance_concurrency('1', '15 minutes');"),
    "instance_retention": Question("SELECT * FROM instance_retention('1', '15 minutes');"),
    # By name: which id a person gets is left to the plan that stores them, and so to the version of Postgres.
    "attended_sessions": Question(
        "SELECT p.participant_name, s.join_time, s.end_time\n"
        "FROM attended_sessions s JOIN zoom_participants p ON p.id = s.participant_id\n"
        "WHERE s.instance_id = 1 AND p.participant_name = 'Ben Back' ORDER BY s.join_time;"
    ),
    "instance_attendance_analytics": Question(
        "SELECT * FROM instance_attendance_analytics WHERE instance_id = 1;", is_tall=True
    ),
    "webinar_attendance_analytics": Question(
        "SELECT * FROM webinar_attendance_analytics ORDER BY actual_participant_count DESC LIMIT 1;",
        is_tall=True,
    ),
    "participant_engagement": Question(
        "SELECT participant_name, attended_share, minutes_late, minutes_left_early, rejoins, engagement_score\n"
        "FROM participant_engagement WHERE instance_id = 1 ORDER BY engagement_score DESC, participant_name;"
    ),
    "get_sync_health_status": Question("SELECT * FROM get_sync_health_status('main');", is_tall=True),
    "get_sync_summary": Question(
        "SELECT section, metric, value, unit, verdict FROM get_sync_summary('main');"
    ),
    "generate_sync_report": Question(
        "SELECT section, metric, value, unit, verdict FROM generate_sync_report('main')\n"
        "WHERE section NOT IN ('connection', 'runs', 'rows');"
    ),
    "find_window_runs": Question(
        "SELECT id, mode, status FROM find_window_runs('main', NULL, NULL) ORDER BY id;"
    ),
    "sync_monitoring_metrics": Question(
        "SELECT * FROM sync_monitoring_metrics WHERE connection_name = 'main' ORDER BY hour LIMIT 1;",
        is_tall=True,
    ),
    "sync_performance_analytics": Question(
        "SELECT * FROM sync_performance_analytics WHERE connection_name = 'main' ORDER BY day DESC LIMIT 1;",
        is_tall=True,
    ),
    "run_sync_health_checks": Question(
        "SELECT check_name, status, value, threshold, unit FROM run_sync_health_checks()\n"
        "WHERE check_name NOT IN ('long_transaction', 'dead_rows');"
    ),
    "sync_openmetrics": Question("SELECT sync_openmetrics();", is_bare=True),
    "sync_monitoring_component_data": Question(
        "SELECT jsonb_pretty(data -> 'totals') FROM sync_monitoring_component_data;", is_bare=True
    ),
    "sync_monitoring_view": Question(
        "SELECT * FROM sync_monitoring_view WHERE connection_name = 'main';", is_tall=True
    ),
    "sync_reconciliation": Question(
        "SELECT connection_name, instance_id, measure, ours, theirs, verdict FROM sync_reconciliation\n"
        "ORDER BY instance_id, measure;"
    ),
    "sync_alert_conditions": Question(
        "SELECT condition, severity, detail, action FROM sync_alert_conditions;", is_tall=True
    ),
    "sync_health_thresholds": Question(
        "SELECT check_name, warning, critical, unit FROM sync_health_thresholds ORDER BY check_name;"
    ),
    "clean_old_webhook_events": Question("SELECT clean_old_webhook_events();"),
    "meeting_bookings": Question(
        "SELECT meeting_id, event_name, start_time, outcome, reschedules, first_booked_at FROM meeting_bookings\n"
        "ORDER BY start_time;"
    ),
    "meeting_analytics_by_event_type": Question(
        "SELECT * FROM meeting_analytics_by_event_type ORDER BY bookings DESC LIMIT 1;", is_tall=True
    ),
    "find_connections": Question("SELECT * FROM find_connections('main');"),
    "validate_webinar_data": Question(
        "SELECT webinar_id, validation_status, jsonb_path_query_array(validation_errors, '$[*].rule') AS rules\n"
        "FROM validate_webinar_data();"
    ),
}


def question_for(thing: Function | Relation) -> Question:
    """The question that is kept for it, or the plain one: what a call without arguments, or two rows, look like."""
    if thing.name in _QUESTIONS:
        return _QUESTIONS[thing.name]
    if isinstance(thing, Function):
        rest, is_tall = "()", thing.result.count(",") > 4
    else:
        is_tall = len(thing.columns) > 6
        rest = " LIMIT 1" if is_tall else " LIMIT 3"
    return Question(f"SELECT * FROM {thing.name}{rest};", is_tall)  # noqa: S608 - a name of ours


def group_of(thing: Function | Relation) -> str:
    """The heading: for a function by its folder, for a view by what it is about."""
    if isinstance(thing, Function):
        area = next((SQL_DIR / "functions").glob(f"*/{thing.name}.sql")).parent.name
        return _AREAS.get(area, HEALTH)
    if thing.name.startswith(("calendly_", "meeting_")):
        return CALENDLY
    return HEALTH if thing.name.startswith("sync_") else ATTENDANCE


def unused_questions(names: set[str]) -> set[str]:
    """Questions kept for what is not there any more."""
    return set(_QUESTIONS) - names
