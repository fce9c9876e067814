"""What the image adds to Airflow: how the API server starts, the health check, settings Airflow knows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]


def start_api_server(home: Path, password: str) -> subprocess.CompletedProcess[str]:
    """Run the start program with a stand-in for `airflow` that shows what it was given."""
    stand_in = home / "airflow"
    stand_in.write_text('#!/bin/sh\necho "$@"\nenv\n')
    stand_in.chmod(0o755)
    return subprocess.run(
        [sys.executable, ROOT / "docker/start_api_server.py"],
        env={
            "PATH": f"{home}:{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_ADMIN_PASSWORD": password,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_api_server_starts_with_the_login_of_the_settings(tmp_path: Path) -> None:
    password = 'quotes " and \\ survive'
    done = start_api_server(tmp_path, password)
    logins = tmp_path / "logins.json"
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "api-server"
    assert f"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE={logins}" in done.stdout
    assert json.loads(logins.read_text()) == {"admin": password}
    assert logins.stat().st_mode & 0o777 == 0o600
    assert password not in done.stdout + done.stderr


def test_a_restart_takes_the_changed_password(tmp_path: Path) -> None:
    start_api_server(tmp_path, "the first password")
    start_api_server(tmp_path, "the second password")
    assert json.loads((tmp_path / "logins.json").read_text()) == {"admin": "the second password"}


def test_a_short_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    done = start_api_server(tmp_path, "hunter2")
    assert done.returncode == 2
    assert "fewer than 12 characters" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def check_http(url: str) -> subprocess.CompletedProcess[str]:
    """The check, in an environment whose proxy would break it."""
    return subprocess.run(
        [sys.executable, ROOT / "docker/check_http.py", url],
        env={"http_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_health_check_tells_well_from_ill(address: str) -> None:
    assert check_http(f"{address}/well").returncode == 0
    ill = check_http(f"{address}/ill")
    assert (ill.returncode, "503" in ill.stdout) == (1, True)


def test_the_health_check_fails_where_nobody_listens() -> None:
    nobody = check_http("http://127.0.0.1:9/")
    assert nobody.returncode == 1
    assert nobody.stdout.startswith("http://127.0.0.1:9/: ")


def test_airflow_knows_each_setting_that_it_is_given() -> None:
    """A misspelt or renamed AIRFLOW__… variable is ignored without a word."""
    # Found without importing it: Airflow reads its settings once per process, and other tests here bring their own.
    package = find_spec("airflow")
    assert package is not None
    assert package.origin is not None
    known = yaml.safe_load((Path(package.origin).parent / "config_templates/config.yml").read_text())
    given = re.findall(r"\bAIRFLOW__([A-Z_]+?)__([A-Z_]+)\b", (ROOT / "docker-compose.yaml").read_text())
    given += re.findall(r"\bAIRFLOW__([A-Z_]+?)__([A-Z_]+)\b", (ROOT / "docker/Dockerfile").read_text())
    # The celery sections are the provider's own, which only the image installs.
    core = [pair for pair in given if not pair[0].startswith("CELERY")]
    unknown = [
        f"AIRFLOW__{section}__{option}"
        for section, option in core
        if option.lower() not in known.get(section.lower(), {}).get("options", {})
    ]
    assert len(core) > 10
    assert unknown == []
