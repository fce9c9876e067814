"""Events that Calendly lists no more: marked when Calendly itself says so, kept, back when they are back."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.errors import SourceError
from tests.sync.calendly_runner import CalendlyRunner
from tests.sync.calendly_truth import assert_truth, window_of
from tests.sync.conftest import StartCalendly

Runner = CalendlyRunner
LISTING = r"GET /scheduled_events\?"
ONE_EVENT = r"GET /scheduled_events/[^/?]+$"


@pytest.fixture
def runner(start_calendly: StartCalendly) -> Runner:
    begun = start_calendly("demo")
    begun.sync()
    return begun


def missing(runner: Runner) -> dict[str, str]:
    rows = runner.rows("SELECT uri, missing_reason FROM meetings WHERE missing_since IS NOT NULL")
    return {row["uri"]: row["missing_reason"] for row in rows}


def in_window(runner: Runner, number: int) -> list[str]:
    """URIs of the first events that an incremental run lists and that have invitees."""
    rows = runner.rows(
        "SELECT uri FROM meetings WHERE invitees_total > 0 AND start_time > now() - interval '2 months'"
        " ORDER BY start_time LIMIT %s",
        number,
    )
    assert len(rows) == number
    return [row["uri"] for row in rows]


def run_to_truth(runner: Runner, **params: Any) -> dict[str, Any]:
    run = runner.sync(**params)
    assert run["status"] == "completed"
    return run


def test_deleted_and_withdrawn_events_are_marked_and_kept_and_back_when_they_are_back(runner: Runner) -> None:
    stored = runner.rows("SELECT count(*) AS n FROM meetings")[0]["n"]
    gone, withdrawn = in_window(runner, 2)
    runner.calendly.edit("delete", event=gone)
    runner.calendly.edit("lose_access", event=withdrawn)
    run = run_to_truth(runner)
    assert missing(runner) == {gone: "gone", withdrawn: "no_access"}
    assert run["meetings_missing"] == 2
    assert any(sentence.endswith(" 2 missing") for sentence in runner.said(run["id"]))
    assert runner.rows("SELECT count(*) AS n FROM meetings")[0]["n"] == stored
    assert runner.rows(
        "SELECT deleted_calendly_meetings AS n FROM calendly_sync_health WHERE user_id = %s", runner.user_id
    ) == [{"n": 2}]
    outcomes = runner.rows(
        "SELECT DISTINCT b.outcome FROM meeting_bookings b JOIN meetings m ON m.id = b.meeting_id WHERE m.uri = ANY(%s)"
        " AND b.canceled_at IS NULL AND b.reschedules = 0",
        [gone, withdrawn],
    )
    assert {row["outcome"] for row in outcomes} <= {"missing"}

    since = runner.rows("SELECT missing_since FROM meetings WHERE uri = %s", gone)
    runner.calendly.reset_calls()
    assert run_to_truth(runner)["meetings_missing"] == 0
    assert runner.rows("SELECT missing_since FROM meetings WHERE uri = %s", gone) == since
    assert "GET /scheduled_events/{}" not in runner.calendly.calls()["endpoints"]

    for uri in (gone, withdrawn):
        runner.calendly.edit("regain_access", event=uri)
    assert run_to_truth(runner)["meetings_updated"] == 2
    assert missing(runner) == {}
    full = run_to_truth(runner, mode="full")
    assert_truth(runner, **window_of(runner, full["id"]))


def test_a_list_that_never_ends_is_no_complete_one(runner: Runner) -> None:
    runner.calendly.fault("empty_page", match=LISTING, times=-1)
    run_id = runner.open()
    with pytest.raises(SourceError, match="would never end"):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert "would never end" in runner.run(run_id)["error_message"]
    assert missing(runner) == {}


def test_an_account_that_is_suddenly_empty_is_asked_event_by_event(runner: Runner) -> None:
    """Another user's view of the organization, as when the token was exchanged."""
    stored = runner.rows("SELECT count(*) AS n FROM meetings WHERE start_time > now() - interval '80 days'")[
        0
    ]["n"]
    runner.execute("UPDATE users SET calendly_scope = 'user'")
    runner.calendly.reset_calls()
    run = run_to_truth(runner)
    assert run["meetings_missing"] == 0
    assert missing(runner) == {}
    assert 0 < runner.calendly.calls()["endpoints"]["GET /scheduled_events/{}"] < stored


