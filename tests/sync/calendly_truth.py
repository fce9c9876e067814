"""The stored meetings and the sandbox's truth in one form, so that they can be compared as wholes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.sync.calendly_runner import CalendlyRunner

Facts = dict[str, Any]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(value: str | None) -> str | None:
    """Blank is none, and a NUL can't be stored."""
    kept = (value or "").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return kept if kept.strip() else None


def true_events(truth: dict[str, Any]) -> dict[str, Facts]:
    """Every event that is listed now, by URI."""
    return {
        uri: {
            "name": _text(event["name"]),
            "status": event["status"],
            "start_time": _moment(event["start_time"]),
            "end_time": _moment(event["end_time"]),
            "event_type_uri": event["event_type"],
            "location": event["location"],
            "event_created_at": _moment(event["created_at"]),
            "event_updated_at": _moment(event["updated_at"]),
            "counter": (event["counter"]["total"], event["counter"]["active"], event["counter"]["limit"]),
            "hosts": event["hosts"],
            "guests": event["guests"],
            "canceler_type": event["canceler_type"],
            "cancel_reason": _text(event["cancel_reason"]),
            "missing_reason": None,
        }
        for uri, event in truth["events"].items()
        if event["access"] == "listed"
    }


def stored_events(runner: CalendlyRunner) -> dict[str, Facts]:
    """Every meeting that is not missing, by URI."""
    found = {}
    for row in runner.rows("SELECT * FROM meetings WHERE missing_since IS NULL"):
        facts = {
            **{
                key: row[key]
                for key in ("name", "status", "start_time", "end_time", "event_type_uri", "location")
            },
            **{
                key: row[key]
                for key in ("event_created_at", "event_updated_at", "canceler_type", "cancel_reason")
            },
            "counter": (row["invitees_total"], row["invitees_active"], row["invitees_limit"]),
            "hosts": [host["email"] for host in row["hosts"]],
            "guests": [guest["email"] for guest in row["guests"]],
            "missing_reason": row["missing_reason"],
        }
        found[row["uri"]] = facts
    return found


def true_invitees(truth: dict[str, Any]) -> dict[str, Facts]:
    """Every invitee of the events that are listed now, by URI."""
    return {
        uri: {
            "event_uri": event_uri,
            "email": _text(invitee["email"]),
            "name": _text(invitee["name"]),
            "status": invitee["status"],
            "timezone": invitee["timezone"],
            "rescheduled": invitee["rescheduled"],
            "old_invitee_uri": invitee["old_invitee"],
            "new_invitee_uri": invitee["new_invitee"],
            "questions_and_answers": invitee["questions_and_answers"],
            "tracking": invitee["tracking"],
            "invitee_created_at": _moment(invitee["created_at"]),
            "invitee_updated_at": _moment(invitee["updated_at"]),
            "no_show": invitee["no_show"],
            "canceler_type": invitee["canceler_type"],
            "cancel_reason": _text(invitee["cancel_reason"]),
            "paid": invitee["paid"],
        }
        for event_uri, event in truth["events"].items()
        if event["access"] == "listed"
        for uri, invitee in event["invitees"].items()
    }


def stored_invitees(runner: CalendlyRunner) -> dict[str, Facts]:
    """Every invitee of the meetings that are not missing, by URI."""
    rows = runner.rows(
        "SELECT i.* FROM meeting_invitees i JOIN meetings m ON m.id = i.meeting_id WHERE m.missing_since IS NULL"
    )
    same = (
        "event_uri", "email", "name", "status", "timezone", "rescheduled", "old_invitee_uri", "new_invitee_uri",
        "questions_and_answers", "tracking", "invitee_created_at", "invitee_updated_at", "canceler_type",
        "cancel_reason",
    )  # fmt: skip
    return {
        row["uri"]: {
            **{key: row[key] for key in same},
            "no_show": row["no_show_at"] is not None,
            "paid": row["payment"] is not None,
        }
        for row in rows
    }


def window_of(runner: CalendlyRunner, run_id: int) -> dict[str, str]:
    """The run's window as the truth takes it: both ends inclusive."""
    run = runner.run(run_id)
    last = run["window_to"] - timedelta(microseconds=1)
    return {"min_start_time": run["window_from"].isoformat(), "max_start_time": last.isoformat()}


def assert_truth(runner: CalendlyRunner, **window: str) -> None:
    """Every event and invitee is the truth's, and there is nothing else."""
    truth = runner.calendly.truth(**window)
    _same(true_events(truth), stored_events(runner), "events")
    _same(true_invitees(truth), stored_invitees(runner), "invitees")


def _same(expected: dict[str, Facts], stored: dict[str, Facts], what: str) -> None:
    missing, too_many = expected.keys() - stored.keys(), stored.keys() - expected.keys()
    assert not missing, f"{len(missing)} {what} are not stored: {sorted(missing)[:3]}"
    assert not too_many, f"{len(too_many)} {what} are not the truth's: {sorted(too_many)[:3]}"
    for uri, facts in expected.items():
        wrong = {key: (stored[uri][key], value) for key, value in facts.items() if stored[uri][key] != value}
        assert not wrong, f"{what} {uri}: stored and true are {wrong}"
