"""The views over attendance: who may ask them, what they say of nothing, and the score."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from rollcall.store import webinars
from tests.sql.attendance_case import AttendanceCase, at, row

NUMBERS = (
    "SELECT * FROM webinar_attendance_analytics ORDER BY actual_participant_count DESC;",
    "SELECT * FROM instance_attendance_analytics",
    "SELECT * FROM webinar_statistics_by_connection",
    "SELECT * FROM sync_reconciliation",
    "SELECT * FROM instance_statistics(1)",
    "SELECT * FROM webinar_statistics(1)",
)


def become(conn: psycopg.Connection, name: str) -> None:
    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"rollcall_{name}")))


@pytest.mark.parametrize("role", ["reader", "monitor", "writer"])
@pytest.mark.parametrize("query", NUMBERS)
class TestEveryRoleReadsTheNumbers:
    def test_with_and_without_stored_ones(self, db: psycopg.Connection, role: str, query: str) -> None:
        AttendanceCase(db).read([row("Ann", email="ann@x.test", leave=5)])
        for _ in ("stored", "missing"):
            become(db, role)
            found = db.execute(query.encode()).fetchall()
            assert found
            assert "ann@x.test" not in str(found)
            db.execute("RESET ROLE")
            db.execute("DELETE FROM zoom_instance_statistics")
            db.execute("DELETE FROM zoom_webinar_statistics")

    def test_on_an_empty_database(self, db: psycopg.Connection, role: str, query: str) -> None:
        become(db, role)
        assert db.execute(query.encode()).fetchall() == []


def test_names_are_for_readers_only(db: psycopg.Connection) -> None:
    AttendanceCase(db).read([row("Ann", email="ann@x.test", leave=5)])
    become(db, "reader")
    found = db.execute("SELECT participant_name, email FROM participant_engagement").fetchall()
    assert found == [("Ann", "ann@x.test")]
    become(db, "monitor")
    for view in ("participant_engagement", "attended_sessions"):
        with pytest.raises(InsufficientPrivilege):
            db.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(view)))


def test_a_webinar_that_never_ran_and_an_instance_never_read_are_listed(case: AttendanceCase) -> None:
    webinars.upsert_webinars(case.conn, case.connection_id, [{"zoom_webinar_id": 5}], is_detail=False)
    found = case.rows("SELECT * FROM webinar_attendance_analytics ORDER BY zoom_webinar_id")
    assert [(w["zoom_webinar_id"], w["instances"], w["unread_instances"]) for w in found] == [
        (5, 0, 0),
        (88_988_872_033, 1, 1),
    ]
    assert [w["actual_participant_count"] for w in found] == [0, 0]
    assert case.rows("SELECT sync_status FROM instance_attendance_analytics") == [{"sync_status": "unread"}]


def test_a_connection_adds_up(case: AttendanceCase) -> None:
    AttendanceCase(case.conn, name="quiet")
    case.add_instance("unread")
    case.read([row("Ann", email="ann@x.test", leave=30), row("Bob", email="bob@x.test", leave=60)])
    found = case.rows("SELECT * FROM webinar_statistics_by_connection ORDER BY connection_name")
    assert [c["connection_name"] for c in found] == ["case", "quiet"]
    busy = found[0]
    assert (busy["source"], busy["webinars"], busy["webinars_synced"]) == ("zoom", 1, 1)
    assert (busy["instances"], busy["complete_instances"], busy["unread_instances"]) == (2, 1, 1)
    assert (busy["attendances"], busy["sessions"], float(busy["attended_hours"])) == (2, 2, 1.5)
    assert busy["comparisons_agree"] + busy["comparisons_not_stated"] == 4
    assert (found[1]["attendances"], found[1]["attended_hours"]) == (0, 0)


def test_a_comparison_says_what_it_is_about(case: AttendanceCase) -> None:
    case.read([row("Ann", leave=5)], total_records=3)
    found = case.rows("SELECT * FROM sync_reconciliation WHERE measure = 'rows'")[0]
    assert (found["connection_name"], found["uuid"], found["topic"]) == (
        "case",
        "uuid-of-the-instance",
        "Town hall",
    )
    assert (found["ours"], found["theirs"], found["difference"], found["verdict"]) == (1, 3, -2, "differs")


class TestEngagement:
    def points(self, case: AttendanceCase) -> list[list[float]]:
        parts = "attendance_points, punctuality_points, staying_points, continuity_points, engagement_score"
        query = f"SELECT {parts} FROM participant_engagement ORDER BY participant_name"  # noqa: S608
        return [[float(value) for value in found.values()] for found in case.rows(query)]

    def test_the_score_is_the_sum_of_its_parts(self, case: AttendanceCase) -> None:
        case.read(
            [
                row("A stays", email="a@x.test", join=-5, leave=70),
                row("B comes late, leaves early", email="b@x.test", join=17.5, leave=42.5),
                row("C rejoins", email="c@x.test", join=0, leave=15),
                row("C rejoins", email="c@x.test", join=30, leave=45),
                row("D looks in", email="d@x.test", join=59, leave=59),
            ]
        )
        assert self.points(case) == [
            [60, 15, 15, 10, 100],
            [25, 7.5, 7.5, 4.2, 44.2],
            [30, 15, 9, 3.8, 57.8],
            [0, 0, 15, 0, 15],
        ]

    def test_only_the_audience_that_was_let_in_is_listed(self, writer: psycopg.Connection) -> None:
        case = AttendanceCase(writer, instance={"host_email": "host@x.test"})
        case.read(
            [
                row("Host", email="host@x.test", leave=60),
                row("Eve", leave=5, status="in_waiting_room"),
                row("No times", join=None),
            ]
        )
        assert self.points(case) == [[0, 0, 0, 0, 0]]

    def test_without_times_the_crowd_itself_says_how_long_it_was(self, writer: psycopg.Connection) -> None:
        case = AttendanceCase(
            writer, instance={"start_time": None, "end_time": None, "duration_minutes": None}
        )
        case.read([row("A", email="a@x.test", leave=40), row("B", email="b@x.test", join=10, leave=20)])
        query = "SELECT attended_share FROM participant_engagement ORDER BY participant_name"
        expected = [{"attended_share": 100}, {"attended_share": 25}]
        assert case.rows(query) == expected
        writer.execute("DELETE FROM zoom_instance_statistics")
        assert case.rows(query) == expected

    def test_a_question_about_one_instance_or_webinar_reads_its_people_only(
        self, db: psycopg.Connection
    ) -> None:
        case = AttendanceCase(db)
        db.execute(
            "INSERT INTO zoom_webinar_instances (connection_id, webinar_id, uuid)"
            " SELECT %s, %s, 'uuid ' || n FROM generate_series(1, 200) n",
            (case.connection_id, case.webinar_id),
        )
        db.execute(
            "INSERT INTO zoom_participants (webinar_id, instance_id, participant_uuid, role, matched_by,"
            " session_count, total_duration, attended_seconds, first_join_time, last_leave_time)"
            " SELECT webinar_id, id, gen_random_uuid(), 'attendee', 'unmatched', 1, 60, 60, %s, %s"
            " FROM zoom_webinar_instances CROSS JOIN generate_series(1, 100)",
            (at(0), at(1)),
        )
        other = AttendanceCase(db, name="other")
        other.read([row("Ann", leave=5)])
        db.execute("ANALYZE")
        for column, value in (("webinar_id", other.webinar_id), ("instance_id", other.instance_id)):
            query = "EXPLAIN SELECT * FROM participant_engagement WHERE {} = {}"
            plan = db.execute(sql.SQL(query).format(sql.Identifier(column), value)).fetchall()
            assert "Seq Scan on zoom_participants" not in str(plan)
