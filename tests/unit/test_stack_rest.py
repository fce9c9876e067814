"""Starting and following a sync over REST, against a small Airflow that speaks real HTTP."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rollcall.cli import main
from rollcall.errors import SetupError, WrongUse
from rollcall.following import Lines, display_for, follow
from rollcall.rest import AirflowRest, Progress
from rollcall.stack.airflow import Pulse
from rollcall.stack.demo_report import compare_with_header
from rollcall.stack.ports import free_port
from rollcall.stack.report_tables import short, titled_table

RUN = "manual__2026-11-21T00:00:00+00:00"
RUNS_PATH = "/api/v2/dags/zoom_webinar_sync/dagRuns"
RUN_PATH = f"{RUNS_PATH}/manual__2026-11-21T00%3A00%3A00%2B00%3A00"
PROGRESS_PATH = "/rollcall/runs/manual__2026-11-21T00%3A00%3A00%2B00%3A00"
ZOOM_PROGRESS = f"{PROGRESS_PATH}?dag_id=zoom_webinar_sync"


class SmallAirflow(ThreadingHTTPServer):
    """Answers from `replies` by (method, path); the last of several replies stays."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: dict[tuple[str, str], list[tuple[int, Any]]] = {
            ("POST", RUNS_PATH): [(200, {"dag_run_id": RUN})],
        }
        self.triggered: list[Any] = []
        self.logins = 0
        self.good_token = "token-1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: SmallAirflow

    def do_GET(self) -> None:
        self.reply("GET")

    def do_POST(self) -> None:
        self.reply("POST")

    def reply(self, method: str) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        airflow = self.server
        if self.path == "/auth/token":
            airflow.logins += 1
            ok = body == {"username": "admin", "password": "right"}
            self.send(201, {"access_token": f"token-{airflow.logins}"}) if ok else self.send(401, {})
        elif self.headers.get("Authorization") != f"Bearer {airflow.good_token}":
            self.send(401, {"detail": "expired"})
        else:
            if method == "POST":
                airflow.triggered.append(body)
            nothing = [(404, {"detail": "nothing here"})]
            # A reply may insist on the query or be for any.
            replies = airflow.replies.get((method, self.path)) or airflow.replies.get(
                (method, self.path.split("?")[0]), nothing
            )
            self.send(*(replies.pop(0) if len(replies) > 1 else replies[0]))

    def send(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay quiet."""


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAirflow]:
    with SmallAirflow() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("ROLLCALL_AIRFLOW_URL", server.url)
        monkeypatch.setenv("ROLLCALL_AIRFLOW_USER", "admin")
        monkeypatch.setenv("ROLLCALL_AIRFLOW_PASSWORD", "right")
        yield server
        server.shutdown()
        thread.join()


def progress(status: str, percentage: float, **more: Any) -> dict[str, Any]:
    return {
        "run_id": 7,
        "status": status,
        "current_phase": "fetch",
        "progress_percentage": percentage,
        "instances_done": 1,
        "instances_total": 2,
        "rows_fetched": 300,
        "message": "a sentence",
        **more,
    }


def test_sync_passes_only_what_was_asked_for(airflow: SmallAirflow) -> None:
    assert main(["sync", "zoom", "main", "--mode", "webinars", "--webinar-id", "88988872033", "5"]) == 0
    assert airflow.triggered == [
        {
            "logical_date": None,
            "conf": {"connection": "main", "mode": "webinars", "webinar_ids": ["88988872033", "5"]},
        }
    ]


def test_a_calendly_sync_is_auto_unless_said_otherwise(airflow: SmallAirflow) -> None:
    path = "/api/v2/dags/calendly_sync/dagRuns"
    airflow.replies["POST", path] = [(200, {"dag_run_id": RUN})]
    assert main(["sync", "calendly", "mira.holt@acme.test", "--fetch-workers", "3"]) == 0
    assert airflow.triggered == [
        {
            "logical_date": None,
            "conf": {"user": "mira.holt@acme.test", "mode": "auto", "fetch_workers": 3},
        }
    ]


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
    ("arguments", "sentence"),
    [
        (["--from", "2026-01-01"], "from and to belong to mode date_range, not to auto"),
        (["--mode", "date_range", "--from", "2026-02-02", "--to", "2026-02-01"], "back to front"),
        (["--fetch-workers", "9"], "from 1 to 8"),
    ],
)
def test_a_calendly_sync_that_makes_no_sense_is_refused_before_anything_is_asked(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["sync", "calendly", "1", *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert airflow.triggered == []


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


def test_airflows_reason_for_a_refusal_is_passed_on(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    detail = "'connection': main is too long\n\nFailed validating 'maxLength' in schema:\n    {'title': …}"
    airflow.replies["POST", RUNS_PATH] = [(400, {"detail": detail})]
    assert main(["sync", "zoom", "main", "--mode", "full"]) == 2
    said = capsys.readouterr().err
    assert "main is too long" in said
    assert "schema" not in said


def test_an_airflow_without_our_dags_says_what_to_check(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    del airflow.replies["POST", RUNS_PATH]
    assert main(["sync", "zoom", "main", "--mode", "full"]) == 2
    assert "knows no Dag zoom_webinar_sync: check that its dags folder" in capsys.readouterr().err


def test_an_expired_token_is_fetched_again(airflow: SmallAirflow) -> None:
    rest = AirflowRest(airflow.url, "admin", "right")
    rest.trigger("zoom_webinar_sync", {})
    airflow.good_token = "token-2"
    rest.trigger("zoom_webinar_sync", {})
    assert airflow.logins == 2


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    airflow: SmallAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert main(["sync", "zoom", "main", "--mode", "full"]) == 0


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


def test_a_wrong_login_says_what_to_check(airflow: SmallAirflow) -> None:
    with pytest.raises(WrongUse, match=r"refuses the login of 'admin'.*ROLLCALL_AIRFLOW_PASSWORD"):
        AirflowRest(airflow.url, "admin", "wrong").trigger("zoom_webinar_sync", {})


def test_what_a_server_says_of_its_own_trouble_is_told(airflow: SmallAirflow) -> None:
    detail = {"detail": "The data database does not answer now: ask again."}
    airflow.replies["GET", ZOOM_PROGRESS] = [(503, detail)]
    with pytest.raises(
        SetupError, match=r"answered 503 .*: The data database does not answer now: ask again\."
    ):
        AirflowRest(airflow.url, "admin", "right").progress("zoom_webinar_sync", RUN)


def test_whoever_answers_in_airflows_place_is_not_taken_for_it(airflow: SmallAirflow) -> None:
    airflow.replies["POST", RUNS_PATH] = [(200, "<html>Please log in</html>")]
    with pytest.raises(SetupError, match=r"is not Airflow's API.*ROLLCALL_AIRFLOW_URL"):
        AirflowRest(airflow.url, "admin", "right").trigger("zoom_webinar_sync", {})


def test_no_airflow_says_how_to_get_one() -> None:
    with pytest.raises(SetupError, match=r"can't be reached.*make up"):
        AirflowRest(f"http://127.0.0.1:{free_port(0)}", "admin", "right").trigger("zoom_webinar_sync", {})


def test_a_wrong_date_is_refused_before_anything_is_asked(
    airflow: SmallAirflow, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sync", "zoom", "main", "--mode", "date_range", "--from", "2026-13-01"])
    assert ended.value.code == 2
    assert "'2026-13-01' is no date like 2026-11-30" in capsys.readouterr().err
    assert airflow.triggered == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (r"Ann \[/] B", r"Ann \[/] B"),
        ("[bold]Ann[/]", "[bold]Ann[/]"),
        ("Ann\x00\n", "Ann\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("x" * 99, "x" * 27 + "…"),
        (None, "(no name)"),
    ],
)
def test_no_name_breaks_the_tables_of_the_demo(name: str | None, shown: str) -> None:
    output = io.StringIO()
    table = titled_table("Who rejoined most", "Person", "Webinar")
    table.add_row(short(name, 28), "")
    Console(file=output, width=100).print(table)
    assert f" {shown} " in output.getvalue()


def test_the_header_of_a_file_is_compared_number_by_number() -> None:
    ours = {"registered": 461, "unique_viewers": 446, "sessions": 992, "duration_minutes": 548}
    header = {"registered": 461, "unique_viewers": 446, "total_users": 991, "duration_minutes": None}
    verdicts = {line.name: line.verdict for line in compare_with_header(ours, header)}
    assert verdicts["Unique viewers"] == "agrees"
    assert verdicts["Total users"].startswith("differs: Zoom counts joins here")
    assert verdicts["Duration (min)"] == "the header doesn't say"
