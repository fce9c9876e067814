"""What a complete sync must find: people in an instance and their totals.

`person_truth` adds up the rows of one person. `people_from_rows` finds the people by the identity rule
itself, with a plain union-find: it judges edited instances, replayed reports, and in a test the generator's
own word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sandbox.zoom.rows import Row
from sandbox.zoom.stamps import iso, seconds_of
from sandbox.zoom.world import Instance, PersonTruth, Webinar

KEYS = ("registrant_id", "user_email", "participant_user_id")


def keys_of(row: Row) -> list[str]:
    """The keys that tie a row to a person, as `kind:value`; e-mails in lower case."""
    found = []
    for kind in KEYS:
        value = row.get(kind) or ""
        if value:
            found.append(f"{kind}:{value.lower() if kind == 'user_email' else value}")
    return found


def span(row: Row) -> tuple[float, float]:
    """Join and leave in Unix seconds; a leave missing or before the join counts as join + duration."""
    join = seconds_of(row["join_time"])
    leave = seconds_of(row["leave_time"]) if row.get("leave_time") else join + row["duration"]
    return join, (leave if leave >= join else join + row["duration"])


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds covered by at least one of the spans."""
    total = 0.0
    reach = float("-inf")
    for start, stop in sorted(spans):
        if stop > reach:
            total += stop - max(start, reach)
            reach = stop
    return total


def role_of(keys: Iterable[str], webinar: Webinar) -> str:
    """host by the host's e-mail or id, panelist by an e-mail of the panel, else attendee."""
    held = set(keys)
    if held & {f"user_email:{webinar.host.email.lower()}", f"participant_user_id:{webinar.host.id}"}:
        return "host"
    panel = {f"user_email:{panelist.email.lower()}" for panelist in webinar.panelists}
    return "panelist" if held & panel else "attendee"


def person_truth(rows: Sequence[Row], webinar: Webinar) -> PersonTruth:
    """The totals of one person's distinct rows."""
    keys = sorted({key for row in rows for key in keys_of(row)})
    counting = [row for row in rows if row["status"] == "in_meeting"]
    spans = [span(row) for row in counting]
    held = {key.partition(":")[0] for key in keys}
    return PersonTruth(
        keys=keys,
        names=sorted({row["name"] for row in rows}),
        role=role_of(keys, webinar),
        matched_by=next((kind for kind in KEYS if kind in held), "name"),
        rows=len(rows),
        session_count=len(counting),
        total_duration=sum(row["duration"] for row in counting),
        attended_seconds=round(covered(spans)),
        first_join=iso(min(start for start, _ in spans)) if spans else None,
        last_leave=iso(max(stop for _, stop in spans)) if spans else None,
    )


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Each row once: a row is known by its join (`user_id`) and when that was."""
    return list({(row["user_id"], row["join_time"]): row for row in rows}.values())


def owners_of(rows: Sequence[Row]) -> list[int]:
    """For each row a number that is the same for all rows of one person.

    Rows are tied by a shared key, and so on along the chain. A name ties keyless rows only, and only where no
    row of that name has a key; else each of them is a person of its own.
    """
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    keyed_names = {row["name"] for row in rows if keys_of(row)}
    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        ties = keys_of(row)
        if not ties and row["name"] and row["name"] not in keyed_names:
            ties = [f"name:{row['name']}"]
        for tie in ties:
            parent[root(index)] = root(first.setdefault(tie, index))
    return [root(index) for index in range(len(rows))]


def people_by_owner(rows: Iterable[Row], owners: Iterable[int], webinar: Webinar) -> list[PersonTruth]:
    """Everyone in an instance, by the word of whoever made the rows."""
    own: dict[int, list[Row]] = defaultdict(list)
    for owner, row in zip(owners, rows, strict=True):
        own[owner].append(row)
    return [person_truth(rows, webinar) for rows in own.values()]


def people_of(instance: Instance, webinar: Webinar) -> list[PersonTruth]:
    """The same for an instance whose rows are packed."""
    return people_by_owner(instance.rows.read(), instance.owners, webinar)


def people_from_rows(rows: Iterable[Row], webinar: Webinar) -> list[PersonTruth]:
    """Everyone in the rows of one instance, by the identity rule."""
    once = distinct(rows)
    return people_by_owner(once, owners_of(once), webinar)
