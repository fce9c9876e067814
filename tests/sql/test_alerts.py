"""Each condition raises its alert, with what to do, and the alert goes away with it."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from rollcall.store import connections, queue, runs
from tests.sql.attendance_case import row
from tests.sql.monitored_case import MonitoredCase

Step = Callable[[MonitoredCase], object]


@pytest.fixture
def well(db: psycopg.Connection) -> MonitoredCase:
    return MonitoredCase(db)


def silent_run(case: MonitoredCase) -> None:
    case.open_run()
    case.age("sync_runs", "heartbeat_at", "61 minutes", "finished_at IS NULL")


def idle_queue(case: MonitoredCase) -> None:
    run_id = case.open_run()
    queue.enqueue_participants(case.conn, run_id, [case.instance_id])
    runs.set_phase(case.conn, run_id, "fetch", "Fetching")
    case.age("webinar_sync_queue", "updated_at", "20 minutes")


def differing(case: MonitoredCase) -> None:
    case.conn.execute("UPDATE zoom_instance_reconciliation SET verdict = 'differs' WHERE measure = 'people'")


def provisional(case: MonitoredCase) -> None:
    case.add_instance("second")
    instance = case.rows("SELECT id FROM zoom_webinar_instances WHERE uuid = 'second'")[0]["id"]
    case.read([row("Ben", leave=5)], instance_id=instance, total_records=9)
    assert case.alerts() == {}
    case.age("zoom_instance_reads", "provisional_since", "4 days")


def spent(case: MonitoredCase) -> None:
    case.conn.execute("UPDATE zoom_connections SET plan = 'free'")
    case.conn.execute(
        "INSERT INTO zoom_call_budgets (account, daily_pool, day, calls)"
        " VALUES ('account', 'heavy', (now() AT TIME ZONE 'UTC')::date, 790)"
    )


def end(case: MonitoredCase) -> None:
    case.conn.execute("SELECT check_stale_syncs('1 second')")
    case.succeed()


CONDITIONS: list[tuple[str, str, Step, Step]] = [
    ("stale_run", "critical", silent_run, end),
    (
        "last_run_failed",
        "warning",
        lambda case: case.fail("100% of Ann's calls failed"),
        lambda case: case.succeed(),
    ),
    (
        "failures_in_a_row",
        "warning",
        lambda case: [case.fail() for _ in range(3)],
        lambda case: case.succeed(),
    ),
    (
        "failure_rate",
        "warning",
        lambda case: [case.fail() for _ in range(3)],
        lambda case: case.age("sync_runs", "finished_at", "2 days"),
    ),
    (
        "success_age",
        "warning",
        lambda case: case.age("sync_runs", "finished_at", "4 days"),
        lambda case: case.succeed(),
    ),
    (
        "success_age",
        "critical",
        lambda case: case.age("sync_runs", "finished_at", "15 days"),
        lambda case: case.succeed(),
    ),
    (
        "reconnect_needed",
        "critical",
        lambda case: connections.mark_reconnect_needed(case.conn, case.connection_id, "invalid_grant"),
        lambda case: case.conn.execute("UPDATE zoom_connections SET reconnect_needed_at = NULL"),
    ),
    (
        "open_gaps",
        "warning",
        lambda case: case.gap(),
        lambda case: case.conn.execute("UPDATE sync_gaps SET closed_at = now()"),
    ),
    (
        "provisional_age",
        "warning",
        provisional,
        lambda case: case.conn.execute("UPDATE zoom_instance_reads SET sync_status = 'complete'"),
    ),
    (
        "reconciliation_differs",
        "warning",
        differing,
        lambda case: case.conn.execute("UPDATE zoom_instance_reconciliation SET verdict = 'explained'"),
    ),
    (
        "budget_spent",
        "warning",
        spent,
        lambda case: case.conn.execute("UPDATE zoom_connections SET plan = 'unlimited'"),
    ),
    (
        "budget_spent",
        "warning",
        lambda case: case.conn.execute(
            "SELECT hold_calls(id, 'heavy', now() + interval '3 days', true) FROM zoom_connections"
        ),
        lambda case: case.conn.execute("UPDATE zoom_call_budgets SET exhausted_until = now()"),
    ),
    ("queue_idle", "warning", idle_queue, lambda case: queue.lease(case.conn, 2, "worker-1")),
    (
        "invalid_webinars",
        "warning",
        lambda case: case.conn.execute("UPDATE zoom_webinars SET host_id = NULL, host_email = NULL"),
        lambda case: case.conn.execute("UPDATE zoom_webinars SET host_id = 'host-1'"),
    ),
    (
        "invalid_webinars",
        "warning",
        lambda case: case.conn.execute("UPDATE zoom_webinars SET type = 99, approval_type = 0"),
        lambda case: case.conn.execute("SELECT mark_webinar_gone(id) FROM zoom_webinars"),
    ),
    (
        "self_test_failed",
        "critical",
        lambda case: case.conn.execute(
            "INSERT INTO sync_test_results (test_run, test_name, passed, expected, detail, duration_ms)"
            " VALUES (gen_random_uuid(), 'rejoin', false, '1', 'invented', 1)"
        ),
        lambda case: case.conn.execute("SELECT * FROM test_sync_process()"),
    ),
]


@pytest.mark.parametrize(
    ("condition", "severity", "breaks", "mends"),
    CONDITIONS,
    ids=[f"{name} {severity}" for name, severity, _, _ in CONDITIONS],
)
def test_an_alert_comes_and_goes(
    well: MonitoredCase, condition: str, severity: str, breaks: Step, mends: Step
) -> None:
    assert well.alerts() == {}
    breaks(well)
    assert well.alerts().get(condition) == severity
    (alert,) = well.rows(
        "SELECT *, since <= now() AS has_begun FROM sync_alert_conditions WHERE condition = %s", condition
    )
    assert alert["action"]
    assert alert["detail"]
    assert alert["has_begun"]
    (check,) = well.rows("SELECT * FROM run_sync_health_checks() WHERE check_name = %s", condition)
    assert check["status"] == severity
    assert check["hint"] == alert["action"]
    assert check["value"] >= check["threshold"]
    mends(well)
    assert condition not in well.alerts()
    (check,) = well.rows("SELECT * FROM run_sync_health_checks() WHERE check_name = %s", condition)
    assert (check["status"], check["hint"]) == ("ok", None)


def test_a_parked_run_is_no_alert_until_its_wait_is_long_over(well: MonitoredCase) -> None:
    idle_queue(well)
    well.conn.execute(
        "UPDATE sync_runs SET status = 'waiting', waiting_until = now() + interval '9 hours' WHERE id = 2"
    )
    well.age("sync_runs", "heartbeat_at", "5 hours")
    assert well.alerts() == {}
    well.age("sync_runs", "waiting_until", "11 hours", "id = 2")
    assert well.alerts() == {"stale_run": "critical"}


def test_the_reason_that_is_told_of_gaps_is_the_one_that_most_of_them_have(well: MonitoredCase) -> None:
    well.gap(code=12702, key="a")
    well.gap(code=4711, key="b")
    well.gap(code=4711, key="c")
    (alert,) = well.rows("SELECT detail FROM sync_alert_conditions WHERE condition = 'open_gaps'")
    (line,) = well.rows("SELECT detail FROM generate_sync_report('case') WHERE metric = 'participants'")
    for told in (alert, line):
        assert "4711" in told["detail"]
        assert "12702" not in told["detail"]
    assert alert["detail"].startswith("3 gaps of kind participants, 0 of them")
    assert "rollcall connection test" in line["detail"]


def test_expected_gaps_and_cancelled_runs_are_no_alert(well: MonitoredCase) -> None:
    well.gap(expected=True)
    runs.close_run(well.conn, well.open_run(), "cancelled")
    assert well.alerts() == {}


def test_a_connection_that_was_switched_off_is_no_alert(well: MonitoredCase) -> None:
    well.fail()
    well.gap()
    connections.set_active(well.conn, well.name, active=False)
    assert well.alerts() == {}


def test_the_limits_are_rows_that_the_owner_changes(well: MonitoredCase) -> None:
    well.fail()
    well.conn.execute("UPDATE sync_health_thresholds SET critical = 1 WHERE check_name = 'last_run_failed'")
    assert well.alerts() == {"last_run_failed": "critical"}
    assert well.health()["status"] == "critical"
    well.conn.execute(
        "UPDATE sync_health_thresholds SET warning = NULL, critical = NULL WHERE check_name = 'last_run_failed'"
    )
    assert well.alerts() == {}
    assert well.health()["status"] == "healthy"


@pytest.mark.parametrize("never", ["Infinity", "1e30"])
def test_a_limit_that_is_never_reached_is_one(well: MonitoredCase, never: str) -> None:
    well.open_run()
    well.age("sync_runs", "finished_at", "90 days", "finished_at IS NOT NULL")
    well.conn.execute("UPDATE sync_health_thresholds SET critical = %s", (never,))
    assert well.alerts() == {"success_age": "warning"}
    assert well.health()["status"] == "warning"
    assert 0 <= well.health()["freshness_points"] <= 30
    for question in (
        "get_sync_summary()",
        "sync_openmetrics()",
        "sync_monitoring_view",
        "run_sync_health_checks()",
    ):
        assert well.rows(f"SELECT * FROM {question}")  # noqa: S608


@pytest.mark.parametrize("role", ["rollcall_monitor", "rollcall_reader", "rollcall_writer"])
def test_nobody_else_changes_them(db: psycopg.Connection, role: str) -> None:
    db.execute(f"SET ROLE {role}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("UPDATE sync_health_thresholds SET warning = 1")


def test_all_checks_are_listed_on_an_empty_database(db: psycopg.Connection) -> None:
    db.execute("SET ROLE rollcall_monitor")
    found = db.execute("SELECT check_name, status FROM run_sync_health_checks()").fetchall()
    assert len(found) >= 12
    assert {status for _, status in found} == {"ok"}
    assert db.execute("SELECT * FROM sync_alert_conditions").fetchall() == []


def test_what_is_refused_for_good_is_a_gap_and_no_longer_provisional(well: MonitoredCase) -> None:
    provisional(well)
    assert well.alerts() == {"provisional_age": "warning"}
    well.gap(code=3001, recheck=12)
    well.conn.execute("UPDATE sync_gaps SET object_key = 'second'")
    assert set(well.alerts()) == {"provisional_age", "open_gaps"}
    well.conn.execute("UPDATE sync_gaps SET recheck_at = NULL")
    assert set(well.alerts()) == {"open_gaps"}
    assert well.health()["provisional_instances"] == 0
    well.conn.execute("UPDATE sync_gaps SET is_expected = true")
    assert well.alerts() == {}
    well.conn.execute("UPDATE sync_gaps SET is_expected = false, closed_at = now()")
    assert well.alerts() == {"provisional_age": "warning"}
    assert (well.health()["open_gaps"], well.health()["provisional_instances"]) == (0, 1)


def test_what_its_owner_called_expected_stays_so_while_it_is_refused_for_good(well: MonitoredCase) -> None:
    well.gap(code=12702)
    assert set(well.alerts()) == {"open_gaps"}
    well.conn.execute("UPDATE sync_gaps SET is_expected = true")
    well.gap(code=12702)
    assert well.alerts() == {}
    well.conn.execute("UPDATE sync_gaps SET code = 300")
    well.gap(code=12702)
    assert set(well.alerts()) == {"open_gaps"}
    well.conn.execute("UPDATE sync_gaps SET is_expected = true")
    well.gap(code=12702, recheck=1)
    assert set(well.alerts()) == {"open_gaps"}, "it will be asked again"
    well.conn.execute("UPDATE sync_gaps SET is_expected = true, closed_at = now()")
    well.gap(code=12702)
    assert set(well.alerts()) == {"open_gaps"}, "it was there in between"
