"""Who is the same person: the rule of the glossary, case by case. Each join is named by its user_id."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from tests.sql.attendance_case import AttendanceCase, Row, add_connection, groups, join, row


@dataclass(frozen=True)
class Case:
    """Rows of one read, the joins that are one person each, and how they were matched (by first join)."""

    name: str
    rows: tuple[Row, ...]
    people: set[frozenset[str]]
    matched_by: tuple[str, ...]


def people(*joined: str) -> set[frozenset[str]]:
    return {frozenset(each) for each in joined}


CASES = (
    Case(
        "the same registrant id is one person, whatever the names",
        (join("a", "Ann", registrant_id="r1"), join("b", "Ann's phone", registrant_id="r1")),
        people("ab"),
        ("registrant_id",),
    ),
    Case(
        "the same e-mail in another case or with a blank around it is one person",
        (join("a", "Ann", email="Ann@X.test"), join("b", "Ann", email=" ann@x.test")),
        people("ab"),
        ("email",),
    ),
    Case(
        "the same signed-in id is one person",
        (join("a", "Ann", participant_user_id="p1"), join("b", "A.", participant_user_id="p1")),
        people("ab"),
        ("participant_user_id",),
    ),
    Case(
        "a chain over different keys is one person",
        (
            join("a", "Ann", email="ann@x.test"),
            join("b", "Ann B.", email="ann@x.test", registrant_id="r1"),
            join("c", "AB", registrant_id="r1", participant_user_id="p1"),
            join("d", "iPad", participant_user_id="p1"),
        ),
        people("abcd"),
        ("registrant_id",),
    ),
    Case(
        "the same text in two different keys ties nobody",
        (
            join("a", "Ann", registrant_id="same"),
            join("b", "Ann", registrant_id="same", email="ann@x.test"),
            join("c", "Bob", participant_user_id="same"),
        ),
        people("ab", "c"),
        ("registrant_id", "participant_user_id"),
    ),
    Case(
        "the same user_id ties nobody",
        (join("a", "Ann"), {**join("b", "Bob"), "user_id": "a"}),
        people("a"),  # two people, each with the one user_id
        ("name", "name"),
    ),
    Case(
        "a name alone ties joins that have no key",
        (join("a", "Guest"), join("b", "Guest")),
        people("ab"),
        ("name",),
    ),
    Case(
        "a name ties nothing where a join of that name has a key",
        (join("a", "Ann"), join("b", "Ann"), join("c", "Ann", email="ann@x.test")),
        people("a", "b", "c"),
        ("unmatched", "unmatched", "email"),
    ),
    Case(
        "a name that a join with a key has leaves other names alone",
        (join("a", "Ann"), join("b", "Ann", email="ann@x.test"), join("c", "Guest"), join("d", "Guest")),
        people("a", "b", "cd"),
        ("unmatched", "email", "name"),
    ),
    Case(
        "two people of one name with different keys are two",
        (join("a", "Ann", email="ann@x.test"), join("b", "Ann", email="ann@y.test")),
        people("a", "b"),
        ("email", "email"),
    ),
    Case(
        "a join without a name and without a key stands alone",
        (join("a"), join("b"), join("c", "")),
        people("a", "b", "c"),
        ("unmatched", "unmatched", "unmatched"),
    ),
    Case(
        "blank keys are no keys",
        (join("a", " ", email=" ", registrant_id=""), join("b", " ", email=" ", participant_user_id=" ")),
        people("a", "b"),
        ("unmatched", "unmatched"),
    ),
    Case(
        "names that differ in case are different names",
        (join("a", "ann"), join("b", "Ann")),
        people("a", "b"),
        ("name", "name"),
    ),
    Case(
        "hostile text is only text",
        (
            join("a", "'; DROP TABLE zoom_participants; --", email="%s{}\\x00@x.test"),
            join("b", "\u202e\U0001f600", email="%S{}\\X00@x.test"),
        ),
        people("ab"),
        ("email",),
    ),
)


@pytest.mark.parametrize("expected", CASES, ids=lambda case: case.name)
def test_who_is_one_person(case: AttendanceCase, expected: Case) -> None:
    run = case.read(expected.rows)
    found = case.people()
    assert groups(found) == expected.people
    assert tuple(person["matched_by"] for person in found) == expected.matched_by
    assert run["status"] == "completed"
    assert sum(person["session_count"] for person in found) == len(expected.rows)


def test_instances_are_apart(case: AttendanceCase) -> None:
    other = case.add_instance("another-uuid")
    run_id = case.open_run()
    case.fetch(run_id, [join("a", "Ann", email="ann@x.test")])
    case.fetch(run_id, [join("b", "Ann", email="ann@x.test")], instance_id=other)
    case.work_off(run_id)
    assert groups(case.people()) == people("a")
    assert groups(case.people(other)) == people("b")


def test_a_late_row_makes_two_stored_people_one_and_the_older_id_stays(case: AttendanceCase) -> None:
    first = [join("a", "Ann", email="ann@x.test"), join("b", "Ann B.", registrant_id="r1")]
    case.read(first)
    older, _younger = sorted(person["id"] for person in case.people())

    run = case.read([*first, join("c", "Ann", email="ann@x.test", registrant_id="r1")])
    (person,) = case.people()
    assert person["id"] == older
    assert person["joins"] == ["a", "b", "c"]
    assert person["session_count"] == 3
    assert (run["sessions_inserted"], run["sessions_updated"], run["sessions_unchanged"]) == (1, 1, 1)


def test_a_late_row_with_a_key_takes_apart_what_only_a_name_held_together(case: AttendanceCase) -> None:
    first = [join("a", "Ann"), join("b", "Ann")]
    case.read(first)
    (before,) = case.people()

    run = case.read([*first, join("c", "Ann", email="ann@x.test")])
    found = case.people()
    assert groups(found) == people("a", "b", "c")
    assert [person["session_count"] for person in found] == [1, 1, 1]
    assert (found[0]["id"], found[0]["participant_uuid"]) == (before["id"], before["participant_uuid"])
    assert run["status"] == "completed"

    again = case.read([*first, join("c", "Ann", email="ann@x.test")])
    assert (again["sessions_unchanged"], again["participants_unchanged"]) == (3, 3)


def test_blank_keys_of_joins_that_a_later_read_lacks_tie_nobody(case: AttendanceCase) -> None:
    case.read(
        [join("a", "Ann", email=" ", registrant_id=" "), join("b", "Bob", email=" ", registrant_id=" ")]
    )
    case.read([join("c", "Cem", email="cem@x.test")])
    assert groups(case.people()) == people("a", "b", "c")


def test_a_corrected_key_moves_a_join_to_its_own_person(case: AttendanceCase) -> None:
    case.read([join("a", "Ann", email="ann@x.test"), join("b", "Bob", email="ann@x.test")])
    (before,) = case.people()
    case.read([join("a", "Ann", email="ann@x.test"), join("b", "Bob", email="bob@x.test")])
    found = case.people()
    assert [(person["joins"], person["email"]) for person in found] == [
        (["a"], "ann@x.test"),
        (["b"], "bob@x.test"),
    ]
    assert found[0]["id"] == before["id"]


def test_people_taken_apart_and_crossed_over_keep_one_row_each(case: AttendanceCase) -> None:
    case.read(
        [
            join("a", "1", email="one@x.test"),
            join("b", "2", email="one@x.test"),
            join("c", "3", email="two@x.test"),
            join("d", "4", email="two@x.test"),
        ]
    )
    case.read(
        [
            join("a", "1", email="one@x.test"),
            join("b", "2", email="two@x.test"),
            join("c", "3", email="one@x.test"),
            join("d", "4", email="two@x.test"),
        ]
    )
    found = case.people()
    assert groups(found) == people("ac", "bd")
    assert len({person["participant_uuid"] for person in found}) == 2


def test_the_e_mail_of_a_registrant_fills_a_hole_but_ties_nobody(case: AttendanceCase) -> None:
    case.conn.execute(
        "INSERT INTO zoom_registrants (connection_id, webinar_id, registrant_id, email, status)"
        " VALUES (%s, %s, 'r1', 'ann@x.test', 'approved')",
        (case.connection_id, case.webinar_id),
    )
    case.read([join("a", "Ann", registrant_id="r1"), join("b", "Ann", email="ann@x.test")])
    found = case.people()
    assert groups(found) == people("a", "b")
    assert [person["email"] for person in found] == ["ann@x.test", "ann@x.test"]
    assert [session["email"] for session in case.sessions()] == [None, "ann@x.test"]


def test_the_latest_name_and_e_mail_are_shown(case: AttendanceCase) -> None:
    case.read(
        [
            join("a", "Ann", email="ann@x.test"),
            join("b", "Ann Bee", email="Ann@x.test"),
            join("c", None, email="ANN@x.test"),
        ]
    )
    (person,) = case.people()
    assert (person["participant_name"], person["email"]) == ("Ann Bee", "ANN@x.test")


def test_the_same_data_give_the_same_uuids_in_another_database(writer: psycopg.Connection) -> None:
    writer.execute("SET timezone TO 'Asia/Kolkata'")
    rows = [
        join("a", "Ann", email="ann@x.test"),
        join("b", "Ann", email="ann@x.test"),
        row("Bob", user_id=None, join=3, leave=4),
        row(None, user_id=None, join=None),
    ]
    add_connection(writer, "shifts-the-ids-of-all-that-follows")
    case = AttendanceCase(writer)
    case.read(list(reversed(rows)))
    # Anybody's database gives these, on any version, in any locale and time zone.
    assert {str(person["participant_uuid"]) for person in case.people()} == {
        "eb58a819-d26c-c1a8-43ca-d9617f9d277c",
        "1e0fed8d-e2d7-41d4-c2f5-919412cb9d61",
        "28a51bd8-457a-cc3d-0195-2ebf33b77974",
    }
