"""What the modes read, what they say, and what they cost."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.errors import WrongUse
from rollcall.store.runs import Run
from rollcall.sync.calendly.request import check_request, open_run
from rollcall.sync.dates import months_from
from tests.sync.calendly_runner import USER, CalendlyRunner
from tests.sync.calendly_truth import assert_truth, true_events, window_of
from tests.sync.conftest import StartCalendly


def count(runner: CalendlyRunner, run: dict[str, Any]) -> int:
    return len(true_events(runner.calendly.truth(**window_of(runner, run["id"]))))


def test_the_first_sync_is_a_full_one_the_next_incremental_and_a_person_can_force_a_full_one(
    start_calendly: StartCalendly, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    runner = start_calendly("demo")
    begun = datetime.now(UTC)
    first = runner.sync()
    assert (first["mode"], first["status"]) == ("full", "completed")
    assert_truth(runner, **window_of(runner, first["id"]))
    assert abs(first["window_from"] - months_from(begun, -24)) < timedelta(minutes=1)
    assert abs(first["window_to"] - months_from(begun, 12)) < timedelta(minutes=1)
    words = f"{first['window_from']:%Y-%m-%d %H:%M} to {first['window_to']:%Y-%m-%d %H:%M} UTC"
    said = runner.said(first["id"])
    assert f"FULL SYNC: {words}" in said
    assert f"FULL SYNC: {words}" in caplog.messages
    events = count(runner, first)
    canceled = len(runner.rows("SELECT FROM meetings WHERE status = 'canceled'"))
    told = f"{events} meetings new, 0 updated, 0 unchanged, {canceled} canceled, 0 missing"
    assert told in said
    assert f"Run {first['id']} completed: {told}" in caplog.messages
    assert (first["meetings_new"], first["api_calls"]) == (events, runner.calendly.calls()["api_calls"])
    user = runner.user()
    assert user["calendly_initial_sync_complete"] is True
    assert user["last_calendly_sync"] == first["started_at"]

    second = runner.sync()
    assert (second["mode"], second["status"]) == ("incremental", "completed")
    assert abs(second["window_from"] - months_from(begun, -3)) < timedelta(minutes=1)
    assert abs(second["window_to"] - months_from(begun, 6)) < timedelta(minutes=1)
    said = runner.said(second["id"])
    assert any(sentence.startswith("INCREMENTAL SYNC: ") for sentence in said)
    told = f"0 meetings new, 0 updated, {count(runner, second)} unchanged, 0 canceled, 0 missing"
    assert told in said
    assert f"Run {second['id']} completed: {told}" in caplog.messages

    runner.execute("UPDATE users SET calendly_initial_sync_complete = false WHERE id = %s", runner.user_id)
    third = runner.sync()
    assert (third["mode"], third["meetings_new"], third["meetings_unchanged"]) == ("full", 0, events)
    assert runner.user()["calendly_initial_sync_complete"] is True


def test_a_date_range_reads_its_days_and_does_not_count_as_a_sync(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=40), today - timedelta(days=1)
    run = runner.sync(mode="date_range", **{"from": str(first), "to": str(last)})
    assert run["status"] == "completed"
    assert (run["window_from"].date(), run["window_to"].date()) == (first, last + timedelta(days=1))
    assert count(runner, run) == run["meetings_new"] > 0
    assert_truth(runner, **window_of(runner, run["id"]))
    assert any(sentence.startswith("DATE RANGE SYNC: ") for sentence in runner.said(run["id"]))
    assert runner.user()["last_calendly_sync"] is None
    assert runner.user()["calendly_initial_sync_complete"] is False


def test_own_events_alone_are_those_of_the_user(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo", scope="user")
    run = runner.sync()
    uri = runner.user()["calendly_user_uri"]
    window = window_of(runner, run["id"])
    assert_truth(runner, user=uri, **window)
    assert (
        0
        < len(runner.calendly.truth(user=uri, **window)["events"])
        < len(runner.calendly.truth(**window)["events"])
    )


def test_an_incremental_run_without_news_writes_nothing_and_asks_for_a_fraction(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("seed", "--scale", "0.25")
    full = runner.sync()
    assert_truth(runner, **window_of(runner, full["id"]))
    full_calls, before = runner.calendly.calls()["api_calls"], runner.writes()
    del before["users"]
    runner.calendly.reset_calls()

    run = runner.sync()
    after = runner.writes()
    del after["users"]
    assert after == before
    now = datetime.now(UTC)
    ended = {
        uri
        for uri, event in runner.calendly.truth()["events"].items()
        if now - timedelta(days=7, minutes=5) <= datetime.fromisoformat(event["end_time"]) < now
    }
    assert runner.invitee_calls().keys() <= ended
    calls = runner.calendly.calls()["api_calls"]
    rows = {
        each["id"]: each["meetings_new"] + each["meetings_unchanged"] + each["rows_fetched"]
        for each in (full, run)
    }
    print(f"full: {full_calls} calls, {rows[full['id']]} rows; incremental: {calls}, {rows[run['id']]}")
    assert calls <= 0.16 * full_calls
    assert rows[run["id"]] <= 0.16 * rows[full["id"]]
    assert not any(n > 1 for n in runner.invitee_calls().values())


def test_a_long_pause_is_caught_up_with(start_calendly: StartCalendly) -> None:
    runner = start_calendly("demo")
    runner.sync()
    runner.execute("UPDATE users SET last_calendly_sync = now() - interval '200 days'")
    run = runner.sync()
    assert run["mode"] == "incremental"
    assert run["window_from"] < datetime.now(UTC) - timedelta(days=206)
    # No-shows of all that ended meanwhile may be news.
    ended = runner.rows(
        "SELECT FROM meetings WHERE end_time BETWEEN now() - interval '206 days' AND now() AND invitees_total > 0"
    )
    assert run["instances_done"] >= len(ended) > 10


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"mode": "delta"}, "mode is 'delta': choose one of auto, full, incremental, date_range"),
        ({"fetch_workers": 0}, "fetch_workers is 0: give a whole number from 1 to 8"),
        ({"fetch_workers": "many"}, "fetch_workers is 'many'"),
        ({"mode": "full", "from": "2026-01-01"}, "from and to belong to mode date_range"),
        ({"mode": "date_range", "from": "2026-01-01"}, "needs from and to"),
        ({"mode": "date_range", "from": "soon", "to": "2026-01-01"}, "from is 'soon': give a date"),
        ({"mode": "date_range", "from": "2026-02-01", "to": "2026-01-01"}, "back to front"),
        ({"mode": "date_range", "from": "2010-02-01", "to": "2026-01-01"}, "longer than ten years"),
        (
            {"mode": "date_range", "from": "2095-01-01", "to": "9999-12-31"},
            "to is 9999-12-31: give a day from 2000",
        ),
        ({"user": "nobody@example.com"}, "no such Calendly user .there are the ids: 1."),
        ({"user": ""}, "There is no such Calendly user"),
        ({"user": "a\x00\ud800@example.com"}, "There is no such Calendly user"),
    ],
)
def test_a_wrong_request_is_refused_in_words_before_any_call(
    start_calendly: StartCalendly, params: dict[str, Any], told: str
) -> None:
    runner = start_calendly("empty")
    with pytest.raises(WrongUse, match=told):
        runner.open(**params)
    assert runner.calendly.calls()["api_calls"] == 0
    assert runner.rows("SELECT FROM sync_runs") == []


def test_a_user_who_is_switched_off_is_refused_and_found_by_id_or_email_in_any_case(
    start_calendly: StartCalendly,
) -> None:
    runner = start_calendly("empty")
    with closing(runner.connect()) as conn:
        for name in (str(runner.user_id), USER.upper()):
            assert check_request(conn, {"user": name}).user.email == USER
    runner.execute("UPDATE users SET calendly_is_active = false")
    with pytest.raises(WrongUse, match="switched off"):
        runner.open()


def test_a_second_run_of_a_user_is_refused_while_one_is_active(start_calendly: StartCalendly) -> None:
    runner = start_calendly("empty")
    run_id = runner.open(dag_run_id="manual__first")
    with closing(runner.connect()) as conn:
        in_the_way = open_run(conn, check_request(conn, {"user": USER}), "calendly_sync", "manual__second")
    assert isinstance(in_the_way, Run)
    assert (in_the_way.id, in_the_way.airflow_run_id) == (run_id, "manual__first")
