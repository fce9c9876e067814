"""Calendly answers badly, or not at all: what passes by itself passes, and what does not is said."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.errors import (
    PageTokenExpired,
    PageTokenRepeated,
    ServerFault,
    SourceError,
)
from rollcall.store import webhooks
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.conftest import StartCalendly

LISTING = r"GET /scheduled_events\?"
INVITEES = r"/invitees"


def two_pages(runner: CalendlyRunner) -> dict[str, Any]:
    """The params of a run whose only slice has two pages of events."""
    for _ in range(2):
        runner.calendly.edit("book", event_type="Support slot", start="2030-01-07T10:00:00Z", count=80)
    return {"mode": "date_range", "from": "2030-01-01", "to": "2030-01-31"}


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("429", LISTING),
        ("429", INVITEES),
        ("500", ""),
        ("502", LISTING),
        ("504", INVITEES),
        ("424", LISTING),
        ("drop", INVITEES),
        ("cut_body", ""),
        ("broken_json", LISTING),
        ("no_wrapper", INVITEES),
        ("html_body", ""),
        ("lone_surrogate", INVITEES),
        ("empty_page", LISTING),
        ("empty_page", INVITEES),
        ("repeat_page", LISTING),
        ("repeat_page", INVITEES),
        ("page_token_invalid", INVITEES),
    ],
)
def test_what_passes_by_itself_costs_nothing_but_time(
    start_calendly: StartCalendly, kind: str, match: str
) -> None:
    runner = start_calendly("demo")
    more = {"seconds": 1} if kind == "429" else {}
    runner.calendly.fault(kind, match=match, after=2, times=2, **more)
    run = runner.sync()
    assert run["status"] == "completed"
    if kind != "lone_surrogate":
        assert_truth(runner, **window_of(runner, run["id"]))
    again = runner.sync(mode="full")
    assert again["meetings_new"] == 0
    assert_truth(runner, **window_of(runner, again["id"]))


@pytest.mark.parametrize(
    ("match", "subject"), [(LISTING, "scheduled events"), (INVITEES, "invitees of scheduled event ")]
)
def test_an_entry_that_nobody_can_read_is_on_record_and_costs_no_other(
    start_calendly: StartCalendly, match: str, subject: str
) -> None:
    runner = start_calendly("demo")
    runner.calendly.fault("odd_row", match=match, times=-1)
    run = runner.sync()
    assert run["status"] == "completed"
    assert_truth(runner, **window_of(runner, run["id"]))
    told = runner.rows("SELECT * FROM sync_error_logs")
    assert told
    for error in told:
        assert error["code"] == "unreadable_entries"
        assert error["subject"].startswith(subject)
        assert "have no usable id and were left out" in error["message"]


def test_a_page_token_that_dies_starts_the_slice_again_twice_at_most(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    params = two_pages(runner)
    runner.calendly.fault("page_token_invalid", times=2)
    assert runner.sync(**params)["meetings_new"] == 160
    first_pages = [
        n for target, n in runner.calendly.calls()["targets"].items() if "page_token" not in target
    ]
    assert max(n for n in first_pages) == 3
    assert_truth(runner)

    runner.calendly.fault("page_token_invalid", times=-1)
    runner.calendly.reset_calls()
    run_id = runner.open(**params)
    with pytest.raises(PageTokenExpired):
        runner.discover(run_id)
    listed = [n for target, n in runner.calendly.calls()["targets"].items() if "/scheduled_events?" in target]
    assert sum(listed) == 6
    assert runner.finish(run_id, failed_task="discover") == "failed"


def test_a_list_that_goes_round_in_a_circle_ends_in_an_error(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    params = two_pages(runner)
    runner.calendly.fault("repeat_page", match=LISTING, times=-1)
    run_id = runner.open(**params)
    with pytest.raises(PageTokenRepeated):
        runner.discover(run_id)
    assert runner.rows("SELECT FROM meetings") == []


def test_an_event_that_vanishes_before_its_invitees_are_read_is_a_gap_until_the_next_run(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo")
    runner.calendly.fault("vanish", match=INVITEES, after=3)
    run = runner.sync()
    assert (run["status"], run["gaps"]) == ("completed_with_gaps", 1)
    gap = runner.rows("SELECT * FROM sync_gaps WHERE closed_at IS NULL")
    assert [(g["source"], g["object_kind"], g["http_status"], g["is_expected"]) for g in gap] == [
        ("calendly", "invitees", 404, False)
    ]
    assert gap[0]["connection_id"] == runner.user_id
    again = runner.sync(mode="full")
    assert (again["status"], again["meetings_missing"]) == ("completed", 1)
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL") == []
    assert_truth(runner, **window_of(runner, again["id"]))


def test_invitees_that_could_not_be_read_are_asked_for_again_and_the_gap_closes(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo")
    runner.sync()
    # Read before, unchanged since, ended long ago: nothing but the gap calls for it.
    runner.calendly.fault("404", match=INVITEES, after=8)
    run = runner.sync(mode="full")
    assert run["status"] == "completed_with_gaps"
    key = runner.rows("SELECT object_key FROM sync_gaps")[0]["object_key"]
    event = f"https://api.calendly.com/scheduled_events/{key}"
    runner.execute(
        "UPDATE users SET calendly_initial_sync_complete = true, last_calendly_sync = now() WHERE id = %s",
        runner.user_id,
    )
    runner.calendly.reset_calls()
    start = runner.rows("SELECT start_time::date::text AS day FROM meetings WHERE uri = %s", event)[0]["day"]
    run = runner.sync(mode="date_range", **{"from": start, "to": start})
    assert run["status"] == "completed"
    assert runner.invitee_calls()[event] == 1
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL") == []


def test_invitees_that_a_full_sync_could_not_read_are_read_by_the_next_incremental_one(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("seed", "--scale", "0.05")
    # The oldest come last, and no incremental window reaches them.
    run_id = runner.open()
    runner.discover(run_id)
    (oldest,) = runner.rows(
        "SELECT uri FROM meetings WHERE invitees_total > 0 AND start_time < now() - interval '6 months'"
        " ORDER BY start_time LIMIT 1"
    )
    runner.calendly.fault("400", match=f"{oldest['uri'].rpartition('/')[2]}/invitees", times=-1)
    runner.fetch(run_id)
    assert runner.finish(run_id) == "completed_with_gaps"
    runner.calendly.clear_faults()
    runner.calendly.reset_calls()
    assert runner.sync()["mode"] == "incremental"
    assert runner.invitee_calls()[oldest["uri"]] == 1
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL") == []
    assert runner.rows(
        "SELECT FROM meetings m JOIN meeting_invitees i ON i.meeting_id = m.id WHERE m.uri = %s",
        oldest["uri"],
    )


def test_what_a_full_sync_left_when_it_failed_is_done_by_the_sync_that_is_started_again(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("empty")
    runner.sync()
    start = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    booked = runner.calendly.edit("book", start=start)["invitees"]
    run_id = runner.open(mode="full")
    runner.discover(run_id)
    assert runner.finish(run_id, failed_task="fetch") == "failed"
    assert runner.sync()["mode"] == "incremental"
    assert [row["uri"] for row in runner.rows("SELECT uri FROM meeting_invitees")] == booked
    runner.calendly.reset_calls()
    runner.sync()
    assert runner.invitee_calls() == {}


def test_calendly_down_while_invitees_are_read_fails_the_run_and_the_retry_goes_on(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo")
    run_id = runner.open()
    runner.discover(run_id)
    runner.calendly.fault("503", match=INVITEES, after=10, times=-1)
    with pytest.raises(ServerFault):
        runner.fetch(run_id)
    assert runner.finish(run_id, failed_task="fetch") == "failed"
    assert runner.user()["calendly_initial_sync_complete"] is False

    done = runner.rows("SELECT count(*) AS n FROM webinar_sync_queue WHERE status = 'done'")[0]["n"]
    runner.calendly.clear_faults()
    runner.calendly.reset_calls()
    assert runner.open(dag_run_id=runner.run(run_id)["airflow_run_id"]) == run_id
    runner.discover(run_id)
    runner.fetch(run_id)
    assert runner.finish(run_id) == "completed"
    assert "GET /scheduled_events" not in runner.calendly.calls()["endpoints"]
    assert len(runner.invitee_calls()) == runner.run(run_id)["instances_done"] - done
    assert_truth(runner, **window_of(runner, run_id))


def test_calendly_down_from_the_start_is_an_error_and_no_empty_account(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    runner.calendly.fault("503", times=-1)
    run_id = runner.open()
    with pytest.raises(SourceError):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert runner.user()["calendly_initial_sync_complete"] is False


def test_a_sync_finds_a_webhook_subscription_that_calendly_has_disabled(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("empty")
    url = "https://airflow.example.com/rollcall/webhooks/calendly/x"
    runner.calendly.subscribe(url, "key")
    with closing(runner.connect()) as conn:
        webhooks.add_subscription(
            conn,
            user_id=runner.user_id,
            public_id="x",
            callback_url=url,
            scope="organization",
            events=["invitee.created"],
            key_encrypted="key",
        )
    runner.sync()
    conditions = "SELECT condition FROM sync_alert_conditions"
    assert runner.rows(conditions) == []
    assert runner.rows("SELECT webhook_state AS state FROM calendly_sync_health") == [{"state": "active"}]
    runner.calendly.edit("disable_subscription")
    run = runner.sync()
    assert run["status"] == "completed"
    assert any("webhook subscription is disabled" in sentence for sentence in runner.said(run["id"]))
    assert runner.rows(conditions) == [{"condition": "webhook_disabled"}]


def test_a_sync_goes_on_where_the_token_may_not_look_at_webhooks(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    with closing(runner.connect()) as conn:
        webhooks.add_subscription(
            conn,
            user_id=runner.user_id,
            public_id="x",
            callback_url="https://airflow.example.com/rollcall/webhooks/calendly/x",
            scope="organization",
            events=["invitee.created"],
            key_encrypted="key",
        )
    runner.calendly.edit("grant_scopes", scopes=["users:read", "organizations:read", "scheduled_events:read"])
    run = runner.sync()
    assert run["status"] == "completed"
    assert_truth(runner, **window_of(runner, run["id"]))
