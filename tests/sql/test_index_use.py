"""Each index has a question that is answered by it: one that no query uses only makes writing slower."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from benchmarks.years_of_data import fill
from rollcall.stack.postgres import Postgres
from tests.conftest import SEARCH_PATH

# By index. A new index needs its question here; one whose question is gone should go with it.
QUESTIONS = {
    # What people ask of webinars, participants and sessions.
    "idx_zoom_participants_webinar_id": "SELECT participant_name FROM zoom_participants WHERE webinar_id = 7",
    "idx_zoom_participants_participant_uuid": (
        "SELECT * FROM zoom_participants WHERE participant_uuid = '00000000-0000-4000-8000-000000000007'"
    ),
    "idx_zoom_participant_sessions_participant_id": (
        "SELECT join_time, leave_time FROM zoom_participant_sessions WHERE participant_id = 7"
    ),
    "idx_zoom_participant_sessions_webinar_id": (
        "SELECT join_time, leave_time FROM zoom_participant_sessions WHERE webinar_id = 7"
    ),
    "idx_zoom_webinars_connection_status": (
        "SELECT sync_status, count(*) FROM zoom_webinars WHERE connection_id = 2 GROUP BY sync_status"
    ),
    "idx_zoom_webinars_sync_status": "SELECT topic FROM zoom_webinars WHERE sync_status = 'pending'",
    "idx_zoom_webinars_validation": "SELECT topic FROM zoom_webinars WHERE validation_status = 'error'",
    "idx_zoom_webinars_host": "SELECT topic FROM zoom_webinars WHERE host_id = 'host-7'",
    "idx_zoom_webinars_date_range": (
        "SELECT topic FROM zoom_webinars"
        " WHERE connection_id = 1 AND start_time BETWEEN now() - interval '7 days' AND now()"
    ),
    # What runs, the progress page and reports ask.
    "sync_runs_by_connection": (
        "SELECT status FROM sync_runs WHERE connection_id = 2 ORDER BY started_at DESC LIMIT 10"
    ),
    "sync_progress_updates_by_run": (
        "SELECT message FROM sync_progress_updates WHERE run_id = 7 ORDER BY id DESC LIMIT 10"
    ),
    "webinar_sync_queue_to_fetch": (
        "SELECT id FROM webinar_sync_queue"
        " WHERE run_id = 7 AND status IN ('queued', 'leased') ORDER BY priority, id LIMIT 1"
    ),
    "webinar_sync_queue_staged": (
        "SELECT id FROM webinar_sync_queue WHERE run_id = 7 AND status = 'fetched' ORDER BY webinar_id, id"
    ),
    "sync_test_results_by_time": "SELECT test_name, passed FROM sync_test_results ORDER BY run_at DESC LIMIT 20",
    "sync_runs_succeeded": (
        "SELECT finished_at FROM sync_runs WHERE source = 'zoom' AND connection_id = 2"
        " AND status IN ('completed', 'completed_with_gaps') ORDER BY finished_at DESC LIMIT 1"
    ),
    "sync_runs_failed": (
        "SELECT count(*) FROM sync_runs WHERE source = 'zoom' AND connection_id = 2 AND status = 'failed'"
        " AND finished_at > now() - interval '7 days'"
    ),
    "sync_gaps_open": (
        "SELECT count(*) FROM sync_gaps WHERE connection_id = 2 AND closed_at IS NULL AND NOT is_expected"
    ),
    "zoom_instance_reads_provisional": (
        "SELECT count(*) FROM zoom_instance_reads WHERE sync_status = 'provisional'"
    ),
    "zoom_instance_reconciliation_differs": (
        "SELECT count(*) FROM zoom_instance_reconciliation WHERE verdict = 'differs'"
    ),
    "webinar_sync_queue_leftovers": (
        "SELECT run_id, sum(rows_fetched) FROM webinar_sync_queue"
        " WHERE status IN ('fetched', 'sessionized', 'abandoned') AND list_source IS NOT NULL GROUP BY run_id"
    ),
    "zoom_webinar_instances_by_webinar": (
        "SELECT uuid FROM zoom_webinar_instances WHERE webinar_id = 7 ORDER BY start_time"
    ),
    "zoom_webinar_instances_by_end": (
        "SELECT id FROM zoom_webinar_instances WHERE connection_id = 1 AND end_time > now() - interval '3 days'"
    ),
    # What Calendly's runs, deliveries and the views of meetings ask.
    "meetings_by_user_and_start": (
        "SELECT id FROM meetings WHERE user_id = 1 AND start_time >= now() AND start_time < now() + interval '7 days'"
    ),
    "meeting_invitees_by_meeting": "SELECT status FROM meeting_invitees WHERE meeting_id = 7",
    "meeting_invitees_by_old_invitee": (
        "SELECT reschedules FROM meeting_bookings WHERE user_id = 1 AND start_time > now() + interval '50 days'"
    ),
    "meeting_invitees_by_new_invitee": (
        "SELECT reschedules FROM meeting_bookings WHERE user_id = 1 AND start_time > now() + interval '50 days'"
    ),
    "calendly_webhook_events_pending": (
        "SELECT raw_body FROM calendly_webhook_events"
        " WHERE apply_status IN ('pending', 'failed') AND user_id = 1 AND id > 0 ORDER BY id LIMIT 1"
    ),
    "calendly_webhook_events_by_user": (
        "SELECT event_type, count(*) FROM calendly_webhook_events"
        " WHERE user_id = 2 AND created_at > now() - interval '30 days' GROUP BY event_type"
    ),
}

# Promised under these names.
NAMED = {
    "idx_zoom_participants_webinar_id",
    "idx_zoom_participants_participant_uuid",
    "idx_zoom_participant_sessions_participant_id",
    "idx_zoom_participant_sessions_webinar_id",
    "idx_zoom_webinars_connection_status",
    "idx_zoom_webinars_sync_status",
    "idx_zoom_webinars_validation",
    "idx_zoom_webinars_host",
    "idx_zoom_webinars_date_range",
}


def test_each_index_has_its_question_and_the_promised_ones_exist(db: psycopg.Connection) -> None:
    indexes: dict[str, bool] = dict(
        db.execute(
            """
            SELECT i.relname, x.indisunique
            FROM pg_index x
            JOIN pg_class i ON i.oid = x.indexrelid
            WHERE i.relnamespace = 'rollcall'::regnamespace
            """
        ).fetchall()
    )
    assert indexes.keys() >= NAMED
    plain = {name for name, is_unique in indexes.items() if not is_unique}
    assert set(QUESTIONS) == plain | NAMED


@pytest.fixture(scope="module")
def years(postgres: Postgres, template: str) -> Iterator[psycopg.Connection]:
    """A few per cent of years of data, with as many webinars as ten years have."""
    name = "index_use"
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    with psycopg.connect(f"{postgres.dsn(name)}?{SEARCH_PATH}", autocommit=True) as conn:
        fill(conn, 0.03)
        conn.execute(
            """
            INSERT INTO zoom_webinars
                (connection_id, zoom_webinar_id, host_id, topic, type, start_time, duration, approval_type, sync_status)
            SELECT
                1 + n % 4, 70000000000 + n, 'host-' || n % 200, 'Webinar ' || n, 5, now() - make_interval(hours => n),
                CASE WHEN n % 100 <> 0 THEN 60 ELSE -1 END, 0, CASE WHEN n % 200 = 0 THEN 'pending' ELSE 'synced' END
            FROM generate_series(1, 10000) n
            """
        )
        conn.execute(
            """
            INSERT INTO zoom_webinar_instances (connection_id, webinar_id, uuid, start_time, end_time)
            SELECT w.connection_id, w.id, 'more-' || w.id, w.start_time, w.start_time + interval '1 hour'
            FROM zoom_webinars w WHERE w.zoom_webinar_id < 80000000000
            """
        )
        conn.execute(
            """
            INSERT INTO sync_test_results (test_run, run_at, test_name, passed, expected, detail, duration_ms)
            SELECT gen_random_uuid(), now() - make_interval(hours => n), 'case', true, '', '', 1
            FROM generate_series(1, 2000) n
            """
        )
        conn.execute("VACUUM (ANALYZE)")
        yield conn
    postgres.drop_database(name)


@pytest.mark.parametrize("index", sorted(QUESTIONS))
def test_the_question_is_answered_by_the_index(years: psycopg.Connection, index: str) -> None:
    found = years.execute(f"EXPLAIN (FORMAT json) {QUESTIONS[index]}".encode()).fetchone()
    assert found is not None
    plan = json.dumps(found[0])
    assert f'"Index Name": "{index}"' in plan, plan
