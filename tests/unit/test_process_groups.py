"""Tests that share something costly meet in one process, as `make test` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process_groups import group_of

_WRITES_ITS_PROCESS = """
import os
from pathlib import Path

def test_it():
    Path(__file__).with_suffix(".process").write_text(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_files_of_a_shared_airflow_run_in_one_process(tmp_path: Path, repo: Path) -> None:
    files = [tmp_path / "tests" / name for name in ("dags/test_a.py", "dags/test_b.py", "unit/test_c.py")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_WRITES_ITS_PROCESS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    spread = ("--numprocesses", "2", "--dist", "loadgroup", "--no-loadscope-reorder")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.process_groups", *spread, "tests"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repo), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first, second, other = (file.with_suffix(".process").read_text() for file in files)
    assert first == second != other


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("tests/end_to_end/test_a.py::test_x", "tests/end_to_end/test_b.py::test_y[1]", True),
        ("tests/end_to_end/test_a.py::test_x", "tests/sync/test_pacing.py::test_x", True),
        ("tests/sql/test_a.py::test_x[a/b::c]", "tests/sql/test_a.py::test_y", True),
        ("tests/sql/test_a.py::test_x", "tests/sql/test_b.py::test_x", False),
        (
            "tests/migrations/test_postgres_versions.py::test_x[postgres-15]",
            "tests/migrations/test_postgres_versions.py::test_y[postgres-15]",
            True,
        ),
        (
            "tests/migrations/test_postgres_versions.py::test_x[postgres-15]",
            "tests/migrations/test_postgres_versions.py::test_x[postgres-18]",
            False,
        ),
    ],
)
def test_groups(one: str, other: str, together: bool) -> None:
    assert (group_of(one) == group_of(other)) is together
