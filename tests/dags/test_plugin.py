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
