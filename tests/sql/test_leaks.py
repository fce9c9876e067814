"""A database full of marked names, e-mails and secrets is read through everything that a role may use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from rollcall.store import gaps, runs, webinars
from tests.sql.attendance_case import AttendanceCase, row
from tests.sql.calendly_case import CalendlyCase

PERSON, SECRET = "zanzibar", "quicksilver"
SECRET_COLUMNS = (
    "client_id",
    "client_secret_encrypted",
    "refresh_token_encrypted",
    "access_token_encrypted",
)

# What a person may give for an argument; each is tried beside nothing at all.
GIVEN: dict[str, list[Any]] = {
    "p_connection": [None, "case", "host@example.com", "nobody"],
    "p_webinar": [None, 1, 88_988_872_033, -1],
    "p_instance": [None, "uuid-of-the-instance", "1", "nothing"],
    "p_bucket": [timedelta(minutes=5)],
    "p_dry_run": [True, False],
    "p_days": [0, 30, -1],
}


@pytest.fixture
def marked(db: psycopg.Connection) -> AttendanceCase:
    """A run that ended, one that is active, a gap and an error, and Calendly's; every person and secret is marked."""
    case = AttendanceCase(
        db,
        webinar={
            "host_id": "host-1",
            "host_email": f"host@{PERSON}.test",
            "contact_name": f"Contact {PERSON}",
            "contact_email": f"contact@{PERSON}.test",
            "alternative_hosts": f"other@{PERSON}.test",
            "type": 5,
            "duration": -1,
            "timezone": "Nowhere",
        },
        instance={"host_email": f"host@{PERSON}.test", "participants_count": 9, "total_minutes": 1},
    )
    for column in SECRET_COLUMNS:
        db.execute(sql.SQL("UPDATE zoom_connections SET {} = %s").format(sql.Identifier(column)), (SECRET,))
    webinars.upsert_panelists(
        db, case.webinar_id, [{"panelist_id": "p1", "name": f"Pan {PERSON}", "email": f"pan@{PERSON}.test"}]
    )
    webinars.upsert_registrants(
        db,
        case.webinar_id,
        [{"registrant_id": "r1", "first_name": PERSON, "email": f"ann@{PERSON}.test", "status": "approved"}],
    )
    ann: dict[str, Any] = {"email": f"ann@{PERSON}.test", "registrant_id": "r1"}
    rejoins = [row(f"Ann {PERSON}", **ann, join=n * 10, leave=n * 10 + 5) for n in range(3)]
    case.read(
        [
            *rejoins,
            row(f"Ben {PERSON}", leave=30),
            row(f"Host {PERSON}", email=f"host@{PERSON}.test", leave=60),
        ]
    )
    run_id = case.open_run("delta")
    case.fetch(run_id, [row(f"Cleo {PERSON}", email=f"cleo@{PERSON}.test", leave=5)], total_records=7)
    runs.refresh_progress(db, run_id)
    runs.log_error(
        db,
        run_id,
        kind="server_error",
        code="502",
        subject="uuid-of-the-instance",
        message="502 six times",
        context={},
    )
    gaps.note_gap(
        db,
        run_id,
        object_kind="panelists",
        object_key="88988872033",
        status=404,
        code=3001,
        reason="Its id expired",
        is_expected=False,
        recheck_after_hours=1,
    )
    CalendlyCase(db, person=PERSON, hidden=SECRET)
    return case


def test_the_marks_are_there_to_be_found(marked: AttendanceCase) -> None:
    assert PERSON in _everything_shown(marked.conn, "rollcall_reader")
    assert SECRET in _everything_shown(marked.conn, "rollcall_writer")


def test_a_monitor_is_shown_no_person_and_no_secret(marked: AttendanceCase) -> None:
    shown = _everything_shown(marked.conn, "rollcall_monitor")
    assert "uuid-of-the-instance" in shown
    for mark in (PERSON, SECRET):
        assert re.findall(rf".{{0,80}}{mark}.{{0,40}}", shown) == []


def test_a_reader_is_shown_no_secret(marked: AttendanceCase) -> None:
    shown = _everything_shown(marked.conn, "rollcall_reader")
    assert re.findall(rf".{{0,80}}{SECRET}.{{0,40}}", shown) == []


def _everything_shown(conn: psycopg.Connection, role: str) -> str:
    """What the role gets from all tables, views and functions, errors and warnings included."""
    shown: list[str] = []
    unserved: set[str] = set()
    served: set[str] = set()
    conn.add_notice_handler(lambda notice: shown.append(f"{notice.message_primary} {notice.message_detail}"))
    for relation, query in [*_selects(conn, role), *_calls(conn, role)]:
        with conn.transaction(force_rollback=True):
            conn.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
            # Some calls need other arguments and say so; that is shown, too.
            try:
                rows = conn.execute(query).fetchall()
            except psycopg.Error as error:
                unserved.add(relation)
                shown.append(f"{relation}: {error} {error.diag.message_detail} {error.diag.message_hint}")
            else:
                served.add(relation)
                shown.append(f"{relation}: {rows}")
    assert unserved <= served, "these only ever fail here, so they show nothing: add to GIVEN what they need"
    return "\n".join(shown)


def _selects(conn: psycopg.Connection, role: str) -> Iterator[tuple[str, sql.Composed]]:
    found = conn.execute(
        """
        SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'v', 'm')
            AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')
        GROUP BY c.relname
        """,
        (role,),
    ).fetchall()
    for relation, columns in found:
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        yield relation, sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(relation))


def _calls(conn: psycopg.Connection, role: str) -> Iterator[tuple[str, sql.Composed]]:
    """Each function without arguments, and with each value that is known for one, the others left out or null."""
    if role == "rollcall_writer":
        return  # may read every table, so its functions can show no more
    found = conn.execute(
        """
        SELECT p.proname, coalesce(p.proargnames[1:p.pronargs], '{}'), p.pronargs - p.pronargdefaults
        FROM pg_proc p
        WHERE p.pronamespace = 'rollcall'::regnamespace AND has_function_privilege(%s, p.oid, 'EXECUTE')
        """,
        (role,),
    ).fetchall()
    for function, names, demanded in found:
        cases: list[dict[str, Any]] = [dict.fromkeys(names[:demanded])]
        cases += [{**cases[0], name: value} for name in names for value in GIVEN.get(name, [])]
        for case in cases:
            arguments = sql.SQL(", ").join(
                sql.SQL("{} => {}").format(sql.Identifier(name), sql.Literal(value))
                for name, value in case.items()
            )
            yield function, sql.SQL("SELECT * FROM {}({})").format(sql.Identifier(function), arguments)
