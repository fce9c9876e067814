"""Connected components on the shapes that bring naive ways to their knees."""

from __future__ import annotations

import random

import psycopg
import pytest

from tests.sql.attendance_case import AttendanceCase, row

NODES = 20_000
Edges = list[tuple[int, int]]


def components(db: psycopg.Connection, nodes: int, edges: Edges) -> list[int]:
    found = db.execute(
        "SELECT connected_components(%s, %s::int[], %s::int[])",
        (nodes, [left for left, _ in edges], [right for _, right in edges]),
    ).fetchone()
    assert found is not None
    return list(found[0])


def by_breadth(nodes: int, edges: Edges) -> list[int]:
    """The smallest node of each node's component, by plain search."""
    near: list[list[int]] = [[] for _ in range(nodes + 1)]
    for left, right in edges:
        near[left].append(right)
        near[right].append(left)
    smallest = [0] * (nodes + 1)
    for start in range(1, nodes + 1):
        waiting = [] if smallest[start] else [start]
        while waiting:
            node = waiting.pop()
            if not smallest[node]:
                smallest[node] = start
                waiting += near[node]
    return smallest[1:]


CHAIN: Edges = [(node, node + 1) for node in range(1, NODES)]
RANDOM = random.Random(7)  # noqa: S311 - the same shapes in every run


@pytest.mark.parametrize(
    "edges",
    [
        pytest.param(CHAIN, id="chain"),
        pytest.param(CHAIN[::-1], id="chain backwards"),
        pytest.param(RANDOM.sample(CHAIN, len(CHAIN)), id="chain shuffled"),
        pytest.param([(1, node) for node in range(2, NODES + 1)], id="hub"),
        pytest.param([(NODES, node) for node in range(1, NODES)], id="hub at the end"),
        pytest.param(
            [(node, node % 100 + 1) for node in range(1, NODES + 1)], id="a hundred hubs, some with loops"
        ),
        pytest.param([], id="no edges"),
    ],
)
def test_known_shapes(db: psycopg.Connection, edges: Edges) -> None:
    assert components(db, NODES, edges) == by_breadth(NODES, edges)


def test_random_graphs(db: psycopg.Connection) -> None:
    for nodes in (1, 2, 10, 500):
        for density in (0.2, 0.5, 1.0, 2.0):
            edges = [
                (RANDOM.randint(1, nodes), RANDOM.randint(1, nodes)) for _ in range(int(nodes * density))
            ]
            assert components(db, nodes, edges) == by_breadth(nodes, edges)


def test_no_nodes(db: psycopg.Connection) -> None:
    assert components(db, 0, []) == []


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(
            lambda n: {"registrant_id": f"r{n // 2}", "email": f"m{(n + 1) // 2}@x.test"}, id="chain"
        ),
        pytest.param(lambda n: {"registrant_id": f"r{n}", "email": "desk@x.test"}, id="shared address"),
    ],
)
def test_one_instance_of_such_a_shape_is_sessionized(case: AttendanceCase, shape: object) -> None:
    assert callable(shape)
    case.read([row("Ann", join=n % 60, leave=n % 60 + 1, **shape(n)) for n in range(NODES)], page_size=NODES)
    (person,) = case.rows("SELECT session_count, total_duration, attended_seconds FROM zoom_participants")
    assert person == {"session_count": NODES, "total_duration": NODES * 60, "attended_seconds": 3600}


def test_a_crowd_of_one_name_is_taken_apart_and_put_together_again(case: AttendanceCase) -> None:
    crowd = [row("Guest", join=n % 60, leave=n % 60 + 1) for n in range(5000)]
    case.read(crowd, page_size=NODES)
    assert len(case.people()) == 1

    # One guest with a key: now nobody can say that the others are one.
    known = row("Guest", email="guest@x.test", join=0, leave=1)
    case.read([*crowd, known], page_size=NODES)
    assert len(case.people()) == 5001

    keyed = [{**each, "email": "guest@x.test"} for each in crowd]
    run = case.read([*keyed, known], page_size=NODES)
    assert run["status"] == "completed"
    (person,) = case.people()
    assert person["session_count"] == 5001
