"""The Zoom endpoints rollcall calls: path, rate-limit label, where the rows are, scopes, usual parameters.

Labels, scopes and parameters are those of the Zoom API reference (Meetings API, and "Rate limits" for the
labels).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote

from rollcall.errors import DataFault

LARGEST_PAGE = 300


class Label(StrEnum):
    """Zoom's rate-limit classes; each has its own budget per account."""

    LIGHT = "Light"
    MEDIUM = "Medium"
    HEAVY = "Heavy"
    RESOURCE_INTENSIVE = "Resource-intensive"


class Subject(StrEnum):
    """What the item in a path is. It decides how the item is encoded and what a refusal means."""

    ACCOUNT = "account"
    HOST = "host"
    WEBINAR = "webinar"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. `proof_key` must be in each good answer; for lists it is `rows_key`, where the rows
    stand.

    `granular_scope` and `classic_scope` are the admin forms; `without` says what is lost when neither is
    granted.
    """

    name: str
    path: str
    label: Label
    subject: Subject
    rows_key: str | None
    proof_key: str
    granular_scope: str
    classic_scope: str
    params: Mapping[str, str]
    without: str
    is_report: bool = False
    numbers_pages: bool = False
    """The answer may go on by page number instead of a token."""

    def path_for(self, item: str) -> str:
        """The path below the API address for one item, percent-encoded exactly as it must reach the wire.

        Raises DataFault for an item that can't be part of a path.
        """
        if self.subject is Subject.ACCOUNT:
            return self.path
        if item.strip(".") == "":
            raise DataFault(
                f"{self.name}: {item!r} is no {self.subject} id; read the list that it came from again."
            )
        encoded = encode_uuid(item) if self.subject is Subject.INSTANCE else quote(item, safe="")
        return self.path.replace("{item}", encoded)


def encode_uuid(uuid: str) -> str:
    """An instance UUID as one path segment, by Zoom's rule: percent-encoded, and twice when it begins with
    `/` or contains `//` (Zoom API reference, "meeting and webinar UUIDs")."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def _list(
    name: str,
    path: str,
    label: Label,
    subject: Subject,
    rows_key: str,
    scopes: tuple[str, str],
    without: str,
    **params: str,
) -> Endpoint:
    return Endpoint(
        name=name,
        path=path,
        label=label,
        subject=subject,
        rows_key=rows_key,
        proof_key=rows_key,
        granular_scope=scopes[0],
        classic_scope=scopes[1],
        params=MappingProxyType({"page_size": str(LARGEST_PAGE), **params}),
        without=without,
        is_report=path.startswith("/report/"),
        numbers_pages=path == "/users/{item}/webinars",
    )


def _object(
    name: str, path: str, label: Label, subject: Subject, key: str, scopes: tuple[str, str], without: str
) -> Endpoint:
    return Endpoint(
        name=name,
        path=path,
        label=label,
        subject=subject,
        rows_key=None,
        proof_key=key,
        granular_scope=scopes[0],
        classic_scope=scopes[1],
        params=MappingProxyType({}),
        without=without,
        is_report=path.startswith("/report/"),
    )


USERS = _list(
    "users",
    "/users",
    Label.MEDIUM,
    Subject.ACCOUNT,
    "users",
    ("user:read:list_users:admin", "user:read:admin"),
    "webinars can't be looked for host by host",
)
USER_WEBINARS = _list(
    "webinar list",
    "/users/{item}/webinars",
    Label.MEDIUM,
    Subject.HOST,
    "webinars",
    ("webinar:read:list_webinars:admin", "webinar:read:admin"),
    "webinars that have not run yet stay unknown",
    # Webinars made through Zoom Events are left out unless asked for.
    include_events_webinar="true",
)
WEBINAR = _object(
    "webinar",
    "/webinars/{item}",
    Label.LIGHT,
    Subject.WEBINAR,
    "id",
    ("webinar:read:webinar:admin", "webinar:read:admin"),
    "webinars are stored without their settings",
)
REGISTRANTS = _list(
    "registrants",
    "/webinars/{item}/registrants",
    Label.MEDIUM,
    Subject.WEBINAR,
    "registrants",
    ("webinar:read:list_registrants:admin", "webinar:read:admin"),
    "registrants and no-shows stay unknown",
)
PANELISTS = _list(
    "panelists",
    "/webinars/{item}/panelists",
    Label.MEDIUM,
    Subject.WEBINAR,
    "panelists",
    ("webinar:read:list_panelists:admin", "webinar:read:admin"),
    "panelists count as attendees",
)
PAST_INSTANCES = _list(
    "past instances",
    "/past_webinars/{item}/instances",
    Label.LIGHT,
    Subject.WEBINAR,
    "webinars",
    ("webinar:read:list_past_instances:admin", "webinar:read:admin"),
    "past instances of recurring webinars can be missed",
)
PAST_PARTICIPANTS = _list(
    "past participants",
    "/past_webinars/{item}/participants",
    Label.MEDIUM,
    Subject.INSTANCE,
    "participants",
    ("webinar:read:list_past_participants:admin", "webinar:read:admin"),
    "no attendance where the report is refused",
    # Described in the answer's fields though not among the parameters; identity is weak without it.
    include_fields="registrant_id",
)
REPORT_WEBINAR = _object(
    "webinar report",
    "/report/webinars/{item}",
    Label.HEAVY,
    Subject.INSTANCE,
    "uuid",
    ("report:read:webinar:admin", "report:read:admin"),
    "no totals by Zoom to compare the attendance with",
)
REPORT_PARTICIPANTS = _list(
    "participant report",
    "/report/webinars/{item}/participants",
    Label.HEAVY,
    Subject.INSTANCE,
    "participants",
    ("report:read:list_webinar_participants:admin", "report:read:admin"),
    "attendance comes from the shorter past_webinars list",
    include_fields="registrant_id",
)
REPORT_USER_MEETINGS = _list(
    "past events",
    "/report/users/{item}/meetings",
    Label.HEAVY,
    Subject.HOST,
    "meetings",
    ("report:read:user:admin", "report:read:admin"),
    "webinars of deactivated hosts can be missed",
    type="past",
)
HISTORY_MEETINGS = _list(
    "account history",
    "/report/history_meetings",
    Label.HEAVY,
    Subject.ACCOUNT,
    "history_meetings",
    ("report:read:list_history_meetings:admin", "report:read:admin"),
    "past instances are looked for host by host, which takes more calls",
    meeting_type="webinar",
)

ENDPOINTS: tuple[Endpoint, ...] = (
    USERS,
    USER_WEBINARS,
    WEBINAR,
    REGISTRANTS,
    PANELISTS,
    PAST_INSTANCES,
    PAST_PARTICIPANTS,
    REPORT_WEBINAR,
    REPORT_PARTICIPANTS,
    REPORT_USER_MEETINGS,
    HISTORY_MEETINGS,
)
