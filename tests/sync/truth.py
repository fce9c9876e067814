"""The stored attendance and the sandbox's truth in one form, so that they can be compared as wholes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.sync.runner import Runner

Person = tuple[Any, ...]

_MATCHED_BY = {"user_email": "email", "name": "name"}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def true_people(instance: dict[str, Any], *, panel_known: bool = True) -> Counter[Person]:
    """Everyone in an instance of the truth. Without a panel list nobody can tell a panelist from an attendee."""
    people = []
    for person in instance["people"]:
        keys = tuple(sorted(key.replace("user_email:", "email:") for key in person["keys"]))
        role = person["role"] if panel_known or person["role"] == "host" else "attendee"
        people.append(
            (
                keys,
                tuple(sorted(name.replace("\x00", "\N{REPLACEMENT CHARACTER}") for name in person["names"])),
                _MATCHED_BY.get(person["matched_by"], person["matched_by"]),
                role,
                person["session_count"],
                person["total_duration"],
                person["attended_seconds"],
                _moment(person["first_join"]),
                _moment(person["last_leave"]),
                person["rows"],
            )
        )
    return Counter(people)


def stored_people(runner: Runner, uuids: Iterable[str] | None = None) -> dict[str, Counter[Person]]:
    """Everyone in the database, by instance UUID; sessions that a better read superseded left out."""
    rows = runner.rows(
        """
        SELECT i.uuid, p.matched_by, p.role, p.session_count, p.total_duration, p.attended_seconds,
            p.first_join_time, p.last_leave_time, s.*
        FROM zoom_participants p
        JOIN zoom_webinar_instances i ON i.id = p.instance_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS rows,
                array_agg(DISTINCT 'registrant_id:' || t.registrant_id) FILTER (WHERE t.registrant_id IS NOT NULL)
                    AS registrant_ids,
                array_agg(DISTINCT 'email:' || lower(t.email)) FILTER (WHERE t.email IS NOT NULL) AS emails,
                array_agg(DISTINCT 'participant_user_id:' || t.participant_user_id)
                    FILTER (WHERE t.participant_user_id IS NOT NULL) AS users,
                array_agg(DISTINCT coalesce(t.name, '')) AS names
            FROM zoom_participant_sessions t WHERE t.participant_id = p.id AND t.superseded_at IS NULL
        ) s
        WHERE s.rows > 0
        """
    )
    wanted = None if uuids is None else set(uuids)
    people: dict[str, Counter[Person]] = {}
    for row in rows:
        if wanted is not None and row["uuid"] not in wanted:
            continue
        keys = sorted([*(row["registrant_ids"] or []), *(row["emails"] or []), *(row["users"] or [])])
        matched_by = "name" if row["matched_by"] == "unmatched" else row["matched_by"]
        person = (
            tuple(keys),
            tuple(sorted(row["names"])),
            matched_by,
            row["role"],
            row["session_count"],
            row["total_duration"],
            row["attended_seconds"],
            row["first_join_time"],
            row["last_leave_time"],
            row["rows"],
        )
        people.setdefault(row["uuid"], Counter())[person] += 1
    return people


def wrong_instances(runner: Runner, truth: dict[str, Any], uuids: Iterable[str] | None = None) -> list[str]:
    """UUIDs of instances whose stored people are not exactly those of the truth; refused ones must be empty."""
    chosen = truth["instances"] if uuids is None else {uuid: truth["instances"][uuid] for uuid in uuids}
    stored = stored_people(runner, chosen)
    wrong = []
    for uuid, instance in chosen.items():
        panel_known = not truth["webinars"][str(instance["webinar_id"])]["expired"]
        expected = Counter() if instance["gap"] else true_people(instance, panel_known=panel_known)
        if stored.get(uuid, Counter()) != expected:
            wrong.append(uuid)
    return wrong


def assert_truth(runner: Runner, uuids: Iterable[str] | None = None) -> None:
    """Every person's totals, keys, names, role and times are the truth's, in every instance or those given."""
    truth = runner.zoom.truth
    wrong = wrong_instances(runner, truth, uuids)
    if not wrong:
        return
    uuid = wrong[0]
    instance = truth["instances"][uuid]
    panel_known = not truth["webinars"][str(instance["webinar_id"])]["expired"]
    expected = Counter() if instance["gap"] else true_people(instance, panel_known=panel_known)
    stored = stored_people(runner, [uuid]).get(uuid, Counter())
    raise AssertionError(
        f"{len(wrong)} instances differ: {wrong[:5]}; in {uuid} missing {list(expected - stored)[:3]},"
        f" too many {list(stored - expected)[:3]}"
    )
