"""The work queue: leases, pages, marks. One function per SQL function of sql/functions/queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from rollcall.errors import RunClosed

LEASE_SECONDS = 120.0
"""Longer than the longest silence of a live worker: one HTTP call with its timeouts."""


@dataclass
class Item:
    """A leased list: what to read, where to go on, and the fencing token that proves the lease.

    What it hangs on is set as its kind demands: a webinar, an instance of one, or for `invitees` a meeting.
    """

    item_id: int
    fencing_token: int
    kind: str
    variant: str
    webinar_id: int
    zoom_webinar_id: int
    instance_id: int | None
    instance_uuid: str | None
    meeting_id: int | None
    meeting_uri: str | None
    needs_detail: bool | None
    known_digests: list[bytes] | None
    """Of the pages that are stored: where they are served again, there is nothing to do."""
    rewrites: int | None
    """Of people, how often stored ones were written again: see `note_people_page`."""
    pages_read: int
    held_pages: int
    """Of the pages read, those that are not staged, because they are known."""
    list_source: str | None
    list_no: int
    next_page_token: str
    rows_fetched: int

    @property
    def subject(self) -> str:
        """How errors and gaps name it: the instance's UUID, the webinar's id and list, or the event's id."""
        if self.meeting_uri is not None:
            return self.meeting_uri.rsplit("/", 1)[-1]
        return self.instance_uuid or f"{self.zoom_webinar_id} {self.variant}".rstrip()


def lease(conn: psycopg.Connection, run_id: int, worker: str) -> Item | None:
    """Take the next item of a run, None when there is none to take."""
    with conn.cursor(row_factory=class_row(Item)) as cursor:
        item = cursor.execute(
            "SELECT * FROM lease_queue_item(%s, %s, %s)", (run_id, worker, LEASE_SECONDS)
        ).fetchone()
    return item if item and item.item_id is not None else None


def advance(
    conn: psycopg.Connection,
    item: Item,
    *,
    next_page_token: str,
    rows: int,
    digest: bytes | None = None,
    is_held: bool = False,
    rejected: int = 0,
    total_records: int | None = None,
    list_source: str | None = None,
) -> None:
    """Book a page, in the transaction that stores its rows, or without rows where it `is_held`.

    Raises RunClosed when the lease is gone.
    """
    row = conn.execute(
        "SELECT advance_queue_item(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            item.item_id,
            item.fencing_token,
            next_page_token,
            digest,
            is_held,
            rows,
            rejected,
            total_records,
            list_source,
            LEASE_SECONDS,
        ),
    ).fetchone()
    _must_hold(row, item)
    item.rows_fetched += rows
    item.next_page_token = next_page_token
    item.pages_read += 1
    item.held_pages = item.held_pages + 1 if is_held else 0


def restart(conn: psycopg.Connection, item: Item, list_source: str | None) -> None:
    """Start the item's list again from its first page. Raises RunClosed when the lease is gone."""
    row = conn.execute(
        "SELECT restart_queue_item(%s, %s, %s)", (item.item_id, item.fencing_token, list_source)
    ).fetchone()
    if not row or row[0] is None:
        _must_hold(None, item)
    else:
        item.list_no = int(row[0])
    item.list_source, item.next_page_token, item.rows_fetched = list_source, "", 0
    item.pages_read = item.held_pages = 0


def settle(conn: psycopg.Connection, item: Item, status: str) -> None:
    """Give the item back (`queued`) or end it. Raises RunClosed when the lease is gone."""
    row = conn.execute(
        "SELECT settle_queue_item(%s, %s, %s)", (item.item_id, item.fencing_token, status)
    ).fetchone()
    _must_hold(row, item)


def settle_unchanged(
    conn: psycopg.Connection,
    item: Item,
    *,
    digest: bytes,
    rows: int,
    rejected: int,
    total_records: int | None,
    list_source: str,
) -> bool:
    """Book the last page of a list whose pages are all known, and end the item. False: the list is worth a full look
    after all, and nothing is booked.

    Raises RunClosed when the lease is gone.
    """
    row = conn.execute(
        "SELECT settle_unchanged_item(%s, %s, %s, %s, %s, %s, %s)",
        (item.item_id, item.fencing_token, digest, rows, rejected, total_records, list_source),
    ).fetchone()
    if not row or row[0] is None:
        _must_hold(None, item)
    return bool(row and row[0])


