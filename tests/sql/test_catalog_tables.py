"""The rules of the house for tables, asked of the catalog."""

from __future__ import annotations

import psycopg
import pytest

from tests.sql.asking import names

# Their parents are never deleted and never change their keys, so nobody looks up children by them.
UNINDEXED_FOREIGN_KEYS = {
    "calendly_webhook_events(subscription_id)",
    "calendly_webhook_keys(subscription_id)",
    "calendly_webhook_subscriptions(user_id)",
    "sync_gaps(user_id)",
    "sync_gaps(zoom_connection_id)",
    "sync_runs(user_id)",
    "sync_runs(zoom_connection_id)",
    "webinar_sync_queue(instance_id)",
    "webinar_sync_queue(meeting_id)",
    "webinar_sync_queue(webinar_id)",
    "zoom_connections(plan)",
    "zoom_panelists(connection_id)",
    "zoom_registrants(connection_id)",
}


def test_checks_are_named_as_rules(db: psycopg.Connection) -> None:
    by_default = names(
        db,
        r"""
        SELECT conrelid::regclass || '.' || conname FROM pg_constraint
        WHERE connamespace = 'rollcall'::regnamespace AND contype = 'c' AND conname ~ '_check\d*$'
        """,
    )
    assert not by_default


def test_every_foreign_key_has_an_index_that_serves_it(db: psycopg.Connection) -> None:
    unserved = names(
        db,
        """
        SELECT format(
            '%s(%s)', f.conrelid::regclass,
            (
                SELECT string_agg(a.attname, ', ') FROM pg_attribute a
                WHERE a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey)
            )
        )
        FROM pg_constraint f
        WHERE f.connamespace = 'rollcall'::regnamespace AND f.contype = 'f'
            AND NOT EXISTS (
                SELECT FROM pg_index i
                WHERE i.indrelid = f.conrelid AND i.indpred IS NULL AND i.indkey[0] = ANY (f.conkey)
            )
        """,
    )
    assert unserved == UNINDEXED_FOREIGN_KEYS


def test_no_index_repeats_another(db: psycopg.Connection) -> None:
    repeated = db.execute(
        """
        SELECT a.indexrelid::regclass::text, b.indexrelid::regclass::text
        FROM pg_index a
        JOIN pg_index b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
        JOIN pg_class t ON t.oid = a.indrelid AND t.relnamespace = 'rollcall'::regnamespace
        WHERE NOT a.indisunique AND a.indpred IS NULL AND b.indpred IS NULL
            -- The columns of a are the first ones of b, in order.
            AND b.indkey::text || ' ' LIKE a.indkey::text || ' %'
        """
    ).fetchall()
    assert repeated == []


def test_no_extension_is_needed(db: psycopg.Connection) -> None:
    assert names(db, "SELECT extname FROM pg_extension") == {"plpgsql"}


@pytest.mark.parametrize("column", ["status", "kind", "mode", "role", "verdict", "sync_status", "matched_by"])
def test_words_from_a_fixed_list_are_checked(db: psycopg.Connection, column: str) -> None:
    unchecked = db.execute(
        """
        SELECT c.relname FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relnamespace = 'rollcall'::regnamespace AND c.relkind = 'r'
        WHERE a.attname = %s AND c.relname NOT LIKE '%%staging' AND c.relname <> 'zoom_participant_sessions'
            AND NOT EXISTS (
                SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
            )
        """,
        (column,),
    ).fetchall()
    assert unchecked == []
