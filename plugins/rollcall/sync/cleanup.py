"""Clean up: bookkeeping that is old enough goes, in steps, each a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg

from rollcall.store import maintenance
from rollcall.store.maintenance import CleanedTable

STEP_ROWS = 50_000
"""About a second of work: what a step has locked is free again soon."""


def clean_up(
    conn: psycopg.Connection,
    days: int | None,
    *,
    dry_run: bool,
    on_step: Callable[[int], None] = lambda _deleted: None,
    step_rows: int = STEP_ROWS,
) -> list[CleanedTable]:
    """Delete what is older than `days` (None: than the stored settings); returns a summary for each table.

    `conn` must be in autocommit mode. `on_step` hears after each step how many rows are gone so far. A dry run only
    counts. Rows that somebody else has locked are left: `is_complete` tells.
    """
    if dry_run:
        return maintenance.clean(conn, days, dry_run=True, max_rows=None)
    summary: dict[str, CleanedTable] = {}
    total = 0
    while True:
        step = maintenance.clean(conn, days, dry_run=False, max_rows=step_rows)
        for table in step:
            before = summary.get(table.table_name)
            summary[table.table_name] = table if before is None else _add(before, table)
        deleted = sum(table.rows_deleted for table in step)
        total += deleted
        if deleted:
            on_step(total)
        if not deleted or all(table.is_complete for table in step):
            return list(summary.values())


def _add(before: CleanedTable, step: CleanedTable) -> CleanedTable:
    deleted = before.rows_deleted + step.rows_deleted
    return replace(
        step,
        # More may have grown old on the way.
        rows_found=max(before.rows_found, before.rows_deleted + step.rows_found),
        rows_deleted=deleted,
    )
