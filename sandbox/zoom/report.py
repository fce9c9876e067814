"""Reads an attendee report as Zoom's portal exports it (CSV), in the layouts of 2020 and of 2024 to 2026.

The file has a few head lines and then sections, each with its own column line. Columns are found by name, so
a layout may add or move some. Times carry no zone and are taken as UTC.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Section = Literal["host", "panelist", "attendee", "other"]

_SECTIONS: dict[str, Section] = {
    "host details": "host",
    "panelist details": "panelist",
    "attendee details": "attendee",
    "other attended": "other",
}
NO_ID = 10_000_000_000
"""Stands in where whoever passed the report on has blanked the webinar's number."""

_BLANK = frozenset({"", "--", "-", "na", "n/a"})
_FORMATS = (
    *("%b %d, %Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%b %d, %Y %I:%M %p", "%b %d, %Y %H:%M"),
    *("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M"),
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"),
)


class NotAReportError(ValueError):
    """The file is not an attendee report; the message is one sentence for the person who chose it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a section. Times are Unix seconds, None where blank; `minutes` as reported."""

    section: Section
    attended: bool
    name: str
    email: str
    registered: float | None
    approval: str
    join: float | None
    leave: float | None
    minutes: int | None


@dataclass(slots=True)
class Report:
    """A whole report: the head with Zoom's own totals (None where blank) and every line."""

    topic: str
    webinar_id: int
    start: float | None
    duration_minutes: int | None
    registered: int | None
    unique_viewers: int | None
    total_users: int | None
    max_concurrent_views: int | None
    entries: list[Entry] = field(default_factory=list)


def _text(value: str | None) -> str:
    text = (value or "").strip()
    return "" if text.lower() in _BLANK else text


def _number(value: str | None) -> int | None:
    digits = "".join(c for c in _text(value) if c.isdigit())
    return int(digits) if digits else None


def moment(value: str | None) -> float | None:
    """Unix seconds of a time in any format the portal has used. Raises NotAReportError for another one."""
    text = " ".join(_text(value).split())
    if not text:
        return None
    for form in _FORMATS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    raise NotAReportError(
        f"The report has a time that can't be read: {text[:40]!r}; expected one like 04/26/2026 10:45:17 AM."
    )


def _columns(line: list[str]) -> list[str]:
    return [cell.strip().lower().partition(" (")[0] for cell in line]


def _entry(section: Section, cells: dict[str, str]) -> Entry:
    full_name = " ".join(filter(None, (_text(cells.get("first name")), _text(cells.get("last name")))))
    return Entry(
        section=section,
        attended=section == "other" or _text(cells.get("attended")).lower() == "yes",
        name=_text(cells.get("user name")) or full_name,
        email=_text(cells.get("email")),
        registered=moment(cells.get("registration time")),
        approval=_text(cells.get("approval status")).lower(),
        join=moment(cells.get("join time")),
        leave=moment(cells.get("leave time")),
        minutes=_number(cells.get("time in session")),
    )


def _head(lines: Iterator[list[str]]) -> Report:
    for line in lines:
        names = _columns(line)
        if "topic" in names and "webinar id" in names:
            cells = dict(zip(names, next(lines, []), strict=False))
            return Report(
                topic=_text(cells.get("topic")),
                webinar_id=_number(cells.get("webinar id")) or NO_ID,
                start=moment(cells.get("actual start time")),
                duration_minutes=_number(cells.get("actual duration")),
                registered=_number(cells.get("# registered") or cells.get("# registrants")),
                unique_viewers=_number(cells.get("unique viewers")),
                total_users=_number(cells.get("total users")),
                max_concurrent_views=_number(cells.get("max concurrent views")),
            )
    raise NotAReportError("no line with Topic and Webinar ID")


def parse(lines: Iterator[list[str]]) -> Report:
    """Read the lines of a report. Raises NotAReportError."""
    report = _head(lines)
    section: Section | None = None
    names: list[str] = []
    for line in lines:
        if not any(cell.strip() for cell in line):
            continue
        begins = _SECTIONS.get(line[0].strip().lower())
        if begins is not None and not any(cell.strip() for cell in line[1:]):
            section, names = begins, []
        elif section is not None and not names:
            names = _columns(line)
        elif section is not None:
            report.entries.append(_entry(section, dict(zip(names, line, strict=False))))
    if not any(entry.join is not None for entry in report.entries):
        raise NotAReportError("no line that says who joined and when")
    return report


def read(path: Path) -> Report:
    """Read a report file. Raises NotAReportError with a whole sentence, OSError where there is no file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return parse(iter(csv.reader(file)))
    except (NotAReportError, UnicodeDecodeError, csv.Error) as error:
        why = str(error) if isinstance(error, NotAReportError) else "it is not a CSV file in UTF-8"
        raise NotAReportError(
            f"{path.name} is not a Zoom webinar attendee report ({why}); in Zoom's portal choose"
            " Reports, Webinar, Attendee report, and export it as CSV."
        ) from error
