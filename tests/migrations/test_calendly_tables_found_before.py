"""A database that had users and meetings before: rollcall adds to them, and the way back takes only what it added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from rollcall.store.migrate import migrate_down, migrate_up
from tests.migrations.postgres_programs import dump, run_program

BEFORE_CALENDLY = 10

FOUND = """
    SET search_path TO rollcall;
    CREATE TABLE users (
        id serial PRIMARY KEY,
        email varchar(255) UNIQUE,
        name text,
        last_calendly_sync timestamptz
    );
    COMMENT ON TABLE users IS 'Who may log in.';
    COMMENT ON COLUMN users.last_calendly_sync IS 'Said by the old sync.';
    CREATE TABLE meetings (
        id bigserial PRIMARY KEY,
        user_id integer REFERENCES users (id),
        name text NOT NULL DEFAULT 'Meeting',
        uri text,
        start_time timestamptz
    );
    CREATE INDEX meetings_by_name ON meetings (name);
    INSERT INTO users (email, name) VALUES ('ana@example.com', 'Ana'), (NULL, 'Nobody');
    INSERT INTO meetings (user_id, name, start_time) VALUES (1, 'Old one', now() - interval '3 days');
"""

WORK = """
    SET search_path TO rollcall;
    SET ROLE rollcall_writer;
    UPDATE users SET calendly_token_encrypted = 'x' WHERE id = 1;
    SELECT open_sync_run('calendly', 1, 'full', '2026-01-01', '2026-02-01', NULL, 2, 'calendly_sync', 'a');
    SELECT upsert_meetings(1, '[{"uri": "https://api.calendly.com/scheduled_events/a", "status": "active",
        "name": "Intro", "start_time": "2026-01-01T10:00:00Z", "end_time": "2026-01-01T11:00:00Z"}]', false);
    SELECT upsert_invitees('[{"uri": "https://api.calendly.com/scheduled_events/a/invitees/b", "status": "active",
        "event_uri": "https://api.calendly.com/scheduled_events/a"}]', false);
    SELECT book_listing_slice(1, '2026-01-01', '2026-02-01', '{https://api.calendly.com/scheduled_events/a}');
    SELECT enqueue_invitees(1, '7 days');
    SELECT note_gap(1, 'invitees', 'a', 404, NULL, 'Gone', false, NULL);
    SELECT log_sync_error(1, 'data_error', '404', 'invitees a', 'Gone', '{}');
    SELECT log_activity(1, 'FULL SYNC');
"""


def execute(dsn: str, *statements: str) -> None:
    with closing(psycopg.connect(dsn, autocommit=True)) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def count(dsn: str, query: str) -> int:
    with closing(psycopg.connect(dsn)) as conn:
        row = conn.execute(f"SELECT count(*) FROM {query}".encode()).fetchone()  # noqa: S608 - constants
    return int(row[0]) if row else 0


@pytest.fixture(params=["postgres", "dashboard"])
def owner(request: pytest.FixtureRequest, empty_database: str) -> Iterator[str]:
    """Whose tables they are: the superuser's, or those of a role without more rights."""
    if request.param == "postgres":
        yield "postgres"
        return
    execute(empty_database, "CREATE ROLE dashboard", "CREATE ROLE clerk")
    yield "dashboard"
    execute(
        empty_database, "DROP OWNED BY dashboard, clerk CASCADE", "DROP ROLE dashboard", "DROP ROLE clerk"
    )


@pytest.fixture
def with_tables(empty_database: str, owner: str) -> str:
    """A database as far as Zoom, with tables of somebody else's: users and meetings, and rows in them."""
    migrate_up(empty_database, BEFORE_CALENDLY)
    execute(empty_database, FOUND)
    if owner != "postgres":
        execute(
            empty_database,
            f"ALTER TABLE rollcall.users OWNER TO {owner}",
            f"ALTER TABLE rollcall.meetings OWNER TO {owner}",
            f"GRANT USAGE ON SCHEMA rollcall TO {owner}, clerk",
            f"SET ROLE {owner}",
            "GRANT SELECT ON rollcall.users TO clerk",
        )
    return empty_database


def theirs(dsn: str) -> str:
    """What pg_dump says of their tables, rights and rows included."""
    named = [f"--table=rollcall.{name}" for name in ("users", "meetings")]
    return "\n".join(without_counters(run_program("pg_dump", *named, dsn)))


def test_what_was_there_before_is_there_afterwards_and_nothing_else(with_tables: str) -> None:
    before, theirs_before = dump(with_tables, "--no-privileges"), theirs(with_tables)
    migrate_up(with_tables)
    assert count(with_tables, "rollcall.users WHERE calendly_initial_sync_complete IS NOT NULL") == 2
    execute(with_tables, WORK)
    assert count(with_tables, "rollcall.meetings") == 2

    migrate_down(with_tables, BEFORE_CALENDLY)
    # What was synced into a table that was there before is that table's now.
    execute(with_tables, "DELETE FROM rollcall.meetings WHERE name IS DISTINCT FROM 'Old one'")
    assert theirs(with_tables) == theirs_before
    assert without_counters(dump(with_tables, "--no-privileges")) == without_counters(before)


def test_up_again_finds_the_same_and_works(with_tables: str) -> None:
    migrate_up(with_tables)
    first = shape(with_tables)
    migrate_down(with_tables, BEFORE_CALENDLY)
    migrate_up(with_tables)
    assert shape(with_tables) == first
    execute(with_tables, WORK)


def test_whoever_owned_the_tables_still_works_on_them(with_tables: str, owner: str) -> None:
    booked = "INSERT INTO rollcall.users (email, name) VALUES ('bo@example.com', 'Bo')"
    migrate_up(with_tables)
    execute(with_tables, f"SET ROLE {owner}", booked, "DELETE FROM rollcall.users WHERE name = 'Bo'")
    migrate_down(with_tables, BEFORE_CALENDLY)
    execute(with_tables, f"SET ROLE {owner}", booked, "ALTER TABLE rollcall.users ADD COLUMN nickname text")


@pytest.mark.parametrize("to", [11, BEFORE_CALENDLY])
def test_the_way_back_with_runs_of_calendly_in_the_database(empty_database: str, to: int) -> None:
    migrate_up(empty_database, to)
    before = dump(empty_database, "--no-privileges")
    migrate_up(empty_database)
    execute(empty_database, "INSERT INTO rollcall.users (email) VALUES ('ana@example.com')", WORK)
    assert count(empty_database, "rollcall.sync_runs WHERE source = 'calendly'") == 1
    migrate_down(empty_database, to)
    assert count(empty_database, "rollcall.sync_runs") == 0
    if to == BEFORE_CALENDLY:
        assert without_counters(dump(empty_database, "--no-privileges")) == without_counters(before)
    migrate_up(empty_database)
    migrate_up(empty_database)


def shape(dsn: str) -> str:
    """What pg_dump says of a database without its rows."""
    return "\n".join(without_counters(run_program("pg_dump", "--schema-only", dsn)))


def without_counters(text: str) -> list[str]:
    """A dump's lines, sorted, without where sequences stand and its random words: rows that came and went, or were
    written, stand elsewhere."""
    return sorted(line for line in text.splitlines() if "setval(" not in line and "restrict " not in line)
