"""A list that is what it was ends at its last page; whatever could make it mean something else gets a full look."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from rollcall.sync.sessionize import sessionize
from rollcall.sync.upsert import upsert
from tests.sync.conftest import StartRunner
from tests.sync.pages import fetched_pages, pages_fetched_again, wait_for_pages
from tests.sync.runner import Runner
from tests.sync.small_account import REPORT, SMALL, only_instance
from tests.sync.truth import assert_truth


@pytest.fixture
def synced(start: StartRunner) -> Runner:
    """An account of one webinar that was synced before."""
    runner = start(*SMALL)
    runner.sync()
    assert_truth(runner)
    return runner


def staged_rows(runner: Runner) -> int:
    """How many rows were ever staged, by what their item remembers: a list that ended unchanged has none."""
    found = runner.rows(
        "SELECT n_tup_ins AS n FROM pg_stat_user_tables WHERE relname = 'zoom_participant_staging'"
    )
    return int(found[0]["n"])


def change(runner: Runner, statement: str) -> None:
    """As somebody with every right."""
    with closing(runner.connect()) as conn:
        conn.execute(statement.encode())


def wait_until_blocking(runner: Runner, conn: psycopg.Connection) -> None:
    """Until somebody waits for `conn`: of those who store side by side, one also waits for the other."""
    deadline = time.monotonic() + 60
    question = "SELECT FROM pg_stat_activity a WHERE %s = ANY (pg_blocking_pids(a.pid))"
    while not runner.rows(question, conn.info.backend_pid):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def test_nothing_is_staged_and_all_is_counted(synced: Runner) -> None:
    synced.writes()  # brings Postgres's counters up to date
    before = staged_rows(synced)
    first = synced.rows("SELECT * FROM sync_runs ORDER BY id LIMIT 1")[0]
    # One worker: another would still read the registrants, and nothing is settled before they are in.
    second = synced.sync(fetch_workers=1)
    synced.writes()
    assert staged_rows(synced) == before > 0
    assert second["status"] == "completed"
    for count in ("rows_fetched", "rows_duplicate", "rows_rejected", "rows_expected", "pages_fetched"):
        assert second[count] == first[count], count
    assert second["sessions_unchanged"] == first["sessions_inserted"]
    assert second["participants_unchanged"] == first["participants_inserted"]


def test_a_panelist_who_became_known_since_gets_the_role(synced: Runner) -> None:
    change(synced, "DELETE FROM zoom_panelists")
    change(synced, "UPDATE zoom_participants SET role = 'attendee' WHERE role = 'panelist'")
    run = synced.sync()
    assert run["participants_updated"] > 0
    assert_truth(synced)


def test_a_session_that_somebody_lost_comes_back(synced: Runner) -> None:
    change(
        synced,
        "DELETE FROM zoom_participant_sessions WHERE ctid = (SELECT min(ctid) FROM zoom_participant_sessions)",
    )
    run = synced.sync(fetch_workers=1)
    assert (run["status"], run["sessions_inserted"]) == ("completed", 1)
    assert_truth(synced)


def test_sessions_that_somebody_emptied_come_back(synced: Runner) -> None:
    stored = synced.run(1)["sessions_inserted"]
    change(synced, "TRUNCATE zoom_participant_sessions")
    run = synced.sync(fetch_workers=1)
    assert (run["status"], run["sessions_inserted"]) == ("completed", stored)
    assert_truth(synced)


def test_a_session_that_is_lost_while_its_list_is_stored_comes_back_with_the_next_run(synced: Runner) -> None:
    uuid, _ = only_instance(synced)
    synced.zoom.edit("change_leave", uuid=uuid, seconds=45)
    run_id = synced.open()
    synced.discover(run_id)
    synced.fetch(run_id)
    sessionize(synced.connect, run_id)
    with ThreadPoolExecutor(1) as pool, closing(synced.connect()) as conn:
        with conn.transaction():
            conn.execute(
                "DELETE FROM zoom_participant_sessions WHERE ctid = (SELECT max(ctid) FROM zoom_participant_sessions)"
            )
            # It finds the session as the list has it, and waits with the note of what it read.
            storing = pool.submit(upsert, synced.connect, run_id)
            wait_until_blocking(synced, conn)
        storing.result(timeout=60)
    synced.finish(run_id)
    run = synced.sync(fetch_workers=1)
    assert (run["status"], run["sessions_inserted"]) == ("completed", 1)
    assert_truth(synced)


def test_a_list_that_has_to_start_again_is_still_known(synced: Runner) -> None:
    before = synced.writes()
    synced.zoom.fault("page_token_expired", match=f"{REPORT}.*next_page_token")
    run = synced.sync()
    assert (run["status"], run["sessions_unchanged"] > 0) == ("completed", True)
    assert synced.writes() == before


def test_a_list_too_long_for_memory_is_still_known(synced: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollcall.sync.attendance_list._MOST_IN_MEMORY", 1000)
    synced.writes()
    before = staged_rows(synced)
    synced.sync(fetch_workers=1)
    synced.writes()
    assert staged_rows(synced) == before
    uuid, _ = only_instance(synced)
    synced.zoom.edit("change_leave", uuid=uuid, seconds=45)
    run = synced.sync(fetch_workers=1)
    synced.writes()
    assert staged_rows(synced) == before + run["rows_fetched"]
    assert run["sessions_updated"] == 1
    assert_truth(synced)


@pytest.mark.parametrize("has_changed", [False, True])
def test_a_killed_worker_costs_a_page_at_most_where_nothing_has_changed(
    start: StartRunner, has_changed: bool
) -> None:
    runner = start(*SMALL, "--latency-ms", "100")
    runner.sync()
    uuid, _ = only_instance(runner)
    changed = runner.zoom.edit("change_leave", uuid=uuid, seconds=45) if has_changed else None
    run_id = runner.open()
    runner.discover(run_id)
    runner.zoom.reset_calls()
    already = fetched_pages(runner)
    victim = runner.start_worker(run_id, "worker-0")
    wait_for_pages(runner, already + 2)
    victim.kill()
    victim.wait()
    assert runner.start_worker(run_id, "worker-0").wait(60) == 0
    runner.store(run_id)
    assert runner.finish(run_id) == "completed"
    run = runner.run(run_id)
    assert (run["sessions_inserted"], run["sessions_updated"]) == (0, 1 if changed else 0)
    if not has_changed:
        assert pages_fetched_again(runner).total() <= 1
        assert runner.rows(
            "SELECT held_pages FROM webinar_sync_queue WHERE run_id = %s AND instance_id IS NOT NULL", run_id
        ) == [{"held_pages": 3}]


@pytest.mark.parametrize("mode", ["full", "delta"])
def test_what_a_killed_run_stored_is_compared_by_the_next_one(start: StartRunner, mode: str) -> None:
    runner = start("demo", "--scale", "0.05")
    late = next(
        uuid
        for uuid, i in runner.zoom.truth["instances"].items()
        if i["late"] and i["late"]["kind"] == "fewer_rows"
    )
    compared = """
        SELECT c.ours, c.theirs, c.verdict
        FROM zoom_instance_reconciliation c
        JOIN zoom_webinar_instances i ON i.id = c.instance_id
        WHERE i.uuid = %s AND c.measure = 'rows'
    """
    runner.sync()
    (short,) = runner.rows(compared, late)
    assert short["ours"] < short["theirs"]
    runner.zoom.edit("reveal")
    # As if it had ended before all that a delta looks at again.
    change(runner, "UPDATE sync_state SET mark_at = now() + interval '71 hours 59 minutes'")

    run_id = runner.open()
    runner.discover(run_id)
    runner.fetch(run_id)
    runner.store(run_id)
    change(runner, "UPDATE sync_runs SET heartbeat_at = heartbeat_at - interval '2 hours'")
    assert [run["run_id"] for run in runner.rows("SELECT run_id FROM check_stale_syncs()")] == [run_id]

    runner.sync(mode=mode, fetch_workers=1)
    assert_truth(runner, [late])
    (whole,) = runner.rows(compared, late)
    assert whole == {"ours": short["theirs"], "theirs": short["theirs"], "verdict": "agrees"}
