"""Who comes to one instance, and how: the rows that Zoom would report, and to whom each belongs.

Every way in which real reports are untidy (Zoom API reference, section 3) happens here by chance, so that a
few hundred rows hold all of it. The people are made first and their rows from them: that is what makes the
truth known.
"""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass, field

from sandbox.names import HOSTILE, human
from sandbox.zoom.rows import Row
from sandbox.zoom.stamps import iso
from sandbox.zoom.world import Registrant, Webinar

FIRST_USER_ID = 16_778_240
STRANGERS = 1_000_000
"""People who never registered are numbered from here, so that no registrant shares their e-mail."""


@dataclass(slots=True)
class Keys:
    """What a row of a person carries to tell who they are."""

    email: str = ""
    registrant_id: str = ""
    user: str = ""


@dataclass(slots=True)
class Cast:
    """The rows of one instance while it is being made."""

    rng: random.Random
    webinar: Webinar
    start: int
    end: int
    rows: list[Row] = field(default_factory=list)
    owners: array[int] = field(default_factory=lambda: array("L"))
    people: int = 0
    attendees: int = 0
    panel: dict[str, int] = field(default_factory=dict)

    def add(self, owner: int, name: str, keys: Keys, join: float, leave: float) -> Row:
        """One join-to-leave row with a `user_id` of its own."""
        row: Row = {
            "id": keys.user,
            "participant_user_id": keys.user,
            "user_id": str(FIRST_USER_ID + 1024 * len(self.rows)),
            "name": name,
            "user_email": keys.email,
            "join_time": iso(join),
            "leave_time": iso(leave),
            "duration": int(leave - join),
            "status": "in_meeting",
            "failover": False,
        }
        if keys.registrant_id:
            row["registrant_id"] = keys.registrant_id
        self.rows.append(row)
        self.owners.append(owner)
        return row

    def person(self) -> int:
        """A number for one more person."""
        self.people += 1
        return self.people - 1

    def staff(self) -> None:
        """The host from start to end, and most of the panel, some of them twice."""
        host = self.webinar.host
        self.add(self.person(), host.name, Keys(host.email, user=host.id), self.start, self.end)
        for panelist in self.webinar.panelists:
            if self.rng.random() < 0.9:
                owner = self.panel[panelist.email] = self.person()
                for join, leave in self.spans(self.rng.choice((1, 1, 2))):
                    self.add(owner, panelist.name, Keys(panelist.email), join, leave)

    def spans(self, count: int) -> list[tuple[int, int]]:
        """`count` stays one after the other, somewhere in the instance, each at least a second long."""
        length = self.end - self.start
        points = sorted(self.rng.sample(range(self.start, self.start + max(length, 4 * count)), 2 * count))
        return [(points[i], points[i + 1]) for i in range(0, 2 * count, 2)]

    def stays(self) -> list[tuple[int, int]]:
        """The stays of one attendee: mostly one, often two, now and then many; some overlap (a second
        device).
        """
        count = self.rng.choices((1, 2, 3, 4, 7, 29), (560, 240, 120, 55, 24, 1))[0]
        spans = self.spans(count)
        if self.rng.random() < 0.09:
            join, leave = spans[0]
            spans.append((join + (leave - join) // 3, min(leave + 240, self.end + 240)))
        return spans

    def attendee(self, registrant: Registrant | None, number: int) -> None:
        """One attendee, registered or not, with all rows that they leave behind."""
        draw = self.rng.random()
        stays = self.stays()
        self.attendees += 1
        if registrant is not None:
            self._registered(registrant, number, stays, draw)
        elif draw < 0.55:
            self._by_email(number, stays, draw)
        elif draw < 0.75:
            someone = human(STRANGERS + number)
            self._appear(someone.name, [Keys(user=someone.user_id)] * len(stays), stays)
        elif draw < 0.85:
            self._appear(f"+1 555 {number:07d}", [Keys()] * len(stays), stays)
        else:
            device = ("iPad", "iPhone", "Galaxy Tab", "Guest")[number % 4]
            self._appear(f"{device} ({number})", [Keys()] * len(stays), stays)

    def nameless_twins(self, name: str) -> None:
        """Two rows without any key under a name that someone with a key has too: nobody can say whose they
        are.
        """
        for join, leave in self.spans(2):
            self.attendees += 1
            self.add(self.person(), name, Keys(), join, leave)

    def _registered(
        self, registrant: Registrant, number: int, stays: list[tuple[int, int]], draw: float
    ) -> None:
        both = Keys(registrant.email, registrant.id)
        keys = [both] * len(stays)
        if registrant.email in self.panel:
            self._appear(registrant.name, keys, stays, self.panel[registrant.email])
            return
        if draw < 0.12:
            keys = [Keys(registrant_id=registrant.id)] * len(stays)
        elif draw < 0.16 and len(stays) >= 3:
            keys[0] = Keys(registrant.email)
            keys[-1] = Keys(registrant_id=registrant.id)
        elif draw < 0.20:
            keys[0] = Keys(registrant.email.upper(), registrant.id, human(number).user_id)
        self._appear(registrant.name, keys, stays)

    def _by_email(self, number: int, stays: list[tuple[int, int]], draw: float) -> None:
        someone = human(STRANGERS + number)
        keys = [Keys(someone.email)] * len(stays)
        if draw < 0.2:
            keys[-1] = Keys(someone.email.title())
        elif draw < 0.4:
            keys[0] = Keys(someone.email, user=someone.user_id)
        self._appear(someone.name, keys, stays)

    def _appear(
        self, name: str, keys: list[Keys], stays: list[tuple[int, int]], owner: int | None = None
    ) -> None:
        owner = self.person() if owner is None else owner
        keyed = bool(keys[0].email or keys[0].registrant_id or keys[0].user)
        if keyed and self.people % 211 == 30:
            name = HOSTILE[(self.people // 211 + self.webinar.id) % len(HOSTILE)]
        first = len(self.rows)
        if self.rng.random() < 0.02:
            join = stays[0][0]
            self.add(owner, name, keys[0], join - 90, join)["status"] = "in_waiting_room"
        for own, (join, leave) in zip(keys, stays, strict=True):
            self.add(owner, name, own, join, leave)
        if self.rng.random() < 0.05:
            self._spoil(owner, self.rows[-1], keys[-1], stays[-1], alone=len(self.rows) - first == 1)

    def _spoil(self, owner: int, row: Row, keys: Keys, stay: tuple[int, int], *, alone: bool) -> None:
        """Do to a person's last row one of the things that real rows suffer."""
        join, leave = stay
        match self.rng.randrange(8 if alone else 7):
            case 0:
                del row["leave_time"]
            case 1:
                row["leave_time"] = iso(join - 30)
            case 2:
                row["leave_time"], row["duration"] = iso(join), 0
            case 3:
                row["failover"] = True
                self.add(owner, row["name"], keys, leave + 2, leave + 62)
            case 4:
                row["duration"] += 5
            case 5:
                row["bo_mtg_id"] = f"bo{row['user_id']}"
            case 6:
                row["leave_time"] = ""
            case _:
                # Only for a single row: halves of seconds would round in one place and not in another.
                row["join_time"], row["leave_time"] = iso(join + 0.66), iso(leave + 0.66)
