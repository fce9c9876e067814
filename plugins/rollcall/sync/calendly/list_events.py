"""Discover for Calendly: list the window slice by slice, see what is missing, queue the invitees to read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.errors import DataFault, ScopeMissing, ServerFault, SourceError, Unavailable
from rollcall.sources.calendly.endpoints import EVENT, EVENTS, time_param
from rollcall.sources.calendly.records import event_record
from rollcall.store import gaps, meetings, queue, runs, webhooks
from rollcall.store.users import note_user_standing
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.deliveries import apply_waiting
from rollcall.sync.calendly.standing import Standing, ask_standing
from rollcall.sync.calendly.webhook_subscriptions import refresh_subscriptions
from rollcall.sync.calendly.whole_list import whole_list
from rollcall.sync.dates import months_from
from rollcall.sync.fetch import FAILURES_IN_A_ROW
from rollcall.sync.refusals import log_source_error, log_unreadable, record_gap

log = logging.getLogger(__name__)

RECENT = timedelta(days=7)
"""For so long after a meeting its invitees are read each time: no-shows and payments come in without a mark."""

_EDGE = timedelta(seconds=1)  # whether Calendly's bounds are inclusive is not documented
_NAMES = {"full": "FULL SYNC", "incremental": "INCREMENTAL SYNC", "date_range": "DATE RANGE SYNC"}


@dataclass(frozen=True)
class Listed:
    """How many lists of invitees are queued, and how many workers they are worth."""

    items: int
    workers: int


def list_events(account: CalendlyAccount) -> Listed:
    """List, mark, queue. Safe to run again: slices that are booked are not listed again."""
    run, conn = account.run, account.conn
    window_from, window_to = _window(account)
    runs.set_phase(conn, run.id, "discover", "Listing scheduled events")
    _say(account, f"{_NAMES[run.mode]}: {window_from:%Y-%m-%d %H:%M} to {window_to:%Y-%m-%d %H:%M} UTC")
    apply_waiting(conn, account.user.id)
    try:
        standing = ask_standing(account.client)
        _look_at_webhooks(account)
        booked = meetings.booked_slices(conn, run.id)
        for slice_from, slice_to in slices(window_from, window_to):
            if slice_from not in booked:
                _list_slice(account, standing, slice_from, slice_to)
        gaps.close_gaps_of_listed(conn, run.id)
        _confirm_missing(account, standing)
        note_user_standing(
            conn,
            account.user.id,
            user_uri=standing.user_uri,
            organization_uri=standing.organization_uri,
            role=standing.role,
        )
    except SourceError as error:
        log_source_error(conn, run.id, "scheduled events", error, ended_task=True)
        raise
    finally:
        runs.note_calls(conn, run.id, account.client.calls)
    meetings.enqueue_invitees(conn, run.id, RECENT)
    items = queue.items_waiting(conn, run.id)
    runs.set_phase(conn, run.id, "fetch", f"Reading {items} lists of invitees")
    return Listed(items, min(run.fetch_workers, items))


def slices(window_from: datetime, window_to: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The window in months: short listings, because page tokens live for seconds and rows shift while people book."""
    start, number = window_from, 0
    while start < window_to:
        number += 1
        end = min(months_from(window_from, number), window_to)
        yield start, end
        start = end


def _list_slice(
    account: CalendlyAccount, standing: Standing, slice_from: datetime, slice_to: datetime
) -> None:
    records = _listed(account, standing, slice_from, slice_to)
    with account.conn.transaction():
        runs.hold(account.conn, account.run)
        outcome = meetings.upsert_meetings(account.conn, account.user.id, records, via_webhook=False)
        meetings.book_slice(
            account.conn, account.run_id, slice_from, slice_to, [record["uri"] for record in records]
        )
        runs.add_meetings(account.conn, account.run_id, outcome.counts, canceled=outcome.canceled)
    account.show_progress()


def _listed(
    account: CalendlyAccount, standing: Standing, slice_from: datetime, slice_to: datetime
) -> list[dict[str, Any]]:
    """All events of the slice, each once."""
    params = {
        "min_start_time": time_param(slice_from - _EDGE),
        "max_start_time": time_param(slice_to + _EDGE),
        "sort": "start_time:asc",
    }
    if account.user.calendly_scope == "organization":
        params["organization"] = standing.organization_uri
    else:
        params["user"] = standing.user_uri
    found = whole_list(account.client, EVENTS, **params)
    readable = [record for record in map(event_record, found) if record]
    log_unreadable(account.conn, account.run_id, "scheduled events", len(found) - len(readable), len(found))
    records = {record["uri"]: record for record in readable}
    return [record for record in records.values() if _is_within(record, slice_from, slice_to)]


