"""Summary, report, dashboard document, metrics and gaps: right numbers, and an answer on an empty database."""

from __future__ import annotations

import re
from decimal import Decimal

import psycopg
import pytest

from rollcall.store import runs
from tests.sql.attendance_case import add_connection
from tests.sql.calendly_users import add_user
from tests.sql.monitored_case import MonitoredCase


@pytest.fixture
def well(db: psycopg.Connection) -> MonitoredCase:
    return MonitoredCase(db)


def figures(case: MonitoredCase, function: str, name: str | None = "case") -> dict[tuple[str, str], Decimal]:
    rows = case.rows(f"SELECT section, metric, value FROM {function}(%s)", name)  # noqa: S608
    return {(row["section"], row["metric"]): row["value"] for row in rows}


def test_the_summary_counts_runs_and_rows(well: MonitoredCase) -> None:
    well.fail()
    runs.close_run(well.conn, well.open_run(), "cancelled")
    found = figures(well, "get_sync_summary")
    assert found["runs", "started"] == 3
    assert {found["runs", status] for status in ("completed", "failed", "cancelled")} == {1}
    assert found["runs", "success_rate"] == 50
    assert found["rows", "fetched"] == found["rows", "sessions_inserted"] == 1


def test_what_the_summary_warns_of_has_happened(well: MonitoredCase) -> None:
    query = (
        "SELECT section, metric, verdict FROM get_sync_summary('case') WHERE verdict NOT IN ('ok', 'info')"
    )
    assert well.rows(query) == []
    well.fail()
    well.gap()
    warned = {(row["section"], row["metric"]) for row in well.rows(query)}
    assert {("runs", "failed"), ("gaps", "open")} <= warned


def test_each_hour_counts_its_runs_by_how_they_ended(well: MonitoredCase) -> None:
    well.fail()
    well.fail()
    well.gap()
    runs.close_run(well.conn, well.open_run(), "cancelled")
    well.open_run()
    found = well.rows("SELECT * FROM sync_monitoring_metrics")
    counts = ("started", "completed", "with_gaps", "failed", "cancelled", "active")
    assert [sum(hour[f"runs_{count}"] for hour in found) for count in counts] == [6, 1, 1, 2, 1, 1]


def test_days_and_summary_take_durations_and_rates_of_the_runs_that_ended_by_themselves(
    well: MonitoredCase,
) -> None:
    well.fail()
    well.gap()
    runs.close_run(well.conn, well.open_run("delta"), "cancelled")
    lasted = {"completed": 60, "completed_with_gaps": 120, "failed": 3600, "cancelled": 7200}
    for status, seconds in lasted.items():
        well.conn.execute(
            "UPDATE sync_runs SET started_at = date_trunc('day', now(), 'UTC'),"
            " finished_at = date_trunc('day', now(), 'UTC') + make_interval(secs => %s) WHERE status = %s",
            (seconds, status),
        )
    full, delta = well.rows("SELECT * FROM sync_performance_analytics ORDER BY mode DESC")
    assert (full["mode"], full["runs"], full["success_rate"], full["rows_fetched"]) == ("full", 1, 100, 1)
    counts = ("runs", "succeeded", "failed", "cancelled", "success_rate")
    assert [delta[count] for count in counts] == [3, 1, 1, 1, 50]
    for which in ("average", "median", "longest"):
        assert delta[f"{which}_duration"].total_seconds() == 120
    found = figures(well, "generate_sync_report")
    durations = [found["runs", f"{which}_duration"] for which in ("average", "median", "longest")]
    assert durations == [90, 90, 120]
    assert found["runs", "success_rate"] == Decimal("66.7")


def test_a_connection_of_another_source_with_the_same_id_is_another(well: MonitoredCase) -> None:
    user_id = add_user(well.conn)
    assert user_id == well.connection_id
    assert figures(well, "get_sync_summary", "U@example.test")["runs", "started"] == 0
    health = well.rows("SELECT * FROM get_sync_health_status('U@example.test')")
    assert [(each["status"], each["last_success_at"], each["open_gaps"]) for each in health] == [
        ("unknown", None, 0)
    ]


def test_the_window_is_kept(well: MonitoredCase) -> None:
    well.age("sync_runs", "started_at", "2 days")
    assert figures(well, "get_sync_summary")["runs", "started"] == 0
    assert figures(well, "generate_sync_report")["runs", "started"] == 1


def test_a_connection_is_known_by_its_id_unless_another_has_it_for_a_name(well: MonitoredCase) -> None:
    asked = str(well.connection_id)
    assert figures(well, "get_sync_summary", asked)["runs", "started"] == 1
    add_connection(well.conn, asked, account="another")
    assert figures(well, "get_sync_summary", asked)["runs", "started"] == 0


def test_the_report_explains(well: MonitoredCase) -> None:
    run_id = well.open_run()
    for code, times in (("502", 3), ("503", 1)):
        for _ in range(times):
            runs.log_error(
                well.conn,
                run_id,
                kind="server_error",
                code=code,
                subject="x",
                message=f"It's 100% {code}",
                context={},
            )
    runs.finish_run(well.conn, run_id, error_kind=None, error_message=None)
    well.gap()
    rows = well.rows("SELECT * FROM generate_sync_report('case')")
    by_metric = {(row["section"], row["metric"]): row for row in rows}
    errors = by_metric["errors", "server_error"]
    assert errors["value"] == 4
    assert "3 times, code 502: It's 100% 502" in errors["detail"]
    assert by_metric["slowest instances", "uuid-of-the-instance"]["value"] is not None
    assert by_metric["completeness", "rows agrees"]["value"] == 1
    assert by_metric["gaps", "participants"]["verdict"] == "warning"
    assert {row["verdict"] for row in rows} <= {"ok", "warning", "critical", "info"}


