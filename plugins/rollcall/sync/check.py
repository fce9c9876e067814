"""Check: what is wrong with the runs, the database and the sync itself, as findings for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import psycopg

from rollcall.store import maintenance

CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to know, as a sentence with what to do; `severity` is critical or warning. Nothing personal."""

    severity: str
    sentence: str


def check_stale(conn: psycopg.Connection, after: timedelta, *, dry_run: bool) -> list[Finding]:
    """Close runs without a sign of life for so long; in a dry run, only tell which. Raises nothing of its own."""
    if not dry_run:
        return [
            Finding(WARNING, f"Run {run.run_id} of {run.connection_name}: {run.message}")
            for run in maintenance.close_stale_runs(conn, after)
        ]
    return [
        Finding(
            CRITICAL,
            f"Run {run.run_id} of {run.connection_name} (Airflow run {run.airflow_run_id}) has given no sign of life "
            f"for {_whole_seconds(run.silent_for)}: trigger again without dry_run to close it.",
        )
        for run in maintenance.find_stale_runs(conn, after)
    ]


def check_health(conn: psycopg.Connection) -> list[Finding]:
    """Every health check that is not ok."""
    return [
        Finding(check.status, " ".join(filter(None, (f"{check.check_name}: {check.detail}", check.hint))))
        for check in maintenance.run_health_checks(conn)
        if check.status != "ok"
    ]


def check_process(conn: psycopg.Connection) -> list[Finding]:
    """Every case of the self-test that failed."""
    return [
        Finding(
            CRITICAL,
            f"Self-test {result.test_name} failed: expected {result.expected!r}, came out {result.actual!r}. "
            "Is the schema current (rollcall migrate verify)? Else please report it.",
        )
        for result in maintenance.run_self_test(conn)
        if not result.passed
    ]


def _whole_seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
