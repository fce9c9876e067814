"""Random attendance against plain Python: the same people, the same totals, whatever the order and the batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rollcall.store import attendance, runs
from tests.sql.attendance_case import AttendanceCase, Row, at, groups, row

KEYS = ("registrant_id", "email", "participant_user_id")


def few(*values: str) -> st.SearchStrategy[str | None]:
    """Mostly nothing, else one of a few values, so that chains and clashes are common."""
    return st.one_of(st.none(), st.none(), st.sampled_from(values))


ROW = st.builds(
    lambda fields, join, length: {
        **row(join=join, leave=None if length is None else join + length),
        **fields,
    },
    st.fixed_dictionaries(
        {
            "registrant_id": few("r1", "r2", "r3"),
            "email": few("a@x.test", "A@x.test", "b@x.test", "c@x.test"),
            "participant_user_id": few("p1", "p2", "r1"),
            "name": st.one_of(st.none(), st.sampled_from(("Ann", "Bob", "Çağla"))),
            "status": st.sampled_from(["in_meeting", "in_meeting", "in_meeting", "in_waiting_room"]),
        }
    ),
    st.integers(0, 50),
    st.one_of(st.none(), st.integers(-3, 20)),
)


@pytest.fixture(scope="module")
def database(postgres: Any, template: str) -> Iterator[psycopg.Connection]:
    """One database for all examples: each has an instance of its own."""
    with psycopg.connect(postgres.admin_dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE properties TEMPLATE {template}".encode())
        with psycopg.connect(
            f"{postgres.dsn('properties')}?options=-csearch_path%3Drollcall,public", autocommit=True
        ) as conn:
            yield conn
        admin.execute("DROP DATABASE properties WITH (FORCE)")


@pytest.fixture(scope="module")
def case(database: psycopg.Connection) -> AttendanceCase:
    return AttendanceCase(database)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(ROW, min_size=1, max_size=25), seed=st.randoms(use_true_random=False))
def test_people_and_totals_equal_those_of_plain_python(
    case: AttendanceCase, rows: list[Row], seed: Any
) -> None:
    number = len(case.rows("SELECT 1 FROM zoom_webinar_instances"))
    whole, split = (case.add_instance(f"instance {number} {which}") for which in ("whole", "split"))
    shuffled = [dict(each) for each in rows]
    seed.shuffle(shuffled)
    half = len(rows) // 2

    # All at once; and in two runs, in another order, in small batches: the end is the same.
    _read(case, whole, rows)
    _read(case, split, shuffled[:half], batch_rows=1)
    _read(case, split, shuffled, batch_rows=1, page_size=3)

    expected = _people(rows)
    for instance_id in (whole, split):
        found = case.people(instance_id)
        assert groups(found) == {frozenset(each["user_id"] for each in person) for person in expected}
        assert _totals(found) == sorted(_expected_totals(person) for person in expected)

    before = case.rows(
        "SELECT * FROM zoom_participants WHERE instance_id = ANY (%s) ORDER BY id", [whole, split]
    )
    run = _read(case, split, list(reversed(rows)))
    assert (run["sessions_inserted"], run["sessions_updated"]) == (0, 0)
    assert (run["participants_inserted"], run["participants_updated"]) == (0, 0)
    assert before == case.rows(
        "SELECT * FROM zoom_participants WHERE instance_id = ANY (%s) ORDER BY id", [whole, split]
    )


def _read(
    case: AttendanceCase,
    instance_id: int,
    rows: Sequence[Row],
    *,
    batch_rows: int = 30_000,
    page_size: int = 300,
) -> dict[str, Any]:
    run_id = case.open_run()
    case.fetch(run_id, rows, instance_id=instance_id, page_size=page_size)
    case.work_off(run_id, batch_rows)
    assert attendance.sessionize(case.conn, run_id, 1) == 0
    status = runs.finish_run(case.conn, run_id, error_kind=None, error_message=None)
    assert status == "completed"
    return case.run(run_id)


def _keys(each: Row) -> list[tuple[str, str]]:
    return [(kind, each[kind].lower() if kind == "email" else each[kind]) for kind in KEYS if each[kind]]


def _people(rows: Sequence[Row]) -> list[list[Row]]:
    """Union-find over the rule's own words."""
    parent = list(range(len(rows)))

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    first: dict[tuple[str, str], int] = {}
    keyed_names = {each["name"] for each in rows if _keys(each)}
    for node, each in enumerate(rows):
        keys = _keys(each)
        if not keys and each["name"] and each["name"] not in keyed_names:
            keys = [("name", each["name"])]
        for key in keys:
            parent[root(node)] = root(first.setdefault(key, node))
    people: dict[int, list[Row]] = defaultdict(list)
    for node, each in enumerate(rows):
        people[root(node)].append(each)
    return list(people.values())


def _expected_totals(person: Sequence[Row]) -> tuple[Any, ...]:
    counted = [each for each in person if each["status"] != "in_waiting_room"]
    covered: set[int] = set()
    ends = []
    for each in counted:
        if each["leave_time"] is None:
            continue
        if each["leave_time"] >= each["join_time"]:
            ends.append(each["leave_time"])
        start, end = ((moment - at(0)).total_seconds() for moment in (each["join_time"], each["leave_time"]))
        covered.update(range(int(start) // 60, int(end) // 60))
    joins = [each["join_time"] for each in counted]
    total = sum(max(each["duration"] or 0, 0) for each in counted)
    return (len(counted), total, len(covered) * 60, str(min(joins, default="")), str(max(ends, default="")))


def _totals(people: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        (
            person["session_count"],
            person["total_duration"],
            person["attended_seconds"],
            str(person["first_join_time"] or ""),
            str(person["last_leave_time"] or ""),
        )
        for person in people
    )
