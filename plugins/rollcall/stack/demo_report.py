"""What the demo prints at the end: what the database holds now, and how it compares with Zoom's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
import requests
from rich.console import Console

from rollcall.errors import SetupError
from rollcall.sources.addresses import environment_proxies_off
from rollcall.stack.report_tables import counted, row, short, titled_table

_TOTALS = """
    SELECT
        (SELECT count(*) FROM zoom_webinars) AS webinars,
        (SELECT count(*) FROM zoom_webinar_instances) AS instances,
        (SELECT count(*) FROM zoom_registrants) AS registrants,
        (SELECT count(*) FROM zoom_participants) AS participants,
        (SELECT count(*) FROM zoom_participant_sessions) AS sessions,
        (SELECT coalesce(sum(attended_seconds), 0) / 3600.0 FROM zoom_participants) AS attended_hours
"""
# The same name in several webinars may be several people, so the webinar belongs to the line.
_REJOINED_MOST = """
    SELECT p.participant_name, w.topic, p.session_count, p.total_duration, p.attended_seconds
    FROM zoom_participants p
    JOIN zoom_webinars w ON w.id = p.webinar_id
    WHERE p.session_count > 1
    ORDER BY p.session_count DESC, p.total_duration DESC, p.id
    LIMIT 5
"""
_RECONCILED = """
    SELECT
        measure,
        count(*) AS instances,
        count(*) FILTER (WHERE verdict = 'agrees') AS agrees,
        count(*) FILTER (WHERE verdict = 'explained') AS explained,
        count(*) FILTER (WHERE verdict = 'differs') AS differs,
        count(*) FILTER (WHERE verdict = 'not_stated') AS not_stated
    FROM zoom_instance_reconciliation
    GROUP BY measure
    ORDER BY array_position(ARRAY['rows', 'people', 'unique_viewers', 'minutes'], measure)
"""
_DIFFERENCES = """
    SELECT measure, meaning, count(*) AS instances
    FROM zoom_instance_reconciliation
    WHERE verdict = 'differs'
    GROUP BY measure, meaning
    ORDER BY count(*) DESC, measure, meaning
"""
_GAPS = "SELECT count(*) FROM sync_gaps WHERE closed_at IS NULL AND NOT is_expected"
_FILE_NUMBERS = """
    SELECT
        (SELECT count(*) FROM zoom_registrants WHERE status = 'approved') AS registered,
        (
            SELECT coalesce(sum(ours), 0)::bigint FROM zoom_instance_reconciliation WHERE measure = 'unique_viewers'
        ) AS unique_viewers,
        (SELECT count(*) FROM zoom_participants WHERE session_count > 0) AS people,
        (SELECT count(*) FROM zoom_participant_sessions) AS sessions,
        (SELECT sum(duration_minutes) FROM zoom_webinar_instances) AS duration_minutes
"""
_NOUNS = ("webinar", "instance", "registrant", "participant", "session")
_TIMEOUT = (5.0, 30.0)


@dataclass(frozen=True)
class Compared:
    """One number of the file's header beside ours; `theirs` is None where the header doesn't give it."""

    name: str
    ours: int
    theirs: int | None
    why: str

    @property
    def verdict(self) -> str:
        """Say whether the two agree, and if not, why not."""
        if self.theirs is None:
            return "the header doesn't say"
        return "agrees" if self.ours == self.theirs else f"differs: {self.why}"


def print_report(console: Console, dsn: str) -> None:
    """Print totals, who rejoined most, and what was reconciled, read as the role that `dsn` logs in."""
    with psycopg.connect(dsn) as connection:
        totals = row(connection, _TOTALS)
        rejoined = connection.execute(_REJOINED_MOST).fetchall()
        reconciled = connection.execute(_RECONCILED).fetchall()
        differences = connection.execute(_DIFFERENCES).fetchall()
        gaps = row(connection, _GAPS)["count"]
    console.print()
    console.print(
        ", ".join(counted(totals[f"{noun}s"], noun) for noun in _NOUNS)
        + f", {totals['attended_hours']:,.1f} attended hours",
        style="bold",
        highlight=False,
        soft_wrap=True,
    )
    people = titled_table("Who rejoined most", "Person", "Webinar", "Sessions", "Total", "Attended")
    for name, topic, sessions, total, attended in rejoined:
        people.add_row(short(name, 28), short(topic, 34), str(sessions), _hours(total), _hours(attended))
    if rejoined:
        console.print(people)
    compared = titled_table(
        "Our numbers against Zoom's", "Measure", "Instances", "Agree", "Explained", "Differ", "Not stated"
    )
    for measure, *counts in reconciled:
        compared.add_row(measure.replace("_", " "), *(f"{count:,}" for count in counts))
    console.print(compared)
    for measure, meaning, instances in differences:
        sentence = f"{instances} x {measure.replace('_', ' ')}: {meaning}"
        console.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if gaps:
        things = "thing is" if gaps == 1 else "things are"
        console.print(
            f"{gaps} {things} missing that Zoom would not serve: sync_gaps says why and when to look again.",
            highlight=False,
        )


def print_file_comparison(console: Console, dsn: str, sandbox_url: str) -> None:
    """Print our numbers beside the header of the attendee report that the sandbox replays.

    Raises SetupError where the sandbox doesn't give the header.
    """
    try:
        response = requests.get(
            f"{sandbox_url}/sandbox/report", timeout=_TIMEOUT, proxies=environment_proxies_off(sandbox_url)
        )
        response.raise_for_status()
        header: dict[str, Any] = response.json()
    except (requests.RequestException, ValueError) as error:
        raise SetupError(
            f"the sandbox at {sandbox_url} gives no header of the report; see its log."
        ) from error
    with psycopg.connect(dsn) as connection:
        ours = row(connection, _FILE_NUMBERS)
    table = titled_table("Our numbers against the file's header", "", "Ours", "Zoom's", "")
    lines = compare_with_header(ours, header)
    for line in lines:
        theirs = "?" if line.theirs is None else f"{line.theirs:,}"
        table.add_row(line.name, f"{line.ours:,}", theirs, line.verdict)
    console.print(table)
    console.print(f"{ours['people']:,} people in {ours['sessions']:,} sessions.", highlight=False)
    if days := header.get("moved_by_days"):
        console.print(
            f"Its days were moved by {days:,}, into the six months that Zoom's API serves.", highlight=False
        )


def compare_with_header(ours: dict[str, Any], header: dict[str, Any]) -> list[Compared]:
    """Pair the header's numbers with ours; both are keyed registered, unique_viewers and duration_minutes.

    The header's total_users stands beside our sessions.
    """
    return [
        Compared(
            "Registered",
            ours["registered"] or 0,
            header.get("registered"),
            "the header counts approved registrants; the list in the file holds another number",
        ),
        Compared(
            "Unique viewers",
            ours["unique_viewers"] or 0,
            header.get("unique_viewers"),
            "ours are people with an approved registration who attended, each once",
        ),
        Compared(
            "Total users",
            ours["sessions"] or 0,
            header.get("total_users"),
            "Zoom counts joins here, not people; ours is every join in the file, host and panelists included",
        ),
        Compared(
            "Duration (min)",
            ours["duration_minutes"] or 0,
            header.get("duration_minutes"),
            "ours is what the replayed instance states",
        ),
    ]


def _hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