def _is_within(record: dict[str, Any], slice_from: datetime, slice_to: datetime) -> bool:
    """Whether the event belongs to this slice rather than to its neighbour, whose edge was asked for as well."""
    start = record["start_time"]
    return start is None or slice_from <= datetime.fromisoformat(start) < slice_to


def _confirm_missing(account: CalendlyAccount, standing: Standing) -> None:
    """Ask for each stored meeting that its slice lacked; mark it only where Calendly itself says that it is gone."""
    failed = 0
    for meeting_id, uri in _lacking(account, standing):
        try:
            _confirm(account, meeting_id, uri)
            failed = 0
        except (DataFault, ServerFault) as unclear:
            failed = failed + 1 if isinstance(unclear, ServerFault) else 0
            if failed >= FAILURES_IN_A_ROW:
                raise
            record_gap(account.conn, account.run_id, "meeting", _event_id(uri), unclear)
        account.show_progress()


def _lacking(account: CalendlyAccount, standing: Standing) -> list[tuple[int, str]]:
    """Id and URI of what is worth asking for: nothing where others than before may be listed."""
    user = account.user
    lacking = meetings.not_listed(account.conn, account.run_id)
    known = (user.calendly_user_uri, user.calendly_organization_uri, user.calendly_role)
    if not lacking or known == (standing.user_uri, standing.organization_uri, standing.role):
        return lacking
    _say(
        account,
        f"The user's role or organization has changed: {len(lacking)} meetings that are no longer listed are "
        "not taken for missing; the next sync asks again",
    )
    return []


def _confirm(account: CalendlyAccount, meeting_id: int, uri: str) -> None:
    """Store the event as it is, or mark its meeting. Raises DataFault or ServerFault where Calendly tells neither."""
    conn, run_id = account.conn, account.run_id
    try:
        found = event_record(account.client.get(EVENT, uri))
    except Unavailable as refused:
        with conn.transaction():
            runs.hold(conn, account.run)
            if meetings.mark_missing(conn, meeting_id, "gone" if refused.status == 404 else "no_access"):
                runs.add_meetings(conn, run_id, {"missing": 1})
            # That it is missing says it all.
            for kind in ("meeting", "invitees"):
                gaps.close_gap(conn, run_id, kind, _event_id(uri))
        return
    with conn.transaction():
        runs.hold(conn, account.run)
        records = [found] if found else []
        outcome = meetings.upsert_meetings(conn, account.user.id, records, via_webhook=False)
        runs.add_meetings(conn, run_id, outcome.counts, canceled=outcome.canceled)
        gaps.close_gap(conn, run_id, "meeting", _event_id(uri))


def _event_id(uri: str) -> str:
    return uri.rsplit("/", 1)[-1]


def _look_at_webhooks(account: CalendlyAccount) -> None:
    """Ask how the user's webhook subscriptions are: Calendly tells nobody when it gives up on one."""
    conn, run_id = account.conn, account.run_id
    if not webhooks.subscriptions_of(conn, account.user.id):
        return
    try:
        known = refresh_subscriptions(conn, account.client, account.user)
    except (ScopeMissing, DataFault) as refused:
        log_source_error(conn, run_id, "webhook subscriptions", refused)
        return
    if any(each.state == "disabled" for each in known) and not any(each.state == "active" for each in known):
        _say(
            account,
            "The webhook subscription is disabled: bookings come with syncs only. "
            "`rollcall calendly webhook create` replaces it",
        )


def _say(account: CalendlyAccount, sentence: str) -> None:
    log.info(sentence)
    runs.log_activity(account.conn, account.run_id, sentence)


def _window(account: CalendlyAccount) -> tuple[datetime, datetime]:
    run = account.run
    if run.window_from is None or run.window_to is None:
        raise ValueError(f"run {run.id} has no window")
    return run.window_from.astimezone(UTC), run.window_to.astimezone(UTC)