@pytest.mark.parametrize("kind", ["500", "cut_body", "html_body", "page_token_invalid", "repeat_page"])
def test_nothing_is_marked_when_a_page_failed(start_calendly: StartCalendly, kind: str) -> None:
    runner = start_calendly("demo")
    start = "2030-01-07T10:00:00Z"
    run_range = {"mode": "date_range", "from": "2030-01-01", "to": "2030-01-31"}
    for _ in range(2):
        booked = runner.calendly.edit("book", event_type="Support slot", start=start, count=80)
    runner.sync(**run_range)
    runner.calendly.edit("delete", event=booked["events"][0])
    # The second page never comes.
    runner.calendly.fault(kind, match=LISTING + ".*page_token=", times=-1)
    run_id = runner.open(**run_range)
    with pytest.raises(SourceError):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert missing(runner) == {}
    runner.calendly.clear_faults()
    assert runner.sync(**run_range)["status"] == "completed"
    assert missing(runner) == {booked["events"][0]: "gone"}


def test_nothing_is_marked_when_it_could_not_be_confirmed(runner: Runner) -> None:
    gone = in_window(runner, 3)
    for uri in gone:
        runner.calendly.edit("delete", event=uri)
    runner.calendly.fault("500", match=ONE_EVENT, times=-1)
    run_id = runner.open()
    with pytest.raises(SourceError):
        runner.discover(run_id)
    assert missing(runner) == {}
    # The same run again, as Airflow's retry: what was listed is not listed again.
    runner.calendly.clear_faults()
    runner.calendly.reset_calls()
    runner.discover(run_id)
    assert "GET /scheduled_events" not in runner.calendly.calls()["endpoints"]
    assert missing(runner) == dict.fromkeys(gone, "gone")
    runner.fetch(run_id)
    assert runner.finish(run_id) == "completed"
    assert runner.run(run_id)["meetings_missing"] == 3


@pytest.mark.parametrize("kind", ["400", "500"])
def test_an_answer_that_says_neither_is_a_gap_and_the_others_go_on(runner: Runner, kind: str) -> None:
    unclear, gone = in_window(runner, 2)
    for uri in (unclear, gone):
        runner.calendly.edit("delete", event=uri)
    runner.calendly.fault(kind, match=f"GET /scheduled_events/{unclear.rpartition('/')[2]}$", times=-1)
    run = runner.sync()
    assert run["status"] == "completed_with_gaps"
    assert missing(runner) == {gone: "gone"}
    open_gap = runner.rows("SELECT source, object_kind, object_key FROM sync_gaps WHERE closed_at IS NULL")
    assert open_gap == [
        {"source": "calendly", "object_kind": "meeting", "object_key": unclear.rpartition("/")[2]}
    ]
    runner.calendly.clear_faults()
    run_to_truth(runner)
    assert missing(runner) == {unclear: "gone", gone: "gone"}
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL") == []


def test_what_is_listed_again_is_a_gap_no_more(runner: Runner) -> None:
    (unclear,) = in_window(runner, 1)
    runner.calendly.edit("lose_access", event=unclear)
    runner.calendly.fault("500", match=ONE_EVENT, times=-1)
    assert runner.sync()["status"] == "completed_with_gaps"
    runner.calendly.clear_faults()
    runner.calendly.edit("regain_access", event=unclear)
    run_to_truth(runner)
    assert runner.rows("SELECT FROM sync_gaps WHERE closed_at IS NULL") == []


def test_a_changed_role_takes_nothing_for_missing_and_the_next_run_asks_again(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("demo", scope="user")
    runner.sync()
    (gone,) = in_window(runner, 1)
    runner.calendly.edit("delete", event=gone)
    runner.calendly.edit("set_role", role="user")
    run = run_to_truth(runner)
    assert missing(runner) == {}
    assert any("role or organization has changed" in sentence for sentence in runner.said(run["id"]))
    assert runner.user()["calendly_role"] == "user"
    run_to_truth(runner)
    assert missing(runner) == {gone: "gone"}


def test_a_demoted_user_is_told_so_and_nothing_is_marked(runner: Runner) -> None:
    runner.calendly.edit("set_role", role="user")
    run_id = runner.open()
    with pytest.raises(SourceError, match="owner or admin"):
        runner.discover(run_id)
    assert runner.finish(run_id, failed_task="discover") == "failed"
    assert "owner or admin" in runner.run(run_id)["error_message"]
    assert missing(runner) == {}
    runner.calendly.edit("set_role", role="owner")
    run_to_truth(runner)
    assert missing(runner) == {}
