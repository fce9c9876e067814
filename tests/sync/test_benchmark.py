"""`make bench` measures what it says: whole worlds stored, nothing written twice, failures told and not hidden."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.contenders import FLOOR_COPY, FLOORS, ROLLCALL, ROW_AT_A_TIME, Contender
from benchmarks.report import write_page
from benchmarks.running import Result, run_group
from benchmarks.servers import Servers, World
from benchmarks.suite import AGAIN, CHANGED, FIRST, Entry, Group
from benchmarks.table import comparison
from benchmarks.targets import targets
from benchmarks.zoom_sync import ThroughAirflow

WORLD = World("seed", 0.2)
BROKEN = Contender("broken", "broken", (sys.executable, "-c", "raise SystemExit('out of luck')"))
ABSENT = Contender("absent", "absent", ("nothing",), needs=(Path("/nowhere/python"),))
GROUP = Group(
    "headline",
    "A small world",
    (
        Entry(ROLLCALL, WORLD, (FIRST, AGAIN, CHANGED)),
        Entry(ROW_AT_A_TIME, WORLD, (FIRST, AGAIN)),
        Entry(FLOORS[2], WORLD, (FIRST, AGAIN)),
        Entry(FLOOR_COPY, WORLD),
        Entry(BROKEN, WORLD),
        Entry(ABSENT, WORLD),
    ),
)


@pytest.fixture(scope="module")
def results() -> Iterator[list[Result]]:
    with Servers() as servers:
        yield run_group(servers, GROUP, 1, lambda _what: None)


def rounds_of(results: list[Result], key: str, run: str = FIRST) -> Result:
    return next(r for r in results if (r.entry.contender.key, r.run) == (key, run))


@pytest.mark.parametrize("contender", [ROLLCALL, ROW_AT_A_TIME, FLOORS[2], FLOOR_COPY])
def test_a_contender_stores_every_row(results: list[Result], contender: Contender) -> None:
    result = rounds_of(results, contender.key)
    assert result.failure == ""
    (measured,) = result.rounds
    assert measured.stored == measured.expected > 300
    assert measured.inserted >= measured.expected
    # Pages of 300, and for rollcall what leads to them.
    assert measured.calls >= -(-measured.expected // 300)
    assert measured.seconds > 0
    assert measured.client_cpu > 0
    assert measured.client_mb > 20
    assert measured.wal_mb > 0


def test_the_second_run_is_counted_apart_from_the_first(results: list[Result]) -> None:
    (own,) = rounds_of(results, ROLLCALL.key, AGAIN).rounds
    assert (own.inserted, own.updated, own.deleted) == (0, 0, 0)
    # Locks of rows that the queue points at, no row itself.
    assert own.data_wal_mb is not None
    assert own.data_wal_mb < 0.01
    (rows,) = rounds_of(results, ROW_AT_A_TIME.key, AGAIN).rounds
    assert (rows.inserted, rows.updated) == (0, rows.expected)
    assert rows.data_wal_mb is not None
    assert 0 < rows.data_wal_mb <= rows.wal_mb


def test_one_percent_is_changed(results: list[Result]) -> None:
    (measured,) = rounds_of(results, ROLLCALL.key, CHANGED).rounds
    assert measured.stored == measured.expected
    assert measured.updated >= measured.expected // 100


def test_the_table_tells_of_failures_and_missing_rows(results: list[Result]) -> None:
    lost = rounds_of(results, ROW_AT_A_TIME.key)
    (measured,) = lost.rounds
    short = Result(lost.entry, FIRST, [replace(measured, stored=7)])
    remarks = {row[0]: row[-1] for row in comparison("", [*results, short]).rows}
    assert remarks["broken"] == "out of luck"
    assert "not installed" in remarks["absent"]
    assert remarks["row at a time"] == f"stores 7 of {measured.expected:,}"


def test_promises_name_only_what_was_measured(results: list[Result]) -> None:
    promises = {row[0]: row[-1] for row in targets({"headline": results}).rows}
    assert promises["rows written by the second run"] == "kept"
    assert "first run by the floor's with one upsert" in promises
    assert not any("dlt" in promise for promise in promises)


def test_the_page_holds_every_figure(results: list[Result], tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    block = comparison("A small world", results)
    write_page([block], [("Postgres", "18.1")], "2 cores", 3, page)
    text = page.read_text(encoding="utf-8")
    assert "Postgres 18.1" in text
    assert "medians of 3 rounds" in text
    for row in block.rows:
        assert f"| {' | '.join(row)} |" in text


def test_airflows_own_processes_count_for_the_promise_about_memory() -> None:
    rounds = [{"first": {"in all": 10.0}, "delta, nothing new": {"in all": 7.0}}]
    through = ThroughAirflow(rounds, {"task": 140.0, "api-server": 312.0}, is_headline=True)
    verdicts = {row[0]: (row[3], row[4]) for row in through.promises()}
    assert verdicts == {
        "through Airflow: first": ("10.0 s", "kept"),
        "through Airflow: delta, nothing new": ("7.0 s", "missed"),
        "peak memory of any process, Airflow's too": ("312.0 MB", "missed"),
    }
