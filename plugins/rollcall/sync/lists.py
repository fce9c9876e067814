"""How each kind of list is read: which endpoint, what becomes of a page, what a refusal means for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rollcall.errors import DataFault, ScopeMissing, ServerFault, Unavailable
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.endpoints import Endpoint
from rollcall.sources.zoom.records import (
    panelist_record,
    registrant_record,
    reported_instance,
    webinar_record,
)
from rollcall.store import gaps, queue, runs, webinars
from rollcall.store.queue import Item
from rollcall.sync.account import Account
from rollcall.sync.attendance_list import read_attendance
from rollcall.sync.people_list import PeopleList, read_people
from rollcall.sync.refusals import log_source_error, record_gap

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
    status = item.variant
    read_people(
        account,
        item,
        PeopleList(
            zoom.REGISTRANTS,
            lambda row: registrant_record(row, status),
            webinars.upsert_registrants,
            {"status": status},
        ),
    )


def read_panelists(account: Account, item: Item) -> None:
    """The panelists."""
    read_people(account, item, PeopleList(zoom.PANELISTS, panelist_record, webinars.upsert_panelists))


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
