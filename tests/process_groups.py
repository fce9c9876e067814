"""Which tests stay in one process when pytest-xdist spreads them over several: those that share something costly.

A group is a file, for its module fixtures, or what is named here. pytest-xdist's own groups (the marker `xdist_group`)
do nothing with pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# The first imports Airflow, which takes seconds; the second starts it, which takes both cores.
_WHOLE_FOLDERS = ("tests/dags", "tests/end_to_end")
# Holds two processes to a call in 105 ms, which a machine that starts Airflow at the same time can't do.
_NOT_BESIDE_AIRFLOW = "tests/sync/test_pacing.py"
# Each of its parameters is a Postgres server.
_BY_PARAMETER = "tests/migrations/test_postgres_versions.py"


def group_of(nodeid: str) -> str:
    """The group of a test, given pytest's id of it."""
    file, _, test = nodeid.partition("::")
    folder = file.rpartition("/")[0]
    if folder in _WHOLE_FOLDERS:
        return folder
    if file == _NOT_BESIDE_AIRFLOW:
        return "tests/end_to_end"
    if file == _BY_PARAMETER:
        return f"{file}{test[test.find('[') :]}"
    return file


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process one group after the other, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    """With `--dist loadgroup`, groups are ours."""
    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None
