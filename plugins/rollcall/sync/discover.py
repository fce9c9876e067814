"""Discover: open the run, find webinars and past instances, queue what is to be read."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from rollcall.errors import SourceError, Unavailable
from rollcall.sources.zoom.endpoints import WEBINAR
from rollcall.store import gaps, queue, runs, webinars
from rollcall.store.runs import Run
from rollcall.sync.account import Account
from rollcall.sync.history import Found, add_past_instances, discover_account
from rollcall.sync.opening import WantedRun, open_or_find
from rollcall.sync.refusals import log_source_error, record_gap
from rollcall.sync.request import SyncRequest


@dataclass(frozen=True)
class Discovered:
    """Counts of what was found and chosen, and how many workers it is worth."""

    webinars: int
    instances: int
    workers: int


def open_run(conn: psycopg.Connection, request: SyncRequest, dag_id: str, dag_run_id: str) -> int | Run:
    """Open the run and return its id, or return the run that is in the way."""
    wanted = WantedRun(
        source="zoom",
        connection_id=request.connection.id,
        connection=request.connection.name,
        mode=request.mode,
        window_from=request.window_from,
        window_to=request.window_to,
        fetch_workers=request.fetch_workers,
        webinar_ids=request.webinar_ids,
    )
    return open_or_find(conn, wanted, dag_id, dag_run_id)


def discover(account: Account) -> Discovered:
    """Find and queue what the run asks for. Safe to run again: nothing is queued twice.

    Raises RunClosed when the run was ended or taken up by another task meanwhile.
    """
    run, conn = account.run, account.conn
    runs.set_phase(conn, run.id, "discover", "Looking for webinars and past instances")
    try:
        found = _find(account)
    except SourceError as error:
        log_source_error(conn, run.id, "discovery", error, ended_task=True)
        raise
    with conn.transaction():
        runs.hold(conn, run)
        webinars.upsert_webinars(conn, run.connection_id, list(found.webinars.values()), is_detail=False)
        webinars.upsert_instances(conn, run.connection_id, list(found.instances.values()), is_detail=True)
        only_listed = [record for uuid, record in found.listed.items() if uuid not in found.instances]
        webinars.upsert_instances(conn, run.connection_id, only_listed, is_detail=False)
        gaps.expect_unknown_webinars(conn, run.id)
        chosen = queue.choose_instances(
            conn, run.connection_id, run.mode, run.window_from, run.window_to, run.webinar_ids
        )
        queue.enqueue_participants(conn, run.id, chosen)
        queue.enqueue_webinar_lists(
            conn, run.id, "webinar", queue.choose_webinars(conn, run.id, sorted(found.alive))
        )
        runs.note_found(
            conn,
            run.id,
            webinars=len(found.webinars),
            instances=len(found.instances.keys() | found.listed.keys()),
        )
    items = queue.items_waiting(conn, run.id)
    runs.log_activity(
        conn,
        run.id,
        f"Found {len(found.webinars)} webinars; reading the attendance of {len(chosen)} instances",
    )
    runs.set_phase(conn, run.id, "fetch", f"Fetching {items} lists")
    return Discovered(len(found.webinars), len(chosen), min(run.fetch_workers, items))


def _find(account: Account) -> Found:
    run = account.run
    if run.mode == "webinars":
        return _asked(account)
    return discover_account(account, run.window_from, run.window_to or run.started_at)


def _asked(account: Account) -> Found:
    """The webinars that a person named, each as far as Zoom or an earlier run knows it."""
    ids = account.run.webinar_ids or []
    found = Found(webinars={number: {"zoom_webinar_id": number} for number in ids})
    add_past_instances(account, found, ids)
    answered = {record["zoom_webinar_id"] for record in found.listed.values()}
    known = webinars.stored_webinars(account.conn, account.run.connection_id)
    for number in ids:
        if number not in answered | known and not _exists(account, number):
            del found.webinars[number]
        account.show_progress()
    return found


def _exists(account: Account, number: int) -> bool:
    try:
        account.client.get(WEBINAR, str(number))
    except Unavailable as refused:
        # An expired id is nothing to worry about; one that a person asked for and nobody knows is.
        record_gap(account.conn, account.run_id, "webinar", str(number), refused, expected=False)
        return False
    return True
