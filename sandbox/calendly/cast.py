"""Hosts, event types and invitees of the invented organization."""

from __future__ import annotations

import random

from sandbox.calendly.actions import Person, new_key
from sandbox.calendly.stamps import DAY
from sandbox.calendly.world import EventType, Role, User, World
from sandbox.names import HOSTILE, human

_STAFF: tuple[tuple[str, str, Role], ...] = (
    ("Mira Holt", "mira.holt@acme.test", "owner"),
    ("Jonas Berg", "Jonas.Berg@acme.test", "admin"),
    ("Noor Varga", "noor.varga@acme.test", "user"),
    ("Wren Quill", "wren.quill@acme.test", "user"),
    ("Tariq Okoro", "tariq.okoro@acme.test", "left"),
    ("Pia Lindh", "pia.lindh@acme.test", "user"),
    ("Otis Brandt", "otis.brandt@acme.test", "user"),
    ("Elin Castro", "elin.castro@acme.test", "user"),
)
_QUESTIONS = ("What should we cover?", "How did you hear of us?")
_TIMEZONES = ("Europe/Madrid", "America/New_York", "Asia/Kolkata", "UTC", None)
_SOURCES = ("newsletter", "google", "linkedin", None, None)


def staff(world: World, size: int, now: int) -> None:
    """The first `size` hosts; the fourth and fifth have ids of the old form."""
    for number, (name, email, role) in enumerate(_STAFF[:size]):
        old_form = number in {3, 4}
        key = new_key(world.rng, old_form=old_form)
        member = new_key(world.rng, old_form=old_form)
        world.users.append(User(key, name, email, role, member, now - 1200 * DAY))


def event_types(world: World, now: int) -> None:
    """One of each kind: solo, group, collective, round robin, a switched-off one, a deleted one."""
    owner = world.users[0]
    second = world.users[1]
    made = now - 1190 * DAY
    rows: list[EventType] = [
        EventType("", "Intro call", "solo", 30, "zoom_conference", made, owner, questions=_QUESTIONS),
        EventType("", "Deep dive", "solo", 60, "google_conference", made, second, questions=_QUESTIONS[:1]),
        EventType("", "Phone screening", "solo", 15, "outbound_call", made, world.users[2]),
        EventType("", "Office visit", "solo", 45, "physical", made, owner),
        EventType("", "Group onboarding", "group", 60, "zoom_conference", made, owner, limit=150),
        EventType(
            "", "Panel interview", "solo", 60, "microsoft_teams_conference", made, pooling="collective"
        ),
        EventType("", "Support slot", "solo", 30, "custom", made, pooling="round_robin"),
        EventType("", "Old discovery call", "solo", 30, "none", made, owner, active=False),
        EventType("", "Retired demo", "solo", 30, "zoom_conference", made, second, deleted=now - 300 * DAY),
    ]
    for number, row in enumerate(rows):
        row.key = new_key(world.rng, old_form=number == 7)
        world.event_types[row.key] = row


def hosts_for(world: World, event_type: EventType, turn: int) -> list[User]:
    """Who takes the event: the owner, everyone in a panel, or the next in a round robin."""
    if event_type.pooling == "collective":
        return world.users[:3]
    if event_type.pooling == "round_robin" or event_type.owner is None:
        return [world.users[turn % len(world.users)]]
    return [event_type.owner]


def person(rng: random.Random, number: int, questions: tuple[str, ...] = ()) -> Person:
    """The invitee with this number; some have a hostile name, a number for texts, or an e-mail in capitals."""
    someone = human(number)
    split = number % 3 == 0
    name = HOSTILE[number // 29 % len(HOSTILE)] if number % 29 == 11 else someone.name
    answer = ("Pricing\nSecurity", "Everything", "")[number % 3]
    source = _SOURCES[number % len(_SOURCES)]
    return Person(
        email=someone.email.upper() if number % 17 == 0 else someone.email,
        name=name,
        first_name=someone.first_name if split else None,
        last_name=someone.last_name if split else None,
        timezone=_TIMEZONES[number % len(_TIMEZONES)],
        phone=f"+49 30 555{rng.randrange(10_000):04d}" if number % 11 == 0 else None,
        answers=[
            {"question": question, "answer": answer, "position": position}
            for position, question in enumerate(questions)
        ],
        tracking={"utm_source": source, "utm_campaign": f"campaign {number % 4}"} if source else {},
    )
