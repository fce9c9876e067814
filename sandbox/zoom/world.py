"""What exists in the sandbox: one Zoom account with its hosts, webinars, instances and the people in them.

Times are Unix seconds, durations seconds unless a name says minutes.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.zoom.rows import PackedRows
from sandbox.zoom.stamps import DAY

Gap = Literal["", "gone", "too_old"]
Lateness = Literal["", "fewer_rows", "zero_duration"]

ID_LIFE = 30 * DAY
"""An id lives this long after its last use (Zoom API reference, section 1.2); a UUID never expires."""


@dataclass(slots=True)
class Host:
    """A user of the account who may hold webinars. `licensed` False: "Webinar plan is missing"."""

    id: str
    email: str
    first_name: str
    last_name: str
    status: Literal["active", "inactive", "pending"] = "active"
    licensed: bool = True

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Registrant:
    """One registration for a webinar; `id` is what a participant row calls `registrant_id`."""

    id: str
    email: str
    first_name: str
    last_name: str
    created: float
    status: Literal["approved", "pending", "denied"] = "approved"

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Panelist:
    """A person who was invited to the panel."""

    id: str
    email: str
    name: str


@dataclass(slots=True)
class Figures:
    """Zoom's own totals of one instance, as its portal and reports state them."""

    participants: int = 0
    people: int = 0
    unique_viewers: int = 0
    max_concurrent_views: int = 0
    total_seconds: int = 0


@dataclass(slots=True)
class PersonTruth:
    """One person in one instance; waiting-room rows are among `rows` and count for nothing else."""

    keys: list[str]
    names: list[str]
    role: str
    matched_by: str
    rows: int
    session_count: int
    total_duration: int
    attended_seconds: int
    first_join: str | None
    last_leave: str | None


@dataclass(slots=True)
class Instance:
    """One time a webinar ran.

    `gap` is why its report is refused. `late` says what its report lacks on the first `late_reads` reads (a
    read is a request for the first page). `owners` says for each row which of the people it belongs to.
    `missing_rows` more rows are announced in total_records than are ever served. `repeats_row`: each page
    begins with the last row of the page before. `empty_page`: the second page is empty.
    """

    uuid: str
    webinar_id: int
    start: int
    end: int
    rows: PackedRows
    owners: array[int]
    figures: Figures
    gap: Gap = ""
    late: Lateness = ""
    late_reads: int = 0
    missing_rows: int = 0
    repeats_row: bool = False
    empty_page: bool = False
    reads: int = 0

    @property
    def is_late(self) -> bool:
        """Whether the next read is still incomplete."""
        return bool(self.late) and self.reads < self.late_reads


@dataclass(slots=True)
class Webinar:
    """A webinar: a numeric id that all its instances share. `kind` is Zoom's 5, 6 or 9."""

    id: int
    host: Host
    topic: str
    kind: int
    created: float
    planned_minutes: int
    approval_type: int = 0
    agenda: str = ""
    occurrences: list[int] = field(default_factory=list)
    registrants: list[Registrant] = field(default_factory=list)
    panelists: list[Panelist] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    expired: bool = False

    def latest(self) -> Instance | None:
        """The instance a report answers for when it is given the numeric id."""
        return max(self.instances, key=lambda instance: instance.start, default=None)


@dataclass(slots=True)
class Meeting:
    """A past event that is not a webinar; account reports list it all the same."""

    id: int
    uuid: str
    host: Host
    topic: str
    start: int
    end: int
    participants: int


@dataclass(slots=True)
class World:
    """One account. `report` holds the header numbers of a replayed portal report, if it is one."""

    now: float
    hosts: list[Host] = field(default_factory=list)
    webinars: dict[int, Webinar] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    meetings: list[Meeting] = field(default_factory=list)
    report: dict[str, Any] | None = None

    def add(self, instance: Instance) -> None:
        """Put an instance under its webinar."""
        self.instances[instance.uuid] = instance
        self.webinars[instance.webinar_id].instances.append(instance)

    def host(self, key: str) -> Host | None:
        """The host with this id or e-mail."""
        wanted = key.lower()
        return next((h for h in self.hosts if h.id == key or h.email.lower() == wanted), None)

    def expire_old_ids(self) -> None:
        """Expire every webinar id that was last used, and is planned for, more than 30 days ago."""
        for webinar in self.webinars.values():
            used = [webinar.created, *webinar.occurrences, *(i.end for i in webinar.instances)]
            webinar.expired = max(used) + ID_LIFE < self.now
