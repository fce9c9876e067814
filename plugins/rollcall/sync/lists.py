"""How each kind of list is read: which endpoint, what becomes of a page, what a refusal means for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rollcall.errors import DataFault, PageTokenExpired, ScopeMissing, ServerFault, Unavailable
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.page_marks import by_digest
from rollcall.sources.zoom.paging import STARTS_OVER, Known, Page
from rollcall.sources.zoom.records import (
    Record,
    panelist_record,
    registrant_record,
    reported_instance,
    webinar_record,
)
from rollcall.store import gaps, queue, runs, webinars
from rollcall.store.queue import Item
from rollcall.sync.account import Account
from rollcall.sync.attendance_list import read_attendance
from rollcall.sync.refusals import log_if_short, log_source_error, record_gap

REGISTRANT_STATUSES = ("approved", "pending", "denied")
_NO_REGISTRATION = 2

REPORT = "report"
PAST_WEBINARS = "past_webinars"
_SOURCES: Mapping[str, Endpoint] = {REPORT: zoom.REPORT_PARTICIPANTS, PAST_WEBINARS: zoom.PAST_PARTICIPANTS}


def read_webinar(account: Account, item: Item) -> None:
    """A webinar's own page; then its registrants and panelists are queued, for as long as its id is alive."""
    conn = account.conn
    try:
        given = account.client.get(zoom.WEBINAR, str(item.zoom_webinar_id))
    except Unavailable as gone:
        if not gone.expected:
            raise
        with conn.transaction():
            webinars.note_webinar_read(conn, item.webinar_id)
            record_gap(conn, account.run_id, "webinar", item.subject, gone)
            webinars.mark_webinar_gone(conn, item.webinar_id)
            queue.settle(conn, item, "gap")
        return
    record = webinar_record(given) or {}
    with conn.transaction():
        webinars.upsert_webinars(
            conn,
            account.run.connection_id,
            [{**record, "zoom_webinar_id": item.zoom_webinar_id}],
            is_detail=True,
        )
        if record.get("approval_type") != _NO_REGISTRATION:
            queue.enqueue_webinar_lists(
                conn, account.run_id, "registrants", [item.webinar_id], REGISTRANT_STATUSES
            )
        queue.enqueue_webinar_lists(conn, account.run_id, "panelists", [item.webinar_id])
        webinars.note_webinar_read(conn, item.webinar_id)
        gaps.close_gap(conn, account.run_id, "webinar", item.subject)
        queue.settle(conn, item, "done")


def read_registrants(account: Account, item: Item) -> None:
    """The registrants of one status."""

    def store(rows: list[Record]) -> None:
        webinars.upsert_registrants(account.conn, item.webinar_id, rows)

    _read_people(
        account,
        item,
        zoom.REGISTRANTS,
        lambda row: registrant_record(row, item.variant),
        store,
        status=item.variant,
    )


def read_panelists(account: Account, item: Item) -> None:
    """The panelists."""

    def store(rows: list[Record]) -> None:
        webinars.upsert_panelists(account.conn, item.webinar_id, rows)

    _read_people(account, item, zoom.PANELISTS, panelist_record, store)


def read_participants(account: Account, item: Item) -> None:
    """The attendance of one instance: the report, or where that is refused the past_webinars list; never both."""
    uuid = item.instance_uuid or ""
    if item.needs_detail and not item.rows_fetched and not item.next_page_token:
        _read_detail(account, item, uuid)
    source = item.list_source or (PAST_WEBINARS if account.report_refused else REPORT)
    try:
        read_attendance(account, item, _SOURCES[source], uuid, source)
    except ScopeMissing as refused:
        if source == PAST_WEBINARS:
            raise
        # A scope that the token lacks is lacking for every instance; a role or a plan may be another host's.
        account.report_refused = bool(refused.scopes)
        if account.report_refused:
            message = f"The participant report is refused, past_webinars stands in: {refused}"
            runs.log_activity(account.conn, account.run_id, message)
        with account.conn.transaction():
            queue.restart(account.conn, item, PAST_WEBINARS)
        read_attendance(account, item, zoom.PAST_PARTICIPANTS, uuid, PAST_WEBINARS)


def _read_people(
    account: Account,
    item: Item,
    endpoint: Endpoint,
    record_of: Callable[[Any], Record | None],
    write: Callable[[list[Record]], None],
    **params: str,
) -> None:
    known = by_digest(item.known_digests or ())
    try:
        for attempt in range(STARTS_OVER + 1):
            try:
                for page in account.client.pages(
                    endpoint, str(item.zoom_webinar_id), item.next_page_token, known=known, **params
                ):
                    if not _is_stored(account, item, page, known):
                        _store_people(account, item, page, record_of, write)
                    if not page.next_token:
                        what = f"{item.kind} {item.subject}"
                        log_if_short(
                            account.conn, account.run_id, what, item.rows_fetched, page.total_records
                        )
                    account.show_progress()
            except PageTokenExpired:
                if attempt == STARTS_OVER:
                    raise
                with account.conn.transaction():
                    queue.restart(account.conn, item, None)
            else:
                return
    except Unavailable as refused:
        if not refused.expected:
            raise
        # The id expired meanwhile, or the webinar has no registration: nothing is missing that could be had.
        with account.conn.transaction():
            record_gap(account.conn, account.run_id, item.kind, item.subject, refused)
            queue.settle(account.conn, item, "gap")


def _is_stored(account: Account, item: Item, page: Page, known: Known) -> bool:
    """Book the page without storing it, where its people are stored as it has them."""
    mark = page.mark if known else None
    if mark is None or mark not in known.values():
        return False
    return queue.pass_known_page(
        account.conn,
        item,
        next_page_token=page.next_token,
        digest=mark,
        rows=page.row_count,
        rejected=page.rejected,
        total_records=page.total_records,
    )


def _store_people(
    account: Account,
    item: Item,
    page: Page,
    record_of: Callable[[Any], Record | None],
    write: Callable[[list[Record]], None],
) -> None:
    """Store a page and its mark in one transaction."""
    conn = account.conn
    records = [record for row in page.rows if isinstance(row, dict) and (record := record_of(row))]
    with conn.transaction():
        # Before the locks that writing takes: the end of a run asks for them in this order, too.
        runs.hold(conn, account.run)
        write(records)
        queue.note_people_page(conn, item, page.mark)
        queue.advance(
            conn,
            item,
            next_page_token=page.next_token,
            digest=page.mark,
            rows=len(page.rows),
            rejected=len(page.rows) - len(records),
            total_records=page.total_records,
        )
        if not page.next_token:
            queue.settle(conn, item, "done")
            gaps.close_gap(conn, account.run_id, item.kind, item.subject)


def _read_detail(account: Account, item: Item, uuid: str) -> None:
    """The instance's own report: its end and Zoom's totals, where no list gave them. Its failure is not the
    attendance's: that is asked for all the same."""
    if account.report_refused:
        return
    try:
        record = reported_instance(account.client.get(zoom.REPORT_WEBINAR, uuid))
    except (ScopeMissing, Unavailable):
        return
    except (DataFault, ServerFault) as failed:
        log_source_error(account.conn, account.run_id, f"report of {uuid}", failed)
        return
    if record:
        with account.conn.transaction():
            queue.renew(account.conn, item)
            webinars.upsert_instances(
                account.conn, account.run.connection_id, [{**record, "uuid": uuid}], is_detail=True
            )


LISTS: Mapping[str, Callable[[Account, Item], None]] = {
    "webinar": read_webinar,
    "registrants": read_registrants,
    "panelists": read_panelists,
    "participants": read_participants,
}
