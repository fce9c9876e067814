"""The ready-made worlds: `demo`, `seed`, `headline`, `single100k`, `empty`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from sandbox.zoom.generate import InstancePlan, WebinarPlan, build, instance_uuid
from sandbox.zoom.stamps import DAY
from sandbox.zoom.world import Host, Meeting, World

HOUR = 3600
FLAGSHIP = 88_988_872_033
"""The webinar with 2,106 registrants whose attendance other tools lost."""

HOSTS = (
    Host("uA1bC2dE3fG4hI5jK6lM7n", "mira.holt@acme.test", "Mira", "Holt"),
    Host("uB2cD3eF4gH5iJ6kL7mN8o", "jonas.berg@acme.test", "Jonas", "Berg"),
    Host("uC3dE4fG5hI6jK7lM8nO9p", "Noor.Varga@acme.test", "Noor", "Varga"),
    Host("uD4eF5gH6iJ7kL8mN9oP0q", "wren.quill@acme.test", "Wren", "Quill", licensed=False),
    Host("uE5fG6hI7jK8lM9nO0pQ1r", "tariq.okoro@acme.test", "Tariq", "Okoro", status="inactive"),
    Host("", "pia.lindh@acme.test", "Pia", "Lindh", status="pending"),
)
TOPICS = (
    *("Spring demo", "Office hours", "Product tour", "Partner briefing", "Data clinic", "Customer story"),
    *(
        "Release notes live",
        "Security Q&A",
        "Onboarding",
        "Roadmap",
        "Año nuevo: ¿qué sigue?",
        "Köln & Zürich",
    ),
)


def _hosts() -> list[Host]:
    return [Host(h.id, h.email, h.first_name, h.last_name, h.status, h.licensed) for h in HOSTS]


def _flagship(scale: float) -> WebinarPlan:
    # The scale moves the crowd of this one only down to what still shows its point.
    attendees = max(round(1243 * scale), 40)
    registrants = max(round(2106 * scale), 60)
    once = InstancePlan(ended_before=12 * DAY, minutes=95, attendees=attendees, uuid="/b8R//")
    return WebinarPlan(
        FLAGSHIP, "Attendance that adds up", 0, registrants=registrants, panelists=4, instances=[once]
    )


def _seed(now: float, seed: int, scale: float) -> World:
    return build(now, _hosts(), [_flagship(scale)], seed)


def _empty(now: float, seed: int, scale: float) -> World:  # noqa: ARG001 - all profiles are called alike
    return build(now, _hosts(), [], seed)


def _demo(now: float, seed: int, scale: float) -> World:
    world = build(
        now, _hosts(), [_flagship(scale), *_recurring(scale), *_single(scale), *_oddities(scale)], seed
    )
    rng = random.Random(f"{seed} meetings")
    for number in range(6):
        start = int(now - (9 + 11 * number) * DAY)
        uuid = instance_uuid(rng)
        host = world.hosts[number % 2]
        world.meetings.append(
            Meeting(95_000_000_000 + number, uuid, host, f"Team call {number}", start, start + 1800, 4)
        )
    return world


def _recurring(scale: float) -> Iterator[WebinarPlan]:
    for number in range(6):
        size = round((46 + 9 * number) * scale)
        weeks = [InstancePlan((2 + 7 * week + number) * DAY, 45, rows=max(size, 4)) for week in range(8)]
        weeks[1].uuid, weeks[2].uuid, weeks[3].uuid = "/x", "q+//", "ab/c"
        if number == 1:
            weeks[4].gap = "gone"
        if number == 2:
            weeks.append(InstancePlan(400 * DAY, 45, rows=30, gap="too_old"))
        yield WebinarPlan(
            90_100_000_000 + number,
            f"{TOPICS[number]} (weekly)",
            number % 3,
            kind=9,
            registrants=max(round(size * 1.2), 5),
            pending=4,
            denied=2,
            instances=weeks,
            upcoming=[(5 + 7 * week) * DAY for week in range(3)],
        )
    calls = [InstancePlan((6 + 25 * number) * DAY, 40, rows=max(round(40 * scale), 4)) for number in range(5)]
    yield WebinarPlan(
        90_200_000_000, "Drop-in room", 1, kind=6, approval_type=2, instances=calls, panelists=0
    )


def _single(scale: float) -> Iterator[WebinarPlan]:
    for number in range(11):
        size = max(round((40 + 13 * number) * scale), 4)
        once = InstancePlan((4 + 12 * number) * DAY, 60, rows=size, uuid="/" if number == 3 else "")
        yield WebinarPlan(
            91_000_000_000 + 7 * number,
            TOPICS[number % len(TOPICS)],
            4 if number in {2, 7} else number % 3,
            approval_type=number % 3,
            registrants=0 if number % 3 == 2 else size,
            pending=number,
            denied=number // 2,
            instances=[once],
        )


def _oddities(scale: float) -> Iterator[WebinarPlan]:
    """One webinar for each thing that goes wrong with whole instances."""
    many = max(round(680 * scale), 320)
    few = max(round(90 * scale), 12)
    kinds: list[tuple[str, list[InstancePlan]]] = [
        (
            "Restarted after a drop",
            [InstancePlan(8 * DAY, 20, rows=few), InstancePlan(8 * DAY - 2520, 30, rows=few)],
        ),
        (
            "Late click made a last instance",
            [InstancePlan(9 * DAY, 60, rows=few), InstancePlan(8.5 * DAY, 1)],
        ),
        ("Rows repeated across pages", [InstancePlan(15 * DAY, 70, rows=many, repeats_row=True)]),
        ("An empty page in between", [InstancePlan(16 * DAY, 70, rows=many, empty_page=True)]),
        ("Report still filling", [InstancePlan(3 * HOUR, 50, rows=few, late="fewer_rows", late_reads=1)]),
        (
            "Report not counted yet",
            [InstancePlan(1 * HOUR, 50, rows=few, late="zero_duration", late_reads=1)],
        ),
        ("Report that never fills", [InstancePlan(5 * DAY, 50, rows=few, missing_rows=7)]),
        ("Deleted afterwards", [InstancePlan(20 * DAY, 50, rows=few, gap="gone")]),
        ("Nobody came", [InstancePlan(18 * DAY, 12)]),
        ("Long expired", [InstancePlan(140 * DAY, 60, rows=few, uuid="/Zz//9")]),
    ]
    for number, (topic, instances) in enumerate(kinds):
        size = max(instance.rows or 0 for instance in instances)
        panelists = 0 if topic == "Nobody came" else 2
        yield WebinarPlan(
            92_000_000_000 + 11 * number,
            topic,
            number % 3,
            registrants=round(size * 0.7),
            panelists=panelists,
            instances=instances,
        )
    yield WebinarPlan(93_000_000_001, "Planned for next week", 0, registrants=25, upcoming=[6 * DAY])


def _headline(now: float, seed: int, scale: float) -> World:
    """300 instances of 30 webinars, 288,000 rows times scale, whole pages of 300 at scale 1."""
    rng = random.Random(f"{seed} headline")
    pages = [rng.choice((2, 3, 3, 4, 4)) for _ in range(300)]
    while sum(pages) != 960:
        index = rng.randrange(300)
        pages[index] = min(max(pages[index] + (1 if sum(pages) < 960 else -1), 1), 6)
    total = round(288_000 * scale)
    edges = [round(sum(pages[:index]) * total / 960) for index in range(301)]
    plans = []
    for number in range(30):
        own = range(number * 10, number * 10 + 10)
        instances = [
            InstancePlan((1 + 14 * turn) * DAY + number * HOUR, 60, rows=edges[index + 1] - edges[index])
            for turn, index in enumerate(own)
        ]
        registrants = max(round(1000 * scale), 5)
        topic = f"{TOPICS[number % len(TOPICS)]} {number}"
        plans.append(
            WebinarPlan(
                94_000_000_000 + number,
                topic,
                number % 3,
                kind=9,
                registrants=registrants,
                instances=instances,
            )
        )
    return build(now, _hosts(), plans, seed)


def _single100k(now: float, seed: int, scale: float) -> World:
    rows = round(100_000 * scale)
    once = InstancePlan(2 * DAY, 120, rows=rows, uuid="/big//")
    plan = WebinarPlan(96_000_000_000, "Keynote", 0, registrants=rows // 20, panelists=10, instances=[once])
    return build(now, _hosts(), [plan], seed)


PROFILES: dict[str, Callable[[float, int, float], World]] = {
    "demo": _demo,
    "seed": _seed,
    "headline": _headline,
    "single100k": _single100k,
    "empty": _empty,
}


def profile(name: str, now: float, seed: int = 1, scale: float = 1.0) -> World:
    """The world of this name. Raises KeyError for a name that is not in PROFILES."""
    return PROFILES[name](now, seed, scale)