@pytest.mark.parametrize("function", ["get_sync_summary", "generate_sync_report"])
class TestBoth:
    def test_a_window_that_ends_before_it_begins_is_refused(self, well: MonitoredCase, function: str) -> None:
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="exchange them"):
            well.conn.execute(f"SELECT * FROM {function}('case', now(), now() - interval '1 day')".encode())  # noqa: S608

    def test_open_bounds_take_all_runs(self, well: MonitoredCase, function: str) -> None:
        well.age("sync_runs", "started_at", "900 days")
        query = f"SELECT value FROM {function}('case', NULL, NULL) WHERE metric = 'started'"  # noqa: S608
        assert well.conn.execute(query.encode()).fetchone() == (1,)

    @pytest.mark.parametrize(
        "window", ["'-infinity', 'infinity'", "'-infinity', now()", "'0001-01-01', '200000-01-01'"]
    )
    def test_a_window_may_be_as_wide_as_time(self, well: MonitoredCase, function: str, window: str) -> None:
        query = f"SELECT metric, value FROM {function}('case', {window})"  # noqa: S608
        assert ("started", 1) in well.conn.execute(query.encode()).fetchall()

    def test_an_unknown_connection_gets_one_row_that_says_so(
        self, db: psycopg.Connection, function: str
    ) -> None:
        rows = db.execute(f"SELECT metric, detail FROM {function}('it''s 100%')".encode()).fetchall()  # noqa: S608
        ((metric, detail),) = rows
        assert metric == "it's 100%"
        assert "There is no connection" in detail

    def test_an_empty_database_has_figures_of_nothing(self, db: psycopg.Connection, function: str) -> None:
        db.execute("SET ROLE rollcall_monitor")
        rows = db.execute(f"SELECT value FROM {function}() WHERE section = 'rows'".encode()).fetchall()  # noqa: S608
        assert {value for (value,) in rows} == {0}


def test_the_dashboards_document_is_whole_on_an_empty_database(db: psycopg.Connection) -> None:
    (document,) = db.execute("SELECT data FROM sync_monitoring_component_data").fetchall()[0]
    lists = ("connections", "live_runs", "alerts", "recent_runs", "hourly")
    assert {name: document[name] for name in lists} == {name: [] for name in lists}
    assert document["totals"]["connections"] == document["totals"]["rows_fetched"] == 0


def test_the_dashboards_document_shows_what_there_is(well: MonitoredCase) -> None:
    well.fail()
    run_id = well.open_run()
    (document,) = well.conn.execute("SELECT data FROM sync_monitoring_component_data").fetchall()[0]
    assert [run["run_id"] for run in document["live_runs"]] == [run_id]
    verdicts = ("connections", "healthy", "warning", "critical", "unknown", "live_runs", "runs_ended")
    assert [document["totals"][verdict] for verdict in verdicts] == [1, 0, 1, 0, 0, 1, 2]
    assert [run["status"] for run in document["recent_runs"]] == ["running", "failed", "completed"]
    assert [alert["condition"] for alert in document["alerts"]] == ["last_run_failed"]
    assert sum(hour["runs_started"] for hour in document["hourly"]) == 3
    assert document["totals"]["warning"] == 1


def test_known_gaps_say_what_becomes_of_them(well: MonitoredCase) -> None:
    well.gap(code=12702)
    well.gap(code=3001, recheck=12)
    well.gap(code=200, expected=True, recheck=168)
    well.conn.execute("UPDATE sync_gaps SET closed_at = now(), recheck_at = NULL WHERE code = 200")
    found = {row["code"]: row for row in well.rows("SELECT * FROM sync_known_gaps")}
    assert [found[code]["is_open"] for code in (12702, 3001, 200)] == [True, True, False]
    assert [found[code]["will_be_asked_again"] for code in (12702, 3001, 200)] == [False, True, False]
    assert "too old" in found[12702]["action"]


SAMPLE = re.compile(r'^(\w+)\{((?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (-?\d+(?:\.\d+)?)$')


def test_the_metrics_are_openmetrics(well: MonitoredCase) -> None:
    well.fail()
    found = well.conn.execute("SELECT sync_openmetrics()").fetchone()
    assert found is not None
    text: str = found[0]
    assert text.endswith("\n# EOF\n")
    families: dict[str, str] = {}
    family = ""
    seen = set()
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in families, "the lines of a family stand together"
            families[family] = kind
        elif line.startswith("# UNIT "):
            _, _, name, unit = line.split(" ")
            assert name == family
            assert name.endswith(f"_{unit}")
        elif line.startswith("# HELP "):
            assert line.split(" ")[2] == family
        else:
            sample = SAMPLE.match(line)
            assert sample, line
            assert sample[1] == family + ("_total" if families[family] == "counter" else "")
            assert (sample[1], sample[2]) not in seen
            seen.add((sample[1], sample[2]))
    assert 'rollcall_runs_total{source="zoom",connection="case",status="failed"} 1' in text.splitlines()


def test_counters_do_not_go_down_when_runs_are_cleaned_up(well: MonitoredCase) -> None:
    query = "SELECT sum(runs) FROM sync_run_totals"
    well.fail()
    before = well.conn.execute(query).fetchone()
    well.conn.execute("DELETE FROM sync_runs WHERE status = 'failed'")
    assert well.conn.execute(query).fetchone() == before == (2,)


def test_an_empty_database_has_metrics_too(db: psycopg.Connection) -> None:
    found = db.execute("SELECT sync_openmetrics()").fetchone()
    assert found is not None
    assert found[0].endswith("# EOF\n")
