"""What the local stack's Airflow is started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollcall.stack.airflow_settings import AirflowAddresses, airflow_environment
from rollcall.stack.state import StateFolder


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, "127.0.0.1,localhost"), ("corp.test", "corp.test,127.0.0.1,localhost"), ("*", "*")],
)
def test_tasks_of_the_local_stack_reach_its_airflow_past_any_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    if given:
        monkeypatch.setenv("NO_PROXY", given)
    addresses = AirflowAddresses(8080, "postgresql://m", "postgresql://r")
    found = airflow_environment(StateFolder(tmp_path), addresses, dags=tmp_path, plugins=tmp_path)
    assert found["NO_PROXY"] == found["no_proxy"] == expected
