"""Following a sync over REST: its progress in lines or a bar, its end, and what becomes of who follows."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from rollcall.cli import main
from rollcall.errors import SetupError
from rollcall.following import Lines, display_for, follow
from rollcall.rest import AirflowRest, Progress
from rollcall.stack.airflow import Pulse
from tests.unit.small_airflow import (
    PROGRESS_PATH,
    RUN,
    RUN_PATH,
    RUNS_PATH,
    ZOOM_PROGRESS,
    SmallAirflow,
    progress,
)


def test_following_a_calendly_sync_counts_meetings_and_asks_for_its_own_dag(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/api/v2/dags/calendly_sync/dagRuns"
    airflow.replies["POST", path] = [(200, {"dag_run_id": RUN})]
    airflow.replies["GET", RUN_PATH.replace(RUNS_PATH, path)] = [
        (200, {"state": "running"}),
        (200, {"state": "success"}),
    ]
    airflow.replies["GET", f"{PROGRESS_PATH}?dag_id=calendly_sync"] = [
        (200, progress("running", 50, source="calendly")),
        (200, progress("completed", 100, source="calendly", meetings_new=1200, meetings_canceled=3)),
    ]
    assert main(["sync", "calendly", "1", "--mode", "full", "--follow"]) == 0
    shown = capsys.readouterr().out
    assert " 50 %  fetch  1/2 meetings, 300 invitees" in shown
    assert (
        "completed: a sentence. Meetings: 1,200 new, 0 updated, 0 unchanged, 3 canceled, 0 missing" in shown
    )


@pytest.mark.parametrize(
    ("state", "status", "exit_code"),
    [
        ("success", "completed", 0),
        ("success", "completed_with_gaps", 3),
        ("failed", "failed", 1),
        ("failed", "cancelled", 1),
    ],
)
def test_follow_ends_as_the_run_did(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str], state: str, status: str, exit_code: int
) -> None:
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "running"}), (200, {"state": state})]
    airflow.replies["GET", ZOOM_PROGRESS] = [(200, progress("running", 50)), (200, progress(status, 100))]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == exit_code
    shown = capsys.readouterr().out
    assert " 50 %  fetch  1/2 instances, 300 rows" in shown
    assert f"{status}: a sentence" in shown


def test_who_stops_following_is_told_that_the_run_goes_on(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    airflow.replies["GET", RUN_PATH] = [(200, {"state": "running"})]
    monkeypatch.setattr("rollcall.following.time.sleep", interrupted)
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 130
    assert "the run goes on" in capsys.readouterr().err


def test_who_follows_sits_out_a_restart_of_the_api_server(airflow: SmallAirflow) -> None:
    airflow.replies["GET", RUN_PATH] = [(503, {}), (200, {"state": "running"}), (200, {"state": "success"})]
    airflow.replies["GET", ZOOM_PROGRESS] = [(502, {}), (200, progress("completed", 100))]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 0


def test_who_follows_a_run_that_somebody_deletes_is_told(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 2
    assert f"has no run {RUN} of zoom_webinar_sync any more" in capsys.readouterr().err


def test_follow_names_the_task_that_failed_before_the_run_could_say_anything(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "failed"})]
    airflow.replies["GET", f"{RUN_PATH}/taskInstances"] = [
        (200, {"task_instances": [{"task_id": "discover"}]})
    ]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 1
    assert "failed: the task discover failed; its log is at" in capsys.readouterr().out


def test_follow_names_no_task_where_the_run_was_stopped_before_it_began(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "failed"})]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 1
    assert f"no task of it failed: was it stopped? See {airflow.url}/dags/" in capsys.readouterr().out


def test_a_run_that_airflow_failed_is_not_taken_for_completed(airflow: SmallAirflow) -> None:
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "failed"})]
    airflow.replies["GET", ZOOM_PROGRESS] = [(200, progress("running", 90))]
    airflow.replies["GET", f"{RUN_PATH}/taskInstances"] = [(200, {"task_instances": [{"task_id": "finish"}]})]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 1


def test_a_terminal_gets_a_bar_with_counts_waits_and_the_time_left() -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=200, emoji=False)
    soon = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    known = Progress(1, "zoom", "running", "fetch", 50, 1, 2, 300, soon, None, None)
    bar = display_for(console)
    bar.show(None)
    bar.show(known)
    bar.show(replace(known, waiting_reason="a limit [/] of the day"))
    bar.close()
    assert "waiting: a limit [/] of the day, about 1:" in output.getvalue()
    bar = display_for(console)
    bar.show(known)
    bar.close()
    assert re.search(r"fetch.* 50 %.*1/2 instances, 300 rows, about 1:\d\d left", output.getvalue())


def test_what_a_run_says_is_shown_as_it_is(airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]) -> None:
    odd = progress("completed", 100, instances_total=0, message="[bold]webinar:key:7[/]")
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "success"})]
    airflow.replies["GET", ZOOM_PROGRESS] = [(200, odd)]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 0
    shown = capsys.readouterr().out
    assert "100 %  fetch  [bold]webinar:key:7[/]" in shown
    assert "completed: [bold]webinar:key:7[/]" in shown


def test_a_wait_is_named(airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = progress("waiting", 40, waiting_reason="the daily limit, until 00:00 UTC")
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "running"}), (200, {"state": "success"})]
    airflow.replies["GET", ZOOM_PROGRESS] = [(200, waiting), (200, progress("completed", 100))]
    assert main(["sync", "zoom", "main", "--mode", "full", "--follow"]) == 0
    assert "waiting: the daily limit, until 00:00 UTC" in capsys.readouterr().out


def test_following_ends_with_what_the_run_needs(airflow: SmallAirflow) -> None:
    airflow.replies["GET", RUN_PATH] = [(200, {"state": "running"})]

    def check() -> None:
        raise SetupError("Airflow's scheduler ended.")

    rest = AirflowRest(airflow.url, "admin", "right")
    with pytest.raises(SetupError, match="scheduler ended"):
        follow(rest, "zoom_webinar_sync", RUN, Lines(Console()), check)


def test_a_part_of_airflow_that_hangs_is_named_but_not_at_once(airflow: SmallAirflow, tmp_path: Path) -> None:
    rest = AirflowRest(airflow.url, "admin", "right")
    rest.trigger("zoom_webinar_sync", {})
    moments = iter([0.0, 50.0, 160.0, 165.0, 175.0, 290.0, 296.0])
    pulse = Pulse(rest, tmp_path, lambda: next(moments))

    def look(scheduler: str) -> None:
        parts = {"metadatabase": "healthy", "scheduler": scheduler, "dag_processor": "healthy"}
        health = {part: {"status": status} for part, status in parts.items()}
        airflow.replies["GET", "/api/v2/monitor/health"] = [(200, health)]
        pulse.check()

    look("healthy")
    look("unhealthy")  # for 110 seconds
    look("unhealthy")  # too soon to ask again
    look("healthy")
    look("unhealthy")  # for 115 seconds
    look("unhealthy")  # too soon
    moments = iter([301.0])
    with pytest.raises(SetupError, match="Airflow's scheduler has given no sign of life for 120 seconds"):
        look("unhealthy")
