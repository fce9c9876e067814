"""Who is host, panelist or attendee."""

from __future__ import annotations

import psycopg

from rollcall.store import webinars
from tests.sql.attendance_case import AttendanceCase, join


def test_roles_come_from_the_host_and_the_panelist_list(writer: psycopg.Connection) -> None:
    case = AttendanceCase(writer, webinar={"host_id": "host-id", "host_email": "Host@x.test"})
    writer.execute(
        "INSERT INTO zoom_panelists (connection_id, webinar_id, panelist_id, email) VALUES (%s, %s, 'p', 'Pan@x.test')",
        (case.connection_id, case.webinar_id),
    )
    case.read(
        [
            join("a", "Host", email="host@X.test"),
            join("b", "Host's phone", participant_user_id="host-id"),
            join("c", "Pan", email="pan@x.test"),
            join("d", "Ann", email="ann@x.test"),
        ]
    )
    assert [person["role"] for person in case.people()] == ["host", "host", "panelist", "attendee"]


def test_the_host_is_who_held_the_instance_not_who_holds_the_webinar_now(writer: psycopg.Connection) -> None:
    case = AttendanceCase(
        writer, webinar={"host_email": "now@x.test"}, instance={"host_email": "then@x.test"}
    )
    case.read([join("a", "Then", email="then@x.test"), join("b", "Now", email="now@x.test")])
    assert [person["role"] for person in case.people()] == ["host", "attendee"]


def test_a_host_with_another_account_besides_is_the_host(writer: psycopg.Connection) -> None:
    case = AttendanceCase(writer, webinar={"host_id": "host-id"})
    case.read(
        [
            join("a", "Host", registrant_id="R", participant_user_id="host-id"),
            join("b", "Host", registrant_id="R", participant_user_id="other-id"),
        ]
    )
    assert [person["role"] for person in case.people()] == ["host"]


def test_a_panelist_with_another_address_besides_is_a_panelist(case: AttendanceCase) -> None:
    webinars.upsert_panelists(case.conn, case.webinar_id, [{"panelist_id": "p", "email": "pan@x.test"}])
    case.read(
        [
            join("a", "Pan", registrant_id="R", email="pan@x.test"),
            join("b", "Pan", registrant_id="R", email="home@x.test"),
        ]
    )
    assert [person["role"] for person in case.people()] == ["panelist"]
