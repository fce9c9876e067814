"""A page of people is passed by only while to store it would write nothing, whoever wrote what in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from rollcall.errors import RunClosed
from rollcall.store import gaps, queue, webinars
from tests.sql.attendance_case import AttendanceCase
from tests.sql.writers import Connect, wait_until_blocked

STATUSES = ("approved", "denied")


def person(key: str, status: str = "approved", **fields: Any) -> dict[str, Any]:
    return {"registrant_id": key, "status": status, "email": f"{key}@example.com", **fields}


class Lists:
    """The lists of registrants of one run, each read by a worker of its own; a page is named by its mark."""

    def __init__(self, case: AttendanceCase) -> None:
        self.case = case
        self.run_id = case.open_run()
        queue.enqueue_webinar_lists(case.conn, self.run_id, "registrants", [case.webinar_id], STATUSES)
        found = [queue.lease(case.conn, self.run_id, f"worker-{n}") for n in range(len(STATUSES))]
        self.items = {item.variant: item for item in found if item is not None}

    def passes(self, status: str, mark: bytes, after: str = "more") -> bool:
        """Whether the next page of the list is passed by, and booked."""
        return queue.pass_known_page(
            self.case.conn,
            self.items[status],
            next_page_token=after,
            digest=mark,
            rows=1,
            rejected=0,
            total_records=None,
        )

    def store(
        self, status: str, mark: bytes, *rows: dict[str, Any], conn: psycopg.Connection | None = None
    ) -> int:
        """Store the next page of the list as a worker does; returns the rows written."""
        conn, item = conn or self.case.conn, self.items[status]
        with conn.transaction():
            written = webinars.upsert_registrants(conn, self.case.webinar_id, rows)
            queue.note_people_page(conn, item, mark)
            queue.advance(conn, item, next_page_token="more", digest=mark, rows=len(rows))
        return written

    def end(self) -> None:
        self.case.conn.execute("SELECT close_sync_run(%s, 'cancelled', NULL, NULL)", (self.run_id,))


@pytest.fixture
def stored(case: AttendanceCase) -> AttendanceCase:
    """Two pages of approved and one of denied registrants, all stored by an earlier run."""
    lists = Lists(case)
    lists.store("approved", b"a1", person("ann"))
    lists.store("approved", b"a2", person("bo"))
    lists.store("denied", b"d1", person("cy", "denied"))
    lists.end()
    return case


def known(case: AttendanceCase, status: str) -> list[bytes | None]:
    (found,) = case.rows("SELECT page_digests FROM zoom_people_reads WHERE variant = %s", status)
    return [*found["page_digests"]]


def statuses(case: AttendanceCase) -> dict[str, str]:
    rows = case.rows("SELECT registrant_id, status FROM zoom_registrants ORDER BY 1")
    return {row["registrant_id"]: row["status"] for row in rows}


def test_pages_that_only_brought_people_are_known_in_the_next_run(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    assert lists.items["approved"].known_digests == [b"a1", b"a2"]
    assert lists.passes("approved", b"a1")
    assert lists.passes("approved", b"a2", after="")
    assert lists.passes("denied", b"d1", after="")
    rows = stored.rows(
        "SELECT status, pages, rows_fetched FROM webinar_sync_queue WHERE run_id = %s", lists.run_id
    )
    assert sorted((r["status"], r["pages"], r["rows_fetched"]) for r in rows) == [
        ("done", 1, 1),
        ("done", 2, 2),
    ]


def test_a_list_of_known_pages_fills_its_gap(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    gaps.note_gap(
        stored.conn, lists.run_id, object_kind="registrants", object_key=lists.items["denied"].subject,
        status=500, code=None, reason="Refused.", is_expected=False, recheck_after_hours=1,
    )  # fmt: skip
    assert lists.passes("denied", b"d1", after="")
    assert stored.rows("SELECT 1 FROM sync_gaps WHERE closed_at IS NULL") == []


def test_a_page_is_known_in_its_place_only(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    assert not lists.passes("approved", b"a2")
    assert not lists.passes("denied", b"a1")
    assert not lists.passes("approved", b"other")


def test_more_people_leave_the_other_pages_known(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    lists.store("approved", b"new", person("ann"), person("di"))
    assert lists.passes("approved", b"a2")
    assert lists.passes("denied", b"d1")


def test_who_moves_to_another_list_makes_all_pages_of_the_webinar_be_stored_again(
    stored: AttendanceCase,
) -> None:
    lists = Lists(stored)
    assert lists.store("denied", b"d1 and bo", person("cy", "denied"), person("bo", "denied")) == 1
    # Served late, from before the move: it wins as it does where every page is stored.
    assert not lists.passes("approved", b"a1")
    assert lists.store("approved", b"a1", person("ann")) == 0
    assert not lists.passes("approved", b"a2")
    assert lists.store("approved", b"a2", person("bo")) == 1
    assert statuses(stored) == {"ann": "approved", "bo": "approved", "cy": "denied"}
    lists.end()

    # Listed in both at once: the last list wins, in this run as in the next.
    lists = Lists(stored)
    assert not lists.passes("denied", b"d1 and bo")
    assert lists.store("denied", b"d1 and bo", person("cy", "denied"), person("bo", "denied")) == 1
    assert not lists.passes("approved", b"a2")


def test_after_a_change_a_page_is_known_once_it_was_stored_without_news(stored: AttendanceCase) -> None:
    moved = (person("cy", "denied"), person("bo", "denied"))
    lists = Lists(stored)
    assert lists.store("denied", b"d1 and bo", *moved) == 1
    assert known(stored, "denied") == [None], "a page that changed somebody is not known at once"
    lists.end()
    lists = Lists(stored)
    assert not lists.passes("denied", b"d1 and bo")
    assert lists.store("denied", b"d1 and bo", *moved) == 0
    assert lists.store("approved", b"a1", person("ann")) == 0
    lists.end()
    lists = Lists(stored)
    assert lists.passes("denied", b"d1 and bo")
    assert lists.passes("approved", b"a1")


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM zoom_registrants WHERE registrant_id = 'cy'",
        "TRUNCATE zoom_registrants",
        "UPDATE zoom_registrants SET email = 'other@example.com' WHERE registrant_id = 'cy'",
    ],
)
def test_what_somebody_does_by_hand_makes_pages_be_stored_again(stored: AttendanceCase, change: str) -> None:
    lists = Lists(stored)
    assert lists.passes("approved", b"a1")
    stored.conn.execute("RESET ROLE")
    stored.conn.execute(change.encode())
    assert not lists.passes("approved", b"a2")
    assert not lists.passes("denied", b"d1")
    assert lists.store("denied", b"d1", person("cy", "denied")) == 1


def test_the_people_of_another_webinar_are_another_matter(stored: AttendanceCase) -> None:
    other = AttendanceCase(stored.conn, name="other")
    Lists(other).store("approved", b"a1", person("ann"))
    other.conn.execute(
        "UPDATE zoom_registrants SET status = 'denied' WHERE webinar_id = %s", (other.webinar_id,)
    )
    lists = Lists(stored)
    assert lists.passes("approved", b"a1")
    assert lists.passes("denied", b"d1")


def test_somebody_who_changed_people_since_the_page_before_keeps_a_page_from_being_known(
    stored: AttendanceCase, connect: Connect
) -> None:
    lists = Lists(stored)
    connect().execute("UPDATE zoom_registrants SET status = 'denied' WHERE registrant_id = 'bo'")
    lists.store("denied", b"d1", person("cy", "denied"))
    assert known(stored, "denied") == [None]
    lists.store("denied", b"d2", person("di", "denied"))
    assert known(stored, "denied") == [None, b"d2"]


def test_a_change_that_is_committed_while_a_page_is_stored_keeps_it_from_being_known(
    stored: AttendanceCase, connect: Connect
) -> None:
    lists = Lists(stored)
    worker, beside = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with beside.transaction():
            beside.execute("UPDATE zoom_registrants SET status = 'denied' WHERE registrant_id = 'bo'")
            # It finds bo as the page has it, and waits with its note.
            storing = pool.submit(lists.store, "approved", b"bo", person("bo"), conn=worker)
            wait_until_blocked(stored.conn, worker)
        assert storing.result(timeout=30) == 0
    assert known(stored, "approved") == [None]
    assert statuses(stored)["bo"] == "denied"


def test_a_change_that_is_committed_after_a_page_takes_its_note_away(
    stored: AttendanceCase, connect: Connect
) -> None:
    lists = Lists(stored)
    worker, beside = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with worker.transaction():
            webinars.upsert_registrants(worker, stored.webinar_id, [person("bo")])
            queue.note_people_page(worker, lists.items["approved"], b"bo")
            change = "UPDATE zoom_registrants SET status = 'denied' WHERE registrant_id = 'bo'"
            changing = pool.submit(beside.execute, change)
            wait_until_blocked(stored.conn, beside)
        changing.result(timeout=30)
    assert known(stored, "approved") == []


def test_who_brings_people_and_who_changes_some_of_the_same_webinar_do_not_block_each_other(
    stored: AttendanceCase, connect: Connect
) -> None:
    lists = Lists(stored)
    one, other = connect(), connect()
    with ThreadPoolExecutor(1) as pool:
        with one.transaction():
            webinars.upsert_registrants(one, stored.webinar_id, [person("eve")])
            changed = person("cy", "denied", email="other@example.com")
            changing = pool.submit(lists.store, "denied", b"d2", changed, conn=other)
            wait_until_blocked(stored.conn, other)
            queue.note_people_page(one, lists.items["approved"], b"eve")
        assert changing.result(timeout=30) == 1


def test_a_page_whose_transaction_was_undone_is_not_known(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    item = lists.items["denied"]
    with stored.conn.transaction(force_rollback=True):
        queue.note_people_page(stored.conn, item, b"new")
    assert known(stored, "denied") == [b"d1"]


def test_without_its_lease_nobody_passes_a_page(stored: AttendanceCase) -> None:
    lists = Lists(stored)
    stored.conn.execute("UPDATE webinar_sync_queue SET lease_expires_at = now() - interval '1 second'")
    queue.lease(stored.conn, lists.run_id, "another")
    with pytest.raises(RunClosed):
        lists.passes("approved", b"a1")
