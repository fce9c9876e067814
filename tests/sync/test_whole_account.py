"""A full sync of an account in which everything that goes wrong at Zoom happens, held against the truth."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from benchmarks.rollcall_sync import DATA_TABLES
from tests.sync.conftest import StartRunner
from tests.sync.runner import Runner
from tests.sync.truth import assert_truth, wrong_instances


def settled(truth: dict[str, Any]) -> list[str]:
    return [uuid for uuid, i in truth["instances"].items() if not i["late"]]


def test_everybody_is_there_with_the_true_totals(start: StartRunner) -> None:
    runner = start("demo")
    run = runner.sync()

    truth = runner.zoom.truth
    assert_truth(runner, settled(truth))
    assert run["status"] == "completed_with_gaps"
    assert run["instances_found"] == len(truth["instances"])
    stored = {
        row["uuid"]: row
        for row in runner.rows(
            "SELECT i.uuid, i.attendance_source, r.sync_status, r.rows_distinct, r.total_records"
            " FROM zoom_webinar_instances i LEFT JOIN zoom_instance_reads r ON r.instance_id = i.id"
        )
    }
    assert stored.keys() == truth["instances"].keys()
    for uuid, instance in truth["instances"].items():
        row = stored[uuid]
        if instance["gap"]:
            assert row["attendance_source"] is None
            continue
        assert row["total_records"] >= instance["total_records"] - instance["distinct_rows"]
        if not instance["late"]:
            assert row["rows_distinct"] == instance["distinct_rows"], uuid
        whole = instance["complete"] and not instance["late"]
        assert row["sync_status"] == ("complete" if whole else "provisional"), uuid

    gaps = {
        g["object_key"]: g for g in runner.rows("SELECT * FROM sync_gaps WHERE object_kind = 'participants'")
    }
    refused = {uuid: i["gap"] for uuid, i in truth["instances"].items() if i["gap"]}
    assert gaps.keys() == refused.keys()
    for uuid, gap in gaps.items():
        assert (gap["http_status"], gap["code"]) == (refused[uuid]["status"], refused[uuid]["code"])
        assert uuid in gap["reason"]
        too_old = gap["code"] == 12702
        assert gap["recheck_at"] is None if too_old else gap["recheck_at"] > datetime.now(UTC)
    assert runner.rows("SELECT FROM sync_gaps WHERE code = 3000") == [], "asked for registrants that can't be"


def test_late_and_short_reports_are_read_again_until_they_settle(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    assert runner.sync()["provisional"] == 3

    delta = runner.sync(mode="delta")
    assert delta["provisional"] == 0
    assert_truth(runner)
    statuses = runner.rows(
        "SELECT sync_status, agreeing_reads FROM zoom_instance_reads WHERE sync_status <> 'complete'"
    )
    assert statuses == []

    short = next(uuid for uuid, i in runner.zoom.truth["instances"].items() if not i["complete"])
    rows = runner.rows(
        "SELECT ours, theirs, verdict, meaning FROM zoom_instance_reconciliation c"
        " JOIN zoom_webinar_instances i ON i.id = c.instance_id WHERE i.uuid = %s AND measure = 'rows'",
        short,
    )
    assert rows[0]["verdict"] == "differs"
    assert rows[0]["theirs"] - rows[0]["ours"] == 7
    assert "Two reads agree" in rows[0]["meaning"]


def test_registrants_of_all_statuses_and_wide_webinars_are_stored(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    runner.sync()
    truth = runner.zoom.truth

    stored: dict[str, dict[str, int]] = {}
    for row in runner.rows(
        "SELECT w.zoom_webinar_id, r.status, count(*) FROM zoom_registrants r"
        " JOIN zoom_webinars w ON w.id = r.webinar_id GROUP BY 1, 2"
    ):
        stored.setdefault(str(row["zoom_webinar_id"]), {})[row["status"]] = row["count"]
    webinars = {row["zoom_webinar_id"]: row for row in runner.rows("SELECT * FROM zoom_webinars")}
    assert {str(number) for number in webinars} == truth["webinars"].keys()
    for number, webinar in truth["webinars"].items():
        row = webinars[int(number)]
        if webinar["expired"]:
            assert row["sync_status"] == "gone"
            continue
        assert row["sync_status"] == "synced"
        if row["approval_type"] != 2:
            expected = {status: count for status, count in webinar["registrants"].items() if count}
            assert stored.get(number, {}) == expected, number
        filled = [name for name, value in row.items() if value is not None]
        assert len(filled) >= 42, sorted(row.keys() - filled)


def test_no_secret_link_is_stored_anywhere(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3")
    runner.sync()
    for table in [*DATA_TABLES, "sync_gaps", "sync_error_logs", "sync_progress_updates", "sync_runs"]:
        text = "\n".join(str(row) for row in runner.everything(table))
        assert text or table == "sync_error_logs", table
        assert not re.search(r"zak=|[?&]tk=|start_url|/w/", text), table


def test_another_seed_holds_the_same(start: StartRunner) -> None:
    runner = start("demo", "--scale", "0.3", "--seed", "7")
    runner.sync()
    runner.sync(mode="delta")
    assert wrong_instances(runner, runner.zoom.truth) == []


def test_an_empty_account_is_a_complete_one(start: StartRunner) -> None:
    runner: Runner = start("empty")
    run = runner.sync()
    assert run["status"] == "completed"
    assert run["progress_percentage"] == 100
    assert all(runner.everything(table) == [] for table in DATA_TABLES)
