"""What Airflow's plugin loader finds in the plugins folder, and that the library needs no Airflow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Airflow's loader and its API use what their libraries have deprecated; nothing here could change that.
pytestmark = pytest.mark.filterwarnings("ignore")

_WITHOUT_AIRFLOW = """
import importlib, pkgutil, sys
sys.modules["airflow"] = None
import rollcall
names = [
    found.name
    for found in pkgutil.walk_packages(rollcall.__path__, "rollcall.")
    if not found.name.startswith("rollcall.airflow")
]
for name in names:
    importlib.import_module(name)
print(len(names))
"""

# As `airflow scheduler` does before its executor starts the processes whose forks are the tasks.
_AS_AIRFLOW_STARTS = """
import sys
import rollcall_plugin
sys.argv = ["airflow", sys.argv[1]]
(listener,) = rollcall_plugin.RollcallPlugin.listeners
listener.on_starting()
print(*sys.modules)
"""


def test_the_loader_reads_one_file_only(repo: Path) -> None:
    from airflow._shared.module_loading import find_path_from_directory

    found = find_path_from_directory(str(repo / "plugins"), ".airflowignore")
    loadable = [str(Path(path).relative_to(repo / "plugins")) for path in found if path.endswith(".py")]
    assert loadable == ["rollcall_plugin.py"]


def test_the_plugin_brings_the_progress_api_and_the_listener() -> None:
    from airflow import plugins_manager

    plugins_manager.ensure_plugins_loaded()
    assert plugins_manager.get_import_errors() == {}
    apps, _ = plugins_manager.get_fastapi_plugins()
    assert [app["url_prefix"] for app in apps if app["name"] == "rollcall"] == ["/rollcall"]
    plugins, _ = plugins_manager._get_plugins()
    (ours,) = [plugin for plugin in plugins if plugin.name == "rollcall"]
    (listener,) = ours.listeners
    assert {"on_dag_run_failed", "on_dag_run_success"} <= set(dir(listener))


def test_the_app_answers_from_its_first_call_on() -> None:
    from starlette.testclient import TestClient

    from rollcall_plugin import AppOnFirstCall

    client = TestClient(AppOnFirstCall(), raise_server_exceptions=False)
    assert [client.get(path).status_code for path in ("/nothing", "/nothing", "/runs/1")] == [404, 404, 401]


@pytest.mark.parametrize("program", ["scheduler", "triggerer"])
def test_what_only_some_processes_need_is_loaded_by_those_alone(program: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _AS_AIRFLOW_STARTS, program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    loaded = ended.stdout.splitlines()[-1].split()
    assert "airflow.api_fastapi.core_api.security" not in loaded
    assert ("rollcall.airflow.zoom_tasks" in loaded) == (program == "scheduler")


def test_the_library_is_imported_without_airflow(repo: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _WITHOUT_AIRFLOW],
        env={**os.environ, "PYTHONPATH": f"{repo / 'plugins'}{os.pathsep}{repo}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) > 30
