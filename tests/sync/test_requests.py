"""A request that can't be carried out is refused in a sentence, before any call is made."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.errors import InactiveConnection, UnknownConnection, WrongUse
from rollcall.store.runs import Run
from rollcall.sync.discover import open_run
from rollcall.sync.opening import run_in_the_way
from rollcall.sync.request import check_request
from tests.sync.conftest import StartRunner

TODAY = datetime.now(UTC).date()
TOMORROW = (TODAY + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("params", "kind", "sentence"),
    [
        (
            {"connection": "nobody"},
            UnknownConnection,
            r"no connection named 'nobody' .*sandbox.*rollcall connection add",
        ),
        ({"connection": ""}, UnknownConnection, r"no connection named ''"),
        ({"connection": "sand\x00box\ud800"}, UnknownConnection, r"no connection named 'sand\?box\?'"),
        ({"mode": "everything"}, WrongUse, r"'everything'.*full, delta, date_range, webinars"),
        ({"fetch_workers": 99}, WrongUse, r"fetch_workers is 99.*1 to 16"),
        ({"fetch_workers": -1}, WrongUse, r"fetch_workers is -1"),
        ({"fetch_workers": "many"}, WrongUse, r"fetch_workers is 'many'"),
        ({"mode": "date_range"}, WrongUse, r"needs from and to"),
        ({"mode": "date_range", "from": "2026-01-01"}, WrongUse, r"needs from and to"),
        ({"mode": "date_range", "from": "2026-02-01", "to": "2026-01-01"}, WrongUse, r"back to front.*swap"),
        (
            {"mode": "date_range", "from": "yesterday", "to": "2026-01-01"},
            WrongUse,
            r"from is 'yesterday'.*2026-01-31",
        ),
        ({"mode": "date_range", "from": "2026-01-01", "to": "2026-02-31"}, WrongUse, r"to is '2026-02-31'"),
        (
            {"mode": "date_range", "from": "0026-01-01", "to": "2026-01-31"},
            WrongUse,
            r"from is 0026-01-01.*2000 to",
        ),
        ({"mode": "date_range", "from": "2026-01-01", "to": TOMORROW}, WrongUse, r"ends in the future"),
        ({"mode": "date_range", "from": TOMORROW, "to": TOMORROW}, WrongUse, r"ends in the future"),
        ({"mode": "webinars"}, WrongUse, r"needs webinar_ids"),
        ({"mode": "webinars", "webinar_ids": []}, WrongUse, r"needs webinar_ids"),
        ({"mode": "webinars", "webinar_ids": [" ", ""]}, WrongUse, r"needs webinar_ids"),
        ({"mode": "webinars", "webinar_ids": ["88988872033", "abc"]}, WrongUse, r"'abc' is no webinar id"),
        ({"mode": "webinars", "webinar_ids": ["0"]}, WrongUse, r"'0' is no webinar id"),
        ({"mode": "webinars", "webinar_ids": [-88988872033]}, WrongUse, r"'-88988872033' is no webinar id"),
        ({"mode": "full", "from": "2026-01-01"}, WrongUse, r"belong to mode date_range, not to full"),
        (
            {"mode": "delta", "webinar_ids": ["88988872033"]},
            WrongUse,
            r"belong to mode webinars, not to delta",
        ),
        (
            {"mode": "date_range", "from": "2026-01-01", "to": "2026-01-02", "webinar_ids": [1]},
            WrongUse,
            r"webinars",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_wrong_use_is_told_in_a_sentence(
    start: StartRunner, params: dict[str, Any], kind: type[WrongUse], sentence: str
) -> None:
    runner = start("empty")
    with pytest.raises(kind, match=sentence) as refused:
        runner.open(**params)
    assert re.search(r"[.;:,]", str(refused.value))
    assert len(str(refused.value)) < 300
    assert runner.zoom.calls()["api_calls"] == runner.zoom.calls()["token_grants"] == 0
    assert runner.everything("sync_runs") == []


def test_an_inactive_connection_says_how_to_switch_it_on(start: StartRunner) -> None:
    runner = start("empty")
    with runner.connect() as conn:
        conn.execute("UPDATE zoom_connections SET is_active = false")
    with pytest.raises(InactiveConnection, match="rollcall connection activate sandbox"):
        runner.open()
    assert runner.zoom.calls()["token_grants"] == 0


def test_a_second_run_is_refused_by_naming_the_first(start: StartRunner) -> None:
    runner = start("empty")
    first = runner.open(mode="full")
    with runner.connect() as conn:
        request = check_request(conn, {"connection": "sandbox", "mode": "delta"})
        in_the_way = open_run(conn, request, "zoom_webinar_sync", "another")
    assert isinstance(in_the_way, Run)
    assert in_the_way.id == first
    sentence = str(run_in_the_way(in_the_way, "sandbox"))
    for part in (
        f"Run {first}",
        "full",
        "manual__1",
        in_the_way.started_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
        "stop",
    ):
        assert part in sentence
    assert len(runner.everything("sync_runs")) == 1

    runner.discover(first)
    assert runner.finish(first) == "completed"
    assert runner.sync(mode="delta")["status"] == "completed"
