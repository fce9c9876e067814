"""The tasks of sync_maintenance as plain functions: from Airflow's context to a use case and back to findings."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from rollcall.airflow.database import connect
from rollcall.airflow.params import MAINTENANCE_PARAMS
from rollcall.airflow.task_rules import Context, as_sentences, check_trigger, failed_task
from rollcall.store.migrate import check_schema
from rollcall.sync.check import CRITICAL, Finding, check_health, check_process, check_stale
from rollcall.sync.cleanup import clean_up

log = logging.getLogger(__name__)

Findings = list[dict[str, str]]
"""What XCom carries: severity and sentence of each finding."""


def check_stale_task(context: Context) -> Findings:
    """Close runs without a sign of life, or tell which in a dry run."""
    params = context["params"]
    with as_sentences(), closing(connect()) as conn:
        check_trigger(context, "maintenance runs", MAINTENANCE_PARAMS)
        check_schema(conn)
        after = timedelta(minutes=params["stale_after_minutes"])
        return _told(check_stale(conn, after, dry_run=params["dry_run"]))


def clean_up_task(context: Context) -> None:
    """Delete old bookkeeping, or count it in a dry run; the log has a line for each table."""
    params = context["params"]
    if not params["cleanup"]:
        raise AirflowSkipException("No cleanup was asked for.")
    with as_sentences(), closing(connect()) as conn:
        tables = clean_up(
            conn,
            params["keep_days"],
            dry_run=params["dry_run"],
            on_step=lambda deleted: log.info("Deleted %s rows so far", deleted),
        )
    for table in tables:
        kept = "for ever" if table.kept_since is None else f"since {table.kept_since:%Y-%m-%d}"
        if params["dry_run"]:
            log.info("%s: %s rows would be deleted (kept %s)", table.table_name, table.rows_found, kept)
        else:
            log.info(
                "%s: %s of %s old rows deleted (kept %s)",
                table.table_name,
                table.rows_deleted,
                table.rows_found,
                kept,
            )


def check_health_task() -> Findings:
    """Run the health checks."""
    with as_sentences(), closing(connect()) as conn:
        return _told(check_health(conn))


def check_process_task(context: Context) -> Findings:
    """Try the sync itself on invented people."""
    if not context["params"]["self_test"]:
        raise AirflowSkipException("No self-test was asked for.")
    with as_sentences(), closing(connect()) as conn:
        return _told(check_process(conn))


def finish_task(context: Context, found: Iterable[Findings | None]) -> str:
    """Sum up. Fails with the critical findings as its message, or because a task before it failed."""
    findings = [Finding(**each) for one in found for each in one or ()]
    critical = [finding.sentence for finding in findings if finding.severity == CRITICAL]
    if critical:
        raise AirflowFailException("\n".join([f"Critical ({len(critical)}):", *critical]))
    if failed := failed_task(context):
        raise AirflowFailException(f"Task {failed} failed: its log says why.")
    summary = f"Nothing critical; {len(findings)} to look at" if findings else "All is well"
    log.info("%s", summary)
    return summary


def _told(findings: list[Finding]) -> Findings:
    for finding in findings:
        log.log(logging.ERROR if finding.severity == CRITICAL else logging.WARNING, "%s", finding.sentence)
    if not findings:
        log.info("Nothing to say: all is well")
    return [asdict(finding) for finding in findings]
