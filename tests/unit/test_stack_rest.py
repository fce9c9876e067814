"""Starting a sync over REST, against a small Airflow that speaks real HTTP."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from rollcall.cli import main
from rollcall.errors import SetupError, WrongUse
from rollcall.rest import AirflowRest
from rollcall.stack.ports import free_port
from tests.unit.small_airflow import (
    RUN,
    RUNS_PATH,
    ZOOM_PROGRESS,
    SmallAirflow,
)


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


def test_the_password_goes_to_no_other_address(airflow: SmallAirflow) -> None:
    with SmallAirflow() as moved:
        thread = Thread(target=moved.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        moved.moved_to = airflow.url
        with pytest.raises(SetupError, match=r"is not Airflow's API.*ROLLCALL_AIRFLOW_URL"):
            AirflowRest(moved.url, "admin", "right").trigger("zoom_webinar_sync", {})
        moved.shutdown()
        thread.join()
    assert (airflow.logins, airflow.triggered) == (0, [])


def test_a_login_of_netrc_does_not_take_the_tokens_place(
    airflow: SmallAirflow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert main(["sync", "zoom", "main", "--mode", "full"]) == 0


def test_an_address_with_a_login_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROLLCALL_AIRFLOW_URL", "https://admin:quicksilver@airflow.example.com")
    assert main(["sync", "zoom", "main", "--mode", "full"]) == 2
    said = capsys.readouterr()
    assert "ROLLCALL_AIRFLOW_URL must hold no login" in said.err
    assert "quicksilver" not in said.out + said.err


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
