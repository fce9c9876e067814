"""Calendly's sync as its users meet it: triggered over REST or from a shell, beside Zoom's, stopped, misused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from rollcall.errors import WrongUse
from rollcall.secrets import Keyring
from rollcall.stack.airflow_settings import fernet_keys
from rollcall.stack.up import Stack
from tests.end_to_end.stack_operator import CALENDLY_DAG, Operator, rollcall, until


def truth_of(calendly: Operator, run: dict[str, Any]) -> dict[str, Any]:
    """What the window of a run holds at Calendly."""
    last = run["window_to"] - timedelta(microseconds=1)
    window = {"min_start_time": run["window_from"].isoformat(), "max_start_time": last.isoformat()}
    answer = requests.get(f"{calendly.sandbox}/sandbox/truth", params=window, timeout=60)
    found: dict[str, Any] = answer.json()
    return found


def assert_stored(calendly: Operator, run: dict[str, Any]) -> None:
    """Every meeting and invitee of the run's window is stored as it is at Calendly."""
    events = {u: e for u, e in truth_of(calendly, run)["events"].items() if e["access"] == "listed"}
    meetings = calendly.rows("SELECT uri, status, start_time, invitees_total, invitees_active FROM meetings")
    stored = {row.pop("uri"): row for row in meetings}
    assert len(events) > 20
    for uri, event in events.items():
        assert stored[uri] == {
            "status": event["status"],
            "start_time": datetime.fromisoformat(event["start_time"]),
            "invitees_total": event["counter"]["total"],
            "invitees_active": event["counter"]["active"],
        }
    people = calendly.rows(
        "SELECT uri, email, status, old_invitee_uri, no_show_at IS NOT NULL AS no_show FROM meeting_invitees"
    )
    known = {row.pop("uri"): row for row in people}
    for event in events.values():
        for uri, invitee in event["invitees"].items():
            assert known[uri] == {
                "email": invitee["email"],
                "status": invitee["status"],
                "old_invitee_uri": invitee["old_invitee"],
                "no_show": invitee["no_show"],
            }


def test_the_first_sync_holds_everything_and_the_next_is_incremental(calendly: Operator) -> None:
    calendly.rows("UPDATE users SET calendly_initial_sync_complete = false RETURNING id")
    first = calendly.trigger()
    assert calendly.wait(first) == "success"
    row = calendly.sync_run(first)
    assert (row["source"], row["mode"], row["status"]) == ("calendly", "full", "completed")
    assert row["progress_percentage"] == 100
    assert_stored(calendly, row)

    booked = calendly.edit("book", event_type="Intro call", count=1)
    calendly.edit("cancel", invitee=booked["invitee"], reason="Ill")
    again = calendly.edit("book", event_type="Intro call", count=1)
    calendly.edit("mark_no_show", invitee=again["invitee"])
    second = calendly.trigger()
    assert calendly.wait(second) == "success"
    row = calendly.sync_run(second)
    assert (row["mode"], row["status"]) == ("incremental", "completed")
    assert (row["meetings_new"], row["meetings_canceled"]) == (2, 1)
    assert_stored(calendly, row)
    assert "INCREMENTAL SYNC" in calendly.log_of(second, "discover")


def test_both_sources_sync_side_by_side(calendly: Operator, operator: Operator) -> None:
    webinars, meetings = operator.trigger(), calendly.trigger(mode="full")
    assert (calendly.wait(meetings), operator.wait(webinars)) == ("success", "success")
    ours, theirs = calendly.sync_run(meetings), operator.sync_run(webinars)
    assert ours["connection_id"] == theirs["connection_id"], "the same id in both tables, and no harm done"
    assert (ours["status"], theirs["status"]) == ("completed", "completed_with_gaps")
    told = calendly.rest.progress(CALENDLY_DAG, meetings)
    assert told is not None
    assert (told.run_id, told.source, told.percentage) == (ours["id"], "calendly", 100)


