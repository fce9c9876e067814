"""Reads the invitees of one meeting: all pages first, then one transaction."""

from __future__ import annotations

from typing import Any

from rollcall.sources.calendly.endpoints import INVITEES, describe
from rollcall.sources.calendly.records import invitee_record
from rollcall.store import gaps, meetings, queue, runs
from rollcall.sync.calendly.account import CalendlyAccount
from rollcall.sync.calendly.whole_list import whole_list
from rollcall.sync.refusals import log_unreadable


def read_invitees(account: CalendlyAccount, item: queue.Item) -> None:
    """Store the invitees of the item's meeting and end its lease in the same transaction.

    Raises DataFault where Calendly does not serve them, another SourceError, Parked, or RunClosed.
    """
    if item.meeting_id is None or item.meeting_uri is None:
        raise ValueError(f"queue item {item.item_id} has no meeting")
    before = account.client.calls
    version = meetings.read_version(account.conn, item.meeting_id)
    records = _all_pages(account, item.meeting_uri)
    with account.conn.transaction():
        meetings.upsert_invitees(account.conn, records, via_webhook=False)
        meetings.note_read(account.conn, item.meeting_id, version)
        queue.advance(account.conn, item, next_page_token="", rows=len(records))
        queue.settle(account.conn, item, "done")
        gaps.close_gap(account.conn, account.run_id, item.kind, item.subject)
    runs.note_calls(account.conn, account.run_id, account.client.calls - before)


def _all_pages(account: CalendlyAccount, uri: str) -> list[dict[str, Any]]:
    found = whole_list(account.client, INVITEES, uri)
    records = [record for record in map(invitee_record, found) if record]
    what = describe(INVITEES, uri, {})
    log_unreadable(account.conn, account.run_id, what, len(found) - len(records), len(found))
    return [{**record, "event_uri": uri} for record in records]
