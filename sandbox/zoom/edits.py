"""Small changes to a running world: what tests need to see a second sync find."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.zoom.figures import figures_of
from sandbox.zoom.generate import InstancePlan, make_instance
from sandbox.zoom.rows import PackedRows
from sandbox.zoom.stamps import iso, seconds_of
from sandbox.zoom.truth import people_of
from sandbox.zoom.world import Instance, World


class EditError(ValueError):
    """The edit names something that is not there, or no edit at all."""


def _instance(world: World, order: dict[str, Any]) -> Instance:
    found = world.instances.get(str(order.get("uuid")))
    if found is None:
        raise EditError("uuid: no such instance")
    return found


def reveal(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001 - edits are called alike
    """Make one late instance (`uuid`) whole, or all of them; rows that were announced but never served stay
    away.
    """
    late = [_instance(world, order)] if "uuid" in order else list(world.instances.values())
    for instance in late:
        instance.reads = max(instance.reads, instance.late_reads)
    return {"instances": len(late)}


def change_leave(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001
    """Move the leave of one row (`uuid`, `user_id`; else the first one with both times) by `seconds`."""
    instance = _instance(world, order)
    rows = instance.rows.read()
    wanted = order.get("user_id")
    for row in rows:
        if row.get("leave_time", "") > row["join_time"] and wanted in {None, row["user_id"]}:
            moved = seconds_of(row["leave_time"]) + order.get("seconds", 30)
            row["leave_time"], row["duration"] = iso(moved), int(moved - seconds_of(row["join_time"]))
            instance.rows = PackedRows(rows)
            webinar = world.webinars[instance.webinar_id]
            instance.figures = figures_of(rows, people_of(instance, webinar), webinar)
            return {"user_id": row["user_id"], "leave_time": row["leave_time"]}
    raise EditError("user_id: no such row with a join and a leave")


def change_leaves(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001
    """Move the leaves of a `share` of all rows, evenly spread over all instances, by `seconds`."""
    share, step = float(order["share"]), order.get("seconds", 30)
    seen, changed = 0, 0
    for instance in world.instances.values():
        rows = instance.rows.read()
        due = changed
        for row in rows:
            seen += 1
            if changed < int(seen * share) and row.get("leave_time", "") > row["join_time"]:
                moved = seconds_of(row["leave_time"]) + step
                row["leave_time"], row["duration"] = iso(moved), int(moved - seconds_of(row["join_time"]))
                changed += 1
        if changed > due:
            webinar = world.webinars[instance.webinar_id]
            instance.rows = PackedRows(rows)
            instance.figures = figures_of(rows, people_of(instance, webinar), webinar)
    return {"rows": changed}


def add_instance(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:
    """Let `webinar_id` have run once more, with `rows` rows, ending `ended_minutes_ago`."""
    webinar = world.webinars.get(int(order.get("webinar_id", 0)))
    if webinar is None:
        raise EditError("webinar_id: no such webinar")
    rng = random.Random(f"{webinar.id} {len(webinar.instances)} added")
    ended = 60 * float(order.get("ended_minutes_ago", 5))
    plan = InstancePlan(ended, int(order.get("minutes", 30)), rows=int(order.get("rows", 25)))
    instance = make_instance(webinar, plan, int(now), rng)
    world.add(instance)
    return {"uuid": instance.uuid}


def expire_id(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001
    """Let the number `webinar_id` expire; its instances stay readable by UUID."""
    webinar = world.webinars.get(int(order.get("webinar_id", 0)))
    if webinar is None:
        raise EditError("webinar_id: no such webinar")
    webinar.expired = True
    return {"webinar_id": webinar.id}


def delete_host(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001
    """Let the user `host` (id or e-mail) be deleted from the account; the webinars' reports stay."""
    host = world.host(str(order.get("host", "")))
    if host is None:
        raise EditError("host: no such user")
    world.hosts.remove(host)
    return {"host": host.id}


def set_gap(world: World, order: dict[str, Any], now: float) -> dict[str, Any]:  # noqa: ARG001
    """Let the report of `uuid` be refused from now on: `gap` "gone", "too_old", or "" to serve it again."""
    instance = _instance(world, order)
    if order.get("gap") not in {"", "gone", "too_old"}:
        raise EditError('gap: "gone", "too_old" or ""')
    instance.gap = order["gap"]
    return {"uuid": instance.uuid}


EDITS: dict[str, Callable[[World, dict[str, Any], float], dict[str, Any]]] = {
    "reveal": reveal,
    "change_leave": change_leave,
    "change_leaves": change_leaves,
    "add_instance": add_instance,
    "expire_id": expire_id,
    "delete_host": delete_host,
    "set_gap": set_gap,
}
