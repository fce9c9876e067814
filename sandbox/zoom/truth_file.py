"""The truth as a document: what a complete sync of this world must hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from sandbox.zoom.endpoints.participants import EARLY_SHARE, cheap_row
from sandbox.zoom.stamps import iso
from sandbox.zoom.truth import people_from_rows, people_of
from sandbox.zoom.world import Instance, Webinar, World

_GAPS = {"gone": {"status": 404, "code": 3001}, "too_old": {"status": 400, "code": 12702}}


def _webinar(webinar: Webinar) -> dict[str, Any]:
    statuses = [registrant.status for registrant in webinar.registrants]
    return {
        "topic": webinar.topic,
        "host_email": webinar.host.email,
        "expired": webinar.expired,
        "instances": len(webinar.instances),
        "registrants": {status: statuses.count(status) for status in ("approved", "pending", "denied")},
        "panelists": len(webinar.panelists),
    }


def _late(instance: Instance) -> dict[str, Any] | None:
    if not instance.late:
        return None
    rows = len(instance.rows)
    served = int(rows * EARLY_SHARE) if instance.late == "fewer_rows" else rows
    return {"kind": instance.late, "reads": instance.late_reads, "served": served}


def instance_truth(world: World, instance: Instance, *, source: str = "report") -> dict[str, Any]:
    """One instance; `source` "past_webinars" gives the people as far as that poorer call can tell them apart.

    `distinct_rows` are those served in the end, `total_records` is what the API announces.
    """
    webinar = world.webinars[instance.webinar_id]
    if source == "past_webinars":
        # The cheap call names the signed-in user in `id` only.
        rows = [{**cheap_row(row), "participant_user_id": row["id"]} for row in instance.rows.read()]
        people = people_from_rows(rows, webinar)
    else:
        people = people_of(instance, webinar)
    gap = _GAPS.get(instance.gap) if webinar.host.licensed else {"status": 400, "code": 200}
    return {
        "webinar_id": webinar.id,
        "start_time": iso(instance.start),
        "end_time": iso(instance.end),
        "distinct_rows": len(instance.rows),
        "sessions": len(instance.rows),
        "total_records": len(instance.rows) + instance.missing_rows,
        "gap": gap,
        "late": _late(instance),
        "complete": not instance.missing_rows,
        "figures": instance.figures,
        "people": people,
    }


def pieces(world: World, *, source: str = "report") -> Iterator[bytes]:
    """The document bit by bit: a large world's truth is larger than the memory it should take."""
    webinars = {str(webinar.id): _webinar(webinar) for webinar in world.webinars.values()}
    yield b'{"now":%s,"webinars":%s,"instances":{' % (
        orjson.dumps(iso(int(world.now))),
        orjson.dumps(webinars),
    )
    for number, instance in enumerate(world.instances.values()):
        truth = orjson.dumps(instance_truth(world, instance, source=source))
        yield b"%s%s:%s" % (b"," if number else b"", orjson.dumps(instance.uuid), truth)
    yield b"}}"


def write(world: World, path: Path) -> None:
    """Write the document to `path`. Raises OSError where that can't be done."""
    with path.open("wb") as file:
        file.writelines(pieces(world))
