"""The ready-made organizations: `demo`, `seed`, `empty`."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.calendly.generate import Years, empty_world
from sandbox.calendly.world import World


def _empty(now: float, seed: int, scale: float) -> World:  # noqa: ARG001 - all profiles are called alike
    return empty_world(now, seed, 4)


def _demo(now: float, seed: int, scale: float) -> World:
    """Some 60 events at scale 1, with one of everything; one event has more invitees than a page."""
    world = empty_world(now, seed, 5)
    years = Years(world)
    _ordinary(years, max(round(34 * scale), 10), past=400, ahead=60)
    _chains(years, max(round(4 * scale), 3))
    _groups(years, 3, big=105)
    years.oddities()
    return world


def _seed(now: float, seed: int, scale: float) -> World:
    """Some 3,000 events at scale 1 over three years, most of them within the two years behind us."""
    world = empty_world(now, seed, 8)
    years = Years(world)
    _ordinary(years, round(2250 * scale), past=725, ahead=60)
    _chains(years, round(190 * scale))
    _groups(years, max(round(50 * scale), 3), big=130)
    years.oddities()
    # More events at one moment than a page holds: a list that goes on by time alone never ends there.
    moment = years.slot(-200)
    for _ in range(max(round(120 * scale), 101)):
        years.solo(moment, "Support slot")
    # Beyond what a full sync asks for.
    for number in range(max(round(20 * scale), 3)):
        years.solo(years.slot(-740 - 10 * number), old_form=True)
    years.solo(years.slot(380))
    return world


def _ordinary(years: Years, number: int, *, past: int, ahead: int) -> None:
    """Single bookings, one in six of them ahead of us, one in five taken back."""
    for turn in range(number):
        if turn % 6 == 5:
            days = years.rng.uniform(1, ahead)
        elif turn % 60 == 59:
            days = years.rng.uniform(ahead, 350)
        else:
            days = -years.rng.uniform(1, past)
        invitee = years.solo(years.slot(days), old_form=days < -600)
        if turn % 5 == 3:
            years.cancel(invitee)
        else:
            years.after(invitee)


def _chains(years: Years, number: int) -> None:
    """Bookings moved once, twice, three times; some are taken back in the end."""
    for turn in range(number):
        invitee = years.solo(years.slot(-years.rng.uniform(5, 350)))
        for _ in range(1 + turn % 3):
            invitee = years.move(invitee, 1 + years.rng.randrange(12))
        if turn % 4 == 3:
            years.cancel(invitee)
        else:
            years.after(invitee)


def _groups(years: Years, number: int, *, big: int) -> None:
    """Group events; people leave, move to the next one, and one event is taken back whole."""
    events = [years.group(years.slot(-12 - 9 * turn), 3 + turn % 10) for turn in range(number)]
    for turn, event in enumerate(events):
        if turn % 3 == 0:
            years.cancel(event.invitees[0])
        if turn % 7 == 1:
            years.group_move(event, events[turn - 1])
        if turn % 9 == 2:
            years.cancel_all(event)
        else:
            years.after(event.invitees[-1])
    years.group(years.slot(9), big)
    years.group(years.slot(-9), 6)


PROFILES: dict[str, Callable[[float, int, float], World]] = {"demo": _demo, "seed": _seed, "empty": _empty}


def profile(name: str, now: float, seed: int = 1, scale: float = 1.0) -> World:
    """The organization of this name. Raises KeyError for a name that is not in PROFILES."""
    return PROFILES[name](now, seed, scale)
