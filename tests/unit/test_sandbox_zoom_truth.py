"""The sandbox's truth: the generator's word agrees with the identity rule, its totals with plain sums."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.names import HOSTILE
from sandbox.zoom.profiles import FLAGSHIP, profile
from sandbox.zoom.truth import covered, owners_of, people_from_rows, people_of, person_truth
from sandbox.zoom.world import Host, PersonTruth, Webinar, World

NOW = 1_790_000_000.0


@pytest.fixture(scope="module")
def demo() -> World:
    return profile("demo", NOW)


@pytest.fixture
def webinar() -> Webinar:
    return Webinar(1, Host("uHost", "host@acme.test", "Mira", "Holt"), "Topic", 5, NOW, 60)


def row(**changes: Any) -> dict[str, Any]:
    plain = {
        "id": "",
        "participant_user_id": "",
        "user_id": str(changes.pop("user_id", 1)),
        "name": "Ola Berg",
        "user_email": "",
        "join_time": "2026-03-04T15:00:00Z",
        "leave_time": "2026-03-04T15:10:00Z",
        "duration": 600,
        "status": "in_meeting",
        "failover": False,
    }
    return {**plain, **changes}


def by_content(people: list[PersonTruth]) -> Counter[str]:
    return Counter(str(person) for person in people)


@pytest.mark.parametrize(("name", "scale"), [("demo", 1.0), ("headline", 0.01), ("single100k", 0.02)])
def test_the_generators_people_are_those_of_the_identity_rule(name: str, scale: float) -> None:
    world = profile(name, NOW, seed=7, scale=scale)
    for instance in world.instances.values():
        own = world.webinars[instance.webinar_id]
        assert by_content(people_of(instance, own)) == by_content(people_from_rows(instance.rows.read(), own))


def test_the_same_seed_is_the_same_world() -> None:
    once, again, other = (profile("seed", NOW, seed=seed, scale=0.1) for seed in (3, 3, 4))
    rows = [[i.rows.read() for i in world.instances.values()] for world in (once, again, other)]
    assert rows[0] == rows[1] != rows[2]


def test_the_headline_has_exactly_its_rows() -> None:
    world = profile("headline", NOW, scale=0.02)
    assert len(world.instances) == 300
    assert len(world.webinars) == 30
    assert sum(len(instance.rows) for instance in world.instances.values()) == 5760


def test_the_demo_holds_everything_that_goes_wrong_in_real_reports(demo: World) -> None:
    rows = [row for instance in demo.instances.values() for row in instance.rows.read()]
    assert 6000 <= len(rows) <= 10_000
    assert len(demo.webinars) >= 30
    assert len(demo.webinars[FLAGSHIP].registrants) == 2106
    names = {row["name"] for row in rows}
    assert {name for name in HOSTILE if name in names} == set(HOSTILE)
    assert {row["status"] for row in rows} == {"in_meeting", "in_waiting_room"}
    assert any(row["failover"] for row in rows)
    assert any(not row.get("leave_time") for row in rows)
    assert any(row.get("leave_time") and row["leave_time"] < row["join_time"] for row in rows)
    assert any(row["duration"] == 0 for row in rows)
    assert any("." in row["join_time"] for row in rows)
    people = [
        person
        for instance in demo.instances.values()
        for person in people_of(instance, demo.webinars[instance.webinar_id])
    ]
    assert {person.matched_by for person in people} == {
        "registrant_id",
        "user_email",
        "participant_user_id",
        "name",
    }
    assert any(person.attended_seconds < person.total_duration - 60 for person in people)
    assert any(person.session_count > 20 for person in people)
    uuids = list(demo.instances)
    assert all(any(mark in uuid for uuid in uuids) for mark in ("//", "+", "/"))
    assert any(uuid.startswith("/") for uuid in uuids)
    statuses = {host.status for host in demo.hosts}
    assert statuses == {"active", "inactive", "pending"}
    assert any(w.instances and w.host.status == "inactive" for w in demo.webinars.values())


def test_a_chain_of_keys_is_one_person(webinar: Webinar) -> None:
    rows = [
        row(user_id=1, user_email="Ola@Outside.test"),
        row(user_id=2, user_email="ola@outside.test", registrant_id="r1"),
        row(user_id=3, registrant_id="r1", participant_user_id="u1"),
        row(user_id=4, participant_user_id="u1", name="Someone else"),
    ]
    (person,) = people_from_rows(rows, webinar)
    assert person.session_count == 4
    assert person.matched_by == "registrant_id"


def test_a_name_ties_only_rows_without_keys_and_only_where_nobody_has_one(webinar: Webinar) -> None:
    alone = [row(user_id=1, name="iPad"), row(user_id=2, name="iPad")]
    assert len(people_from_rows(alone, webinar)) == 1
    with_namesake = [*alone, row(user_id=3, name="iPad", user_email="a@acme.test")]
    assert len(people_from_rows(with_namesake, webinar)) == 3
    assert len(set(owners_of([row(user_id=1, name=""), row(user_id=2, name="")]))) == 2


def test_attended_is_the_union_and_bad_leaves_count_as_join_plus_duration(webinar: Webinar) -> None:
    rows = [
        row(user_id=1),
        row(user_id=2, join_time="2026-03-04T15:05:00Z", leave_time="2026-03-04T15:15:00Z"),
        row(user_id=3, join_time="2026-03-04T15:20:00Z", leave_time="", duration=60),
        row(user_id=4, join_time="2026-03-04T15:30:00Z", leave_time="2026-03-04T15:00:00Z", duration=30),
        row(user_id=5, join_time="2026-03-04T14:00:00Z", status="in_waiting_room"),
    ]
    told = person_truth(rows, webinar)
    assert (told.rows, told.session_count, told.total_duration) == (5, 4, 600 + 600 + 60 + 30)
    assert told.attended_seconds == 15 * 60 + 60 + 30
    assert (told.first_join, told.last_leave) == ("2026-03-04T15:00:00Z", "2026-03-04T15:30:30Z")


def test_covered_counts_touching_and_nested_spans_once() -> None:
    assert covered([(0, 10), (10, 20), (2, 3), (30, 30)]) == 20
