"""Fixtures of several unit tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.unit.small_airflow import SmallAirflow


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
