"""What people see of a run while it works, and what they must never see."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any

import pytest

from rollcall.sync import run_session
from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner


def personal(runner: Runner) -> set[str]:
    """Every e-mail and name in the truth that is long enough to be told from other words."""
    found = set()
    for instance in runner.zoom.truth["instances"].values():
        for person in instance["people"]:
            found |= {key.partition(":")[2].lower() for key in person["keys"]}
            found |= {name.lower() for name in person["names"] if len(name) > 8}
    return found


def test_progress_never_goes_back_and_ends_at_a_hundred(start: StartRunner) -> None:
    runner = start("headline", "--scale", "0.05")
    run_id = runner.open()
    seen: list[tuple[float, int]] = []
    ended = threading.Event()

    def watch() -> None:
        with runner.connect() as conn:
            while not ended.wait(0.02):
                rows = conn.execute("SELECT progress_percentage, rows_fetched FROM sync_runs").fetchall()
                seen.extend((float(percentage), count) for percentage, count in rows)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        runner.discover(run_id)
        runner.fetch_with(run_id, 2)
        runner.store(run_id)
        runner.finish(run_id)
    finally:
        ended.set()
        watcher.join()
    percentages = [percentage for percentage, _ in seen]
    assert percentages == sorted(percentages)
    assert percentages[0] < 10
    assert len(set(percentages)) > 4
    rows = [count for _, count in seen]
    assert rows == sorted(rows)
    assert runner.run(run_id)["progress_percentage"] == 100

    log = runner.rows("SELECT phase, progress_percentage, message FROM sync_progress_updates ORDER BY id")
    assert [entry["progress_percentage"] for entry in log] == sorted(
        entry["progress_percentage"] for entry in log
    )
    assert log[-1]["progress_percentage"] == 100
    phases = list(dict.fromkeys(entry["phase"] for entry in log))
    assert phases == ["discover", "fetch", "sessionize", "upsert", "finish"]
    for entry in log:
        assert re.match(r"[A-Z][^{}<>_]+$", entry["message"]), entry["message"]
    # A person reads each thing once.
    assert len({(entry["phase"], entry["message"]) for entry in log}) == len(log)


@pytest.mark.parametrize(
    "params", [{}, {"mode": "webinars", "webinar_ids": list(range(90_000_000_000, 90_000_000_040))}]
)
def test_a_discovery_that_takes_long_gives_signs_of_life(
    start: StartRunner, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any]
) -> None:
    monkeypatch.setattr(run_session, "_PROGRESS_SECONDS", 0.0)
    runner = start("demo", "--scale", "0.1", "--latency-ms", "20")
    run_id = runner.open(**params)
    seen: set[datetime] = set()
    ended = threading.Event()

    def watch() -> None:
        with runner.connect() as conn:
            while not ended.wait(0.01):
                seen.update(row[0] for row in conn.execute("SELECT heartbeat_at FROM sync_runs").fetchall())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        runner.discover(run_id)
    finally:
        ended.set()
        watcher.join()
    assert len(seen) > 10


def test_errors_and_logs_hold_nothing_about_people_and_no_token(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    for kind, match in (
        ("500", "/registrants"),
        ("broken_json", "/panelists"),
        ("repeat_token", "participants"),
        ("scope_missing", "past_webinars/.*/instances"),
        ("cut_body", "/users"),
        ("200_error_body", "report/webinars"),
    ):
        runner.zoom.fault(kind, match=match, times=4, after=2)
    runner.sync()
    tables = ("sync_error_logs", "sync_progress_updates", "sync_gaps", "sync_runs", "webinar_sync_queue")
    text = "\n".join(row for table in tables for row in runner.everything(table)).lower()
    assert runner.everything("sync_error_logs")
    assert [word for word in personal(runner) if word in text] == []
    assert "@" not in text
    stored = runner.rows("SELECT access_token_encrypted, client_secret_encrypted FROM zoom_connections")[0]
    assert not [secret for secret in stored.values() if secret and secret.lower() in text]
    assert not re.search(r"bearer|sandbox-secret|eyj", text)


def test_an_error_that_comes_often_is_one_row_with_a_count(start: StartRunner) -> None:
    runner = start("seed", "--scale", "0.1")
    # Three tries each for two lists: after a third that fails in a row, a worker would take Zoom to be down.
    runner.zoom.fault("500", match="/registrants", times=6)
    runner.sync()
    errors = runner.rows("SELECT kind, subject, occurrences, context FROM sync_error_logs")
    assert {error["kind"] for error in errors} == {"server_error"}
    assert all("88988872033" in error["subject"] for error in errors)
    assert all(error["context"]["http_status"] == 500 for error in errors)


def test_hostile_names_are_stored_as_they_are(start: StartRunner) -> None:
    runner = start("demo")
    runner.sync()
    names = {
        row["name"]
        for row in runner.rows("SELECT DISTINCT name FROM zoom_participant_sessions WHERE name IS NOT NULL")
    }
    for hostile in (
        "Robert'); DROP TABLE zoom_participants;--",
        "x" * 10_000,
        "NULL",
        "  leading and trailing  ",
        "nul\N{REPLACEMENT CHARACTER}inside",
        "\u202eright to left\u202c ‮مرحبا",
        "back\\slash \\N \\. \\x00",
    ):
        assert hostile in names
    marks = {
        mark
        for row in runner.rows("SELECT DISTINCT unnest(marks) AS mark FROM zoom_participant_sessions")
        for mark in [row["mark"]]
    }
    assert marks >= {"leave_missing", "leave_before_join", "zero_length", "text_mended"}
    mended = runner.rows(
        "SELECT DISTINCT name FROM zoom_participant_sessions WHERE 'text_mended' = ANY (marks)"
    )
    assert [row["name"] for row in mended] == ["nul\N{REPLACEMENT CHARACTER}inside"]
