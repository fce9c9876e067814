"""Check: what is wrong with the runs, the database and the sync itself, as findings for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg

from rollcall.store import maintenance
from rollcall.store.users import read_users

CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to know, as a sentence with what to do; `severity` is critical or warning. Nothing personal."""

    severity: str
    sentence: str


def check_stale(conn: psycopg.Connection, after: timedelta, *, dry_run: bool) -> list[Finding]:
    """Close runs without a sign of life for so long; in a dry run, only tell which. Raises nothing of its own."""
    if not dry_run:
        found = [
            Finding(WARNING, f"Run {run.run_id} of {run.connection_name}: {run.message}")
            for run in maintenance.close_stale_runs(conn, after)
        ]
    else:
        found = [
            Finding(
                CRITICAL,
                f"Run {run.run_id} of {run.connection_name}: Airflow run {run.airflow_run_id} has given no sign of "
                f"life for {_whole_seconds(run.silent_for)}. Trigger again without dry_run to close it.",
            )
            for run in maintenance.find_stale_runs(conn, after)
        ]
    return _users_by_id(conn, found)


def check_health(conn: psycopg.Connection) -> list[Finding]:
    """Every health check that is not ok."""
    found = [
        Finding(check.status, " ".join(filter(None, (f"{check.check_name}: {check.detail}", check.hint))))
        for check in maintenance.run_health_checks(conn)
        if check.status != "ok"
    ]
    return _users_by_id(conn, found)


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


def _users_by_id(conn: psycopg.Connection, findings: list[Finding]) -> list[Finding]:
    """The findings with Calendly users named by id, which commands take as well: they go into logs and XComs, where
    e-mails have no place."""
    # The longest first, since one may be the end of another.
    for user in sorted(read_users(conn), key=lambda user: len(user.email), reverse=True):
        for name in {user.email, user.email.replace("'", "''")}:
            findings = [
                replace(
                    finding,
                    sentence=finding.sentence.replace(f"{name}:", f"Calendly user {user.id}:").replace(
                        name, str(user.id)
                    ),
                )
                for finding in findings
            ]
    return findings


def _whole_seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