def pass_known_page(
    conn: psycopg.Connection,
    item: Item,
    *,
    next_page_token: str,
    digest: bytes,
    rows: int,
    rejected: int,
    total_records: int | None,
) -> bool:
    """Book a page of people that are stored to the last value; the last page ends the item. False: they are not, or not
    any more, and nothing is booked.

    Raises RunClosed when the lease is gone.
    """
    row = conn.execute(
        "SELECT pass_known_page(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            item.item_id,
            item.fencing_token,
            next_page_token,
            digest,
            rows,
            rejected,
            total_records,
            item.subject,
            LEASE_SECONDS,
        ),
    ).fetchone()
    if not row or row[0] is None:
        _must_hold(None, item)
    if not (row and row[0]):
        return False
    item.rows_fetched += rows
    item.next_page_token = next_page_token
    item.pages_read += 1
    return True


def note_people_page(conn: psycopg.Connection, item: Item, digest: bytes | None) -> None:
    """Note the page that follows those that are booked as stored to the last value, in the transaction that stores it,
    after its rows; None: it can't be told when it is served again.

    It is not noted where `item.rewrites` is no longer true, which is then brought up to date.
    """
    row = conn.execute(
        "SELECT note_people_page(%s, %s, %s, %s)",
        (item.item_id, item.pages_read + 1, digest, item.rewrites),
    ).fetchone()
    item.rewrites = row[0] if row else None


def renew(conn: psycopg.Connection, item: Item) -> None:
    """Heartbeat. Raises RunClosed when the lease is gone."""
    row = conn.execute(
        "SELECT renew_lease(%s, %s, %s)", (item.item_id, item.fencing_token, LEASE_SECONDS)
    ).fetchone()
    _must_hold(row, item)


def release_worker(conn: psycopg.Connection, run_id: int, worker: str) -> int:
    """Give back what a former life of this worker held; returns how many items."""
    row = conn.execute("SELECT release_worker(%s, %s)", (run_id, worker)).fetchone()
    return int(row[0]) if row else 0


def requeue(conn: psycopg.Connection, run_id: int, item_ids: Sequence[int]) -> int:
    """Take items that ended as gaps up again; returns how many."""
    row = conn.execute("SELECT requeue_items(%s, %s)", (run_id, list(item_ids))).fetchone()
    return int(row[0]) if row else 0


def enqueue_participants(conn: psycopg.Connection, run_id: int, instance_ids: Sequence[int]) -> int:
    """Queue the attendance of instances; returns how many were new."""
    row = conn.execute("SELECT enqueue_participants(%s, %s)", (run_id, list(instance_ids))).fetchone()
    return int(row[0]) if row else 0


def enqueue_stored_participants(conn: psycopg.Connection, run_id: int) -> int:
    """Queue stored attendance that is to be matched again, because its webinar's people changed; returns of how many
    instances."""
    row = conn.execute("SELECT enqueue_stored_participants(%s)", (run_id,)).fetchone()
    return int(row[0]) if row else 0


def enqueue_webinar_lists(
    conn: psycopg.Connection,
    run_id: int,
    kind: str,
    webinar_ids: Sequence[int],
    variants: Sequence[str] = ("",),
) -> int:
    """Queue lists of webinars (`webinar`, `registrants` by status, `panelists`); returns how many were new."""
    row = conn.execute(
        "SELECT enqueue_webinar_lists(%s, %s, %s, %s)", (run_id, kind, list(variants), list(webinar_ids))
    ).fetchone()
    return int(row[0]) if row else 0


def choose_instances(
    conn: psycopg.Connection,
    connection_id: int,
    mode: str,
    window_from: datetime | None,
    window_to: datetime | None,
    webinar_ids: Sequence[int] | None,
) -> list[int]:
    """Ids of the instances whose attendance a run of this mode and window reads."""
    rows = conn.execute(
        "SELECT * FROM choose_instances(%s, %s, %s, %s, %s)",
        (connection_id, mode, window_from, window_to, list(webinar_ids) if webinar_ids else None),
    ).fetchall()
    return [row[0] for row in rows]


def choose_webinars(conn: psycopg.Connection, run_id: int, alive: Sequence[int]) -> list[int]:
    """Ids of the webinars whose settings and people a run reads; `alive` are numeric ids that Zoom lists now."""
    rows = conn.execute("SELECT * FROM choose_webinars(%s, %s)", (run_id, list(alive))).fetchall()
    return [row[0] for row in rows]


def items_waiting(conn: psycopg.Connection, run_id: int) -> int:
    """How many items of the run are still to be fetched."""
    row = conn.execute(
        "SELECT count(*) FROM webinar_sync_queue WHERE run_id = %s AND status IN ('queued', 'leased')",
        (run_id,),
    ).fetchone()
    return int(row[0]) if row else 0


def _must_hold(row: tuple[bool, ...] | None, item: Item) -> None:
    if not row or not row[0]:
        raise RunClosed(
            f"The lease of {item.kind} {item.subject} is gone (the run ended, or another worker took over): "
            "nothing more is written by this one."
        )
