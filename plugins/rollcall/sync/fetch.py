"""Fetch: a worker takes lists from the queue under leases and stores them page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import psycopg

from rollcall.errors import DataFault, Parked, RunClosed, ScopeMissing, ServerFault, SourceError
from rollcall.store import queue, runs
from rollcall.sync.refusals import log_source_error, record_gap
from rollcall.sync.run_session import RunSession

_TooLong = psycopg.errors.ProgramLimitExceeded  # an id that no index takes

Session = TypeVar("Session", bound=RunSession)

FAILURES_IN_A_ROW = 3
"""After so many items the source is down, not the item bad."""


def fetch(account: Session, worker: str, lists: Mapping[str, Callable[[Session, queue.Item], None]]) -> int:
    """Read lists until none is left for this worker, each as `lists` says for its kind; returns how many.

    One bad item never stops the others: it becomes a gap. Raises Parked when a limit of the day is reached, a
    SourceError when the source as a whole fails, RunClosed when the run was ended elsewhere; the item in hand is
    given back first, with what it has. One that another worker took over is left to that.
    """
    with account.conn.transaction():
        runs.hold(account.conn, account.run)
        queue.release_worker(account.conn, account.run_id, worker)
    runs.set_phase(account.conn, account.run_id, "fetch", "Fetching")
    done = 0
    failed: list[queue.Item] = []
    while (item := queue.lease(account.conn, account.run_id, worker)) is not None:
        account.item = item
        try:
            failed = _read(account, item, lists, failed)
        except RunClosed:
            # Raises it again, unless only this lease is gone: a worker that slept for minutes takes what is left.
            runs.hold(account.conn, account.run)
        finally:
            account.item = None
        done += 1
        account.show_progress()
    return done


def _read(
    account: Session,
    item: queue.Item,
    lists: Mapping[str, Callable[[Session, queue.Item], None]],
    failed: list[queue.Item],
) -> list[queue.Item]:
    """Read a list. Returns the items that failed in a row up to it; `failed` are those before it."""
    try:
        lists[item.kind](account, item)
    except (DataFault, ScopeMissing, ServerFault) as error:
        failed = [*failed, item] if isinstance(error, ServerFault) else []
        if _is_source_down(failed):
            _give_back(account, item, error)
            queue.requeue(account.conn, account.run_id, [one.item_id for one in failed])
            raise
        _make_gap(account, item, error)
        return failed
    except (psycopg.DataError, _TooLong) as error:
        why = f"{item.kind} of {item.subject} can't be stored ({type(error).__name__})"
        _make_gap(account, item, DataFault(f"{why}: the next sync tries again; report it if this stays so."))
        return failed
    except (SourceError, Parked) as error:
        _give_back(account, item, error)
        raise
    return []


def _is_source_down(failed: list[queue.Item]) -> bool:
    """Whether so many failures in a row are the source's. The registrants of one webinar are three lists."""
    things = {(item.kind, item.webinar_id, item.instance_id, item.meeting_id) for item in failed}
    return len(failed) >= FAILURES_IN_A_ROW and len(things) > 1


def _make_gap(account: RunSession, item: queue.Item, error: SourceError) -> None:
    with account.conn.transaction():
        record_gap(account.conn, account.run_id, item.kind, item.subject, error)
        queue.settle(account.conn, item, "gap")


def _give_back(account: RunSession, item: queue.Item, error: SourceError | Parked) -> None:
    with account.conn.transaction():
        if isinstance(error, SourceError):
            subject = f"{item.kind} {item.subject}"
            log_source_error(account.conn, account.run_id, subject, error, ended_task=True)
        queue.settle(account.conn, item, "queued")