def test_a_second_run_is_refused_and_a_stopped_one_makes_way(calendly: Operator) -> None:
    calendly.fault(match="scheduled_events", kind="slow", seconds=0.5, times=-1)
    first = calendly.trigger(mode="full")
    calendly.until(first, lambda row: row["current_phase"] == "discover")
    second = calendly.trigger()
    assert calendly.wait(second) == "failed"
    refusal = calendly.log_of(second, "discover")
    assert first in refusal
    assert "Mark run as failed" in refusal
    calendly.stop(first)
    until(lambda: calendly.sync_run(first)["status"] == "cancelled", seconds=60)
    calendly.mend()
    third = calendly.trigger()
    assert calendly.wait(third) == "success"


def test_a_dead_token_ends_the_run_with_what_to_do(calendly: Operator) -> None:
    (good,) = calendly.rows("SELECT calendly_token_encrypted AS token FROM users")
    dead = Keyring(fernet_keys(calendly.stack.state).split(",")).encrypt("a-token-that-was-revoked")
    change = (
        "UPDATE users SET calendly_token_encrypted = %s, calendly_reconnect_needed_at = NULL,"
        " calendly_reconnect_reason = NULL RETURNING id"
    )
    calendly.rows(change, dead)
    try:
        run = calendly.trigger()
        assert calendly.wait(run) == "failed"
        row = calendly.sync_run(run)
        assert (row["status"], row["error_kind"]) == ("failed", "auth_error")
        assert "rollcall calendly connect" in row["error_message"]
        (user,) = calendly.rows("SELECT calendly_reconnect_needed_at AS since FROM users")
        assert user["since"] is not None
    finally:
        calendly.rows(change, good["token"])


@pytest.mark.parametrize(
    ("conf", "word"),
    [({"user": ""}, "user"), ({"mode": "delta"}, "delta"), ({"fetch_workers": 9}, "fetch_workers")],
)
def test_the_api_refuses_what_the_schema_can_tell(
    calendly: Operator, conf: dict[str, Any], word: str
) -> None:
    with pytest.raises(WrongUse, match=word):
        calendly.trigger(**conf)


def test_the_command_follows_and_tells_by_its_exit_code(stack: Stack, calendly: Operator) -> None:
    followed = rollcall(stack, "sync", "calendly", stack.calendly_user, "--follow")
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert "completed" in followed.stdout
    unknown = rollcall(stack, "sync", "calendly", "nobody@example.com", "--follow")
    assert unknown.returncode == 2
    assert "There is no such Calendly user" in unknown.stderr


def test_nothing_but_a_person_starts_it(calendly: Operator) -> None:
    dag = calendly.call("GET", f"/api/v2/dags/{CALENDLY_DAG}/details").json()
    assert dag["timetable_summary"] is None
    assert dag["allowed_run_types"] == ["manual"]
    backfill = calendly.call(
        "POST",
        "/api/v2/backfills",
        dag_id=CALENDLY_DAG,
        from_date="2026-01-01T00:00:00Z",
        to_date="2026-01-02T00:00:00Z",
    )
    assert backfill.status_code >= 400


def test_no_secret_and_no_invitee_is_in_logs_or_xcoms(calendly: Operator) -> None:
    run = calendly.trigger(mode="full")
    assert calendly.wait(run) == "success"
    events = truth_of(calendly, calendly.sync_run(run))["events"].values()
    mails = {invitee["email"].lower() for event in events for invitee in event["invitees"].values()}
    assert len(mails) > 50
    xcoms = calendly.rows_of_airflow("SELECT value::text AS text FROM xcom")
    logs = [
        path.read_text(errors="replace") for path in calendly.stack.state.logs.rglob("*") if path.is_file()
    ]
    told = "\n".join([*logs, *(row["text"] or "" for row in xcoms)]).lower()
    assert len(told) > 1000
    assert "sandbox-calendly-token" not in told
    assert [mail for mail in mails if mail in told] == []
