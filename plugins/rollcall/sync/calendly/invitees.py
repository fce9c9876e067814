"""Reads the invitees of one meeting: all pages first, then one transaction."""

from __future__ import annotations

from typing import Any

from rollcall.errors import PageTokenExpired, PageTokenRepeated
from rollcall.sources.calendly.endpoints import INVITEES
from rollcall.sources.calendly.records import invitee_record
from rollcall.store import meetings, queue, runs
from rollcall.sync.calendly.account import CalendlyAccount

_TRIES = 3  # of a list whose page token died or came twice


def read_invitees(account: CalendlyAccount, item: queue.Item) -> None:
    """Store the invitees of the item's meeting and end its lease in the same transaction.

    Raises DataFault where Calendly does not serve them, another SourceError, Parked, or RunClosed.
    """
    if item.meeting_id is None or item.meeting_uri is None:
        raise ValueError(f"queue item {item.item_id} has no meeting")
    before = account.client.calls
    records = _all_pages(account, item.meeting_uri)
    with account.conn.transaction():
        meetings.upsert_invitees(account.conn, records, via_webhook=False)
        meetings.note_read(account.conn, item.meeting_id)
        queue.advance(account.conn, item, next_page_token="", rows=len(records))
        queue.settle(account.conn, item, "done")
        runs.close_gap(account.conn, account.run_id, item.kind, item.subject)
    runs.note_calls(account.conn, account.run_id, account.client.calls - before)


def _all_pages(account: CalendlyAccount, uri: str) -> list[dict[str, Any]]:
    for attempt in range(1, _TRIES + 1):
        try:
            found = [page.rows for page in account.client.pages(INVITEES, uri)]
            break
        except (PageTokenExpired, PageTokenRepeated):
            if attempt == _TRIES:
                raise
    records = [invitee_record(row) for rows in found for row in rows]
    return [{**record, "event_uri": uri} for record in records if record]
