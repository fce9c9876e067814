"""Builds a world from plans, the same one for the same seed and the same now."""

from __future__ import annotations

import base64
import random
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.names import FIRST, LAST, human
from sandbox.zoom.cast import Cast
from sandbox.zoom.figures import figures_of
from sandbox.zoom.rows import PackedRows
from sandbox.zoom.stamps import DAY
from sandbox.zoom.truth import people_by_owner
from sandbox.zoom.world import (
    Gap,
    Host,
    Instance,
    Lateness,
    Panelist,
    Registrant,
    Webinar,
    World,
)

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(slots=True)
class InstancePlan:
    """One instance to make: when it ended, how long it ran, and how many rows or attendees it has.

    `rows` is exact. `attendees` counts people beside host and panel; where both are None only the host was
    there. `uuid` is how the UUID begins, for those whose encoding is special.
    """

    ended_before: float
    minutes: int = 60
    rows: int | None = None
    attendees: int | None = None
    uuid: str = ""
    gap: Gap = ""
    late: Lateness = ""
    late_reads: int = 0
    missing_rows: int = 0
    repeats_row: bool = False
    empty_page: bool = False


@dataclass(slots=True)
class WebinarPlan:
    """One webinar to make. `upcoming` are planned starts, in seconds from now."""

    id: int
    topic: str
    host: int
    kind: int = 5
    approval_type: int = 0
    registrants: int = 0
    pending: int = 0
    denied: int = 0
    panelists: int = 2
    instances: list[InstancePlan] = field(default_factory=list)
    upcoming: list[float] = field(default_factory=list)


def instance_uuid(rng: random.Random, begins: str = "") -> str:
    """Base64 text of 16 bytes, as Zoom makes them; `begins` sets its first characters."""
    middle = "".join(rng.choices(_BASE64, k=21 - len(begins)))
    return f"{begins}{middle}{rng.choice('AQgw')}=="


def opaque_id(rng: random.Random) -> str:
    """A 22-character id, as users and registrants have."""
    return base64.urlsafe_b64encode(rng.randbytes(16)).decode().rstrip("=")


def build(now: float, hosts: list[Host], plans: Iterable[WebinarPlan], seed: int) -> World:
    """The world of these plans. `now` is in Unix seconds; every time in the world counts from it."""
    world = World(now=now, hosts=hosts)
    for plan in plans:
        rng = random.Random(f"{seed} {plan.id}")
        webinar = _webinar(plan, hosts[plan.host], int(now), rng)
        world.webinars[webinar.id] = webinar
        for instance_plan in plan.instances:
            world.add(make_instance(webinar, instance_plan, int(now), rng))
    world.expire_old_ids()
    return world


def _webinar(plan: WebinarPlan, host: Host, now: int, rng: random.Random) -> Webinar:
    first = now - max((p.ended_before + 60 * p.minutes for p in plan.instances), default=DAY)
    webinar = Webinar(
        id=plan.id,
        host=host,
        topic=plan.topic,
        kind=plan.kind,
        created=int(first) - 20 * DAY,
        planned_minutes=max((p.minutes for p in plan.instances), default=60),
        approval_type=plan.approval_type,
        agenda=f"What we will talk about in {plan.topic}",
        occurrences=[now + int(start) for start in plan.upcoming],
    )
    statuses = ["approved"] * plan.registrants + ["pending"] * plan.pending + ["denied"] * plan.denied
    crowd = max(4 * len(statuses), 2000)
    for number, status in zip(rng.sample(range(crowd), len(statuses)), statuses, strict=True):
        someone = human(number)
        created = webinar.created + rng.randrange(15 * DAY)
        registrant = Registrant(opaque_id(rng), someone.email, someone.first_name, someone.last_name, created)
        registrant.status = status  # type: ignore[assignment]  # the list above holds nothing else
        webinar.registrants.append(registrant)
    for number in range(plan.panelists):
        name = f"{FIRST[(plan.id + number) % len(FIRST)]} {LAST[(plan.id + 3 * number) % len(LAST)]}"
        email = f"panel.{plan.id % 1000}.{number}@speakers.test"
        webinar.panelists.append(Panelist(opaque_id(rng), email, name))
    if plan.panelists > 1 and plan.registrants > 1:
        # One of the panel had registered before: in the report they stand once as either.
        promoted = webinar.registrants[0]
        webinar.panelists[-1] = Panelist(opaque_id(rng), promoted.email, promoted.name)
    return webinar


def make_instance(webinar: Webinar, plan: InstancePlan, now: int, rng: random.Random) -> Instance:
    """One instance with everyone in it."""
    end = now - int(plan.ended_before)
    cast = Cast(rng, webinar, end - 60 * plan.minutes, end)
    cast.staff()
    pool = [r for r in webinar.registrants if r.status == "approved"]
    rng.shuffle(pool)
    coming = iter(pool)
    number = 0
    while _wanted(cast, plan):
        number += 1
        registrant = next(coming, None) if rng.random() < 0.8 else None
        if number % 97 == 50:
            cast.nameless_twins(cast.rows[-1]["name"] if cast.rows[-1]["user_email"] else webinar.host.name)
        else:
            cast.attendee(registrant, number)
    if plan.rows is not None:
        del cast.rows[plan.rows :], cast.owners[plan.rows :]
    return _packed(cast, plan)


def _wanted(cast: Cast, plan: InstancePlan) -> bool:
    if plan.rows is not None:
        return len(cast.rows) < plan.rows
    return plan.attendees is not None and cast.attendees < plan.attendees


def _packed(cast: Cast, plan: InstancePlan) -> Instance:
    order = sorted(range(len(cast.rows)), key=lambda index: str(cast.rows[index]["join_time"]))
    rows = [cast.rows[index] for index in order]
    owners = array("L", (cast.owners[index] for index in order))
    people = people_by_owner(rows, owners, cast.webinar)
    return Instance(
        uuid=instance_uuid(cast.rng, plan.uuid),
        webinar_id=cast.webinar.id,
        start=cast.start,
        end=cast.end,
        rows=PackedRows(rows),
        owners=owners,
        figures=figures_of(rows, people, cast.webinar),
        gap=plan.gap,
        late=plan.late,
        late_reads=plan.late_reads,
        missing_rows=plan.missing_rows,
        repeats_row=plan.repeats_row,
        empty_page=plan.empty_page,
    )
