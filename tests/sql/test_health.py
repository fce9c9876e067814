"""How a connection fares: the verdict, its parts, and an answer for every name that is typed."""

from __future__ import annotations

import psycopg
import pytest

from rollcall.cli import main
from rollcall.store import connections, queue, runs
from tests.sql.attendance_case import add_connection
from tests.sql.monitored_case import MonitoredCase

PARTS = ("freshness_points", "success_points", "completeness_points", "liveness_points")


@pytest.fixture
def well(db: psycopg.Connection) -> MonitoredCase:
    return MonitoredCase(db)


def test_an_empty_database_has_no_row(db: psycopg.Connection) -> None:
    assert db.execute("SELECT * FROM get_sync_health_status()").fetchall() == []


@pytest.mark.parametrize("name", ["nobody", "", "it's 100%", "%s", "99", "'; --"])
def test_an_unknown_name_gets_one_row_that_names_it(db: psycopg.Connection, name: str) -> None:
    rows = db.execute(
        "SELECT connection_id, connection_name, status, health_score, action FROM get_sync_health_status(%s)",
        (name,),
    ).fetchall()
    ((connection_id, shown, status, score, action),) = rows
    assert (connection_id, shown, status, score) == (None, name, "unknown", None)
    assert name.replace("'", "''") in action
    assert "sync_connections" in action


def test_a_connection_that_never_ran_says_how_to_start(db: psycopg.Connection) -> None:
    add_connection(db, "case")
    found = db.execute("SELECT status, health_score, action FROM get_sync_health_status()").fetchone()
    assert found is not None
    assert found[:2] == ("unknown", None)
    assert "rollcall sync zoom case" in found[2]


def test_a_healthy_connection_has_all_points(well: MonitoredCase) -> None:
    health = well.health()
    assert (health["status"], health["health_score"]) == ("healthy", 100)
    assert [health[part] for part in PARTS] == [30, 30, 25, 15]
    assert health["success_rate_24h"] == 100
    assert health["budget_left_today"] is None


def test_each_trouble_takes_its_points_and_the_parts_add_up(well: MonitoredCase) -> None:
    well.fail()
    well.gap()
    well.age("sync_runs", "finished_at", "208 hours", "status <> 'failed'")
    well.fail()
    connections.mark_reconnect_needed(well.conn, well.connection_id, "invalid_grant")
    health = well.health()
    # 208 hours is half-way between the limits; the two runs of the week failed.
    assert [health[part] for part in PARTS] == [15, 0, 15, 0]
    assert health["health_score"] == 30
    assert health["status"] == "critical"
    assert health["last_error_kind"] == "server_error"


@pytest.mark.parametrize(
    ("hours", "rates"), [(23, (100, 100)), (25, (None, 100)), (167, (None, 100)), (169, (None, None))]
)
def test_a_rate_is_of_the_runs_that_ended_in_its_time(
    well: MonitoredCase, hours: int, rates: tuple[int | None, int | None]
) -> None:
    well.age("sync_runs", "started_at", f"{hours} hours")
    well.age("sync_runs", "finished_at", f"{hours} hours")
    health = well.health()
    assert (health["success_rate_24h"], health["success_rate_7d"]) == rates
    durations = (health["average_duration_24h"], health["average_duration_7d"])
    assert [each is None for each in durations] == [rate is None for rate in rates]


@pytest.mark.parametrize(
    ("trouble", "points"),
    [
        (
            "UPDATE zoom_instance_reads SET sync_status = 'provisional', provisional_since = now() - interval '9 days'",
            20,
        ),
        ("UPDATE zoom_instance_reconciliation SET verdict = 'differs'", 15),
    ],
)
def test_what_is_not_whole_takes_points_of_completeness(
    well: MonitoredCase, trouble: str, points: int
) -> None:
    well.conn.execute(trouble.encode())
    assert well.health()["completeness_points"] == points


def test_cancelled_runs_count_in_no_rate(well: MonitoredCase) -> None:
    for _ in range(3):
        runs.close_run(well.conn, well.open_run(), "cancelled")
    well.fail()
    assert well.health()["success_rate_7d"] == 50


def test_an_inactive_connection_is_unknown_and_says_so(well: MonitoredCase) -> None:
    well.fail()
    connections.set_active(well.conn, well.name, active=False)
    health = well.health()
    assert (health["status"], health["health_score"], health["is_active"]) == ("unknown", None, False)
    assert "rollcall connection activate case" in health["action"]


def test_an_active_run_shows_its_progress_and_queue(well: MonitoredCase) -> None:
    run_id = well.open_run()
    runs.set_phase(well.conn, run_id, "fetch", "Fetching")
    health = well.health()
    assert (health["active_run_id"], health["active_run_progress"], health["stale_runs"]) == (run_id, 5, 0)
    queue.enqueue_participants(well.conn, run_id, [well.add_instance(f"uuid-{n}") for n in range(3)])
    for _ in range(2):
        assert queue.lease(well.conn, run_id, "worker-1") is not None
    (live,) = well.rows("SELECT workers, queue_depth FROM sync_monitoring_view")
    assert live == {"workers": 1, "queue_depth": 3}
    well.age("sync_runs", "heartbeat_at", "2 hours", "finished_at IS NULL")
    assert (well.health()["stale_runs"], well.health()["liveness_points"]) == (1, 0)


def test_the_budget_that_is_left_is_our_share_less_what_was_spent(well: MonitoredCase) -> None:
    well.conn.execute("UPDATE zoom_connections SET plan = 'pro'")
    assert well.health()["budget_left_today"] == 24_000
    well.conn.execute(
        "SELECT hold_calls(%s, 'heavy', now() + interval '1 hour', true)", (well.connection_id,)
    )
    assert well.health()["budget_left_today"] == 0


def test_two_connections_are_told_apart_by_id_and_by_name(well: MonitoredCase) -> None:
    other = add_connection(well.conn, "other")
    well.fail()
    for asked in (str(other), "other"):
        (found,) = well.rows("SELECT connection_name, status FROM get_sync_health_status(%s)", asked)
        assert found == {"connection_name": "other", "status": "unknown"}
    statuses = {
        row["connection_name"]: row["status"] for row in well.rows("SELECT * FROM get_sync_health_status()")
    }
    assert statuses == {"case": "warning", "other": "unknown"}


class TestCommand:
    """`rollcall health` as a person types it, with a DBA's rights."""

    @pytest.fixture(autouse=True)
    def environment(self, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ROLLCALL_DATABASE_URL", f"{dsn}%20-crole%3Drollcall_monitor")

    @pytest.mark.usefixtures("well")
    def test_all_is_well(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["health"]) == 0
        head, line = capsys.readouterr().out.splitlines()
        assert head.split()[:3] == ["CONNECTION", "STATUS", "SCORE"]
        assert line.split()[:3] == ["case", "healthy", "100"]

    def test_what_is_critical_fails_it(self, well: MonitoredCase, capsys: pytest.CaptureFixture[str]) -> None:
        connections.mark_reconnect_needed(well.conn, well.connection_id, "invalid_grant")
        assert main(["health", "case"]) == 1
        shown = capsys.readouterr().out
        assert "reconnect_needed" in shown
        assert "\x1b" not in shown

    def test_no_connections_yet(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["health"]) == 0
        assert "rollcall connection add" in capsys.readouterr().out

    def test_a_name_that_nobody_has_is_wrong_use(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["health", "nobody"]) == 2
        assert "nobody" in capsys.readouterr().err
