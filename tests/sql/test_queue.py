"""Leases: one worker an item, a dead worker's items go on, and whoever wakes up late writes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from rollcall.errors import RunClosed
from rollcall.store import attendance, queue, runs
from tests.sql.attendance_case import AttendanceCase, at, row
from tests.sql.writers import Connect, take


def expire(case: AttendanceCase) -> None:
    """Let every lease run out now."""
    case.conn.execute(
        "UPDATE webinar_sync_queue SET lease_expires_at = clock_timestamp() WHERE status = 'leased'"
    )


def item_row(case: AttendanceCase, item: queue.Item) -> dict[str, object]:
    return case.rows("SELECT * FROM webinar_sync_queue WHERE id = %s", item.item_id)[0]


def test_a_list_is_queued_once_a_run(case: AttendanceCase, run_id: int) -> None:
    assert queue.enqueue_participants(case.conn, run_id, [case.instance_id]) == 0
    for _ in range(2):
        added = queue.enqueue_webinar_lists(
            case.conn, run_id, "registrants", [case.webinar_id], ["approved", "pending"]
        )
    assert added == 0
    assert queue.items_waiting(case.conn, run_id) == 3


def test_settings_go_before_people_and_the_longest_attendance_before_the_shorter(
    case: AttendanceCase,
) -> None:
    run_id = case.open_run()
    small = case.add_instance("small", participants_count=5)
    big = case.add_instance("big", participants_count=5000)
    queue.enqueue_participants(case.conn, run_id, [small, big, case.instance_id])
    queue.enqueue_webinar_lists(case.conn, run_id, "panelists", [case.webinar_id])
    queue.enqueue_webinar_lists(case.conn, run_id, "webinar", [case.webinar_id])
    taken = [take(case.conn, run_id) for _ in range(5)]
    assert [(item.kind, item.instance_id) for item in taken] == [
        ("webinar", None),
        ("panelists", None),
        ("participants", big),
        ("participants", small),
        ("participants", case.instance_id),
    ]
    assert queue.lease(case.conn, run_id, "worker-1") is None


def test_attendance_never_read_does_not_wait_for_people_whom_two_workers_read(case: AttendanceCase) -> None:
    known = case.instance_id
    case.read([row("Ola", leave=30)])
    new = case.add_instance("new")
    run_id = case.open_run()
    queue.enqueue_participants(case.conn, run_id, [known, new])
    queue.enqueue_webinar_lists(case.conn, run_id, "registrants", [case.webinar_id], ["a", "b", "c", "d"])
    taken = [take(case.conn, run_id, f"worker-{n}") for n in range(6)]
    assert [(item.kind, item.instance_id) for item in taken] == [
        ("registrants", None),
        ("registrants", None),
        ("participants", new),
        ("registrants", None),
        ("registrants", None),
        ("participants", known),
    ]


def test_a_delta_reads_what_ended_lately_until_two_reads_agree(case: AttendanceCase) -> None:
    def chosen(since: datetime) -> bool:
        query = "SELECT choose_instances(%s, 'delta', %s, NULL, NULL)"
        return bool(case.rows(query, case.connection_id, since))

    rows = [row("Ann", leave=30)]
    assert chosen(at(61)), "it was never read"
    case.read(rows)
    assert (chosen(at(60)), chosen(at(61))) == (True, False)
    case.read(rows)
    assert not chosen(at(60))


def test_a_leased_item_is_nobody_elses(case: AttendanceCase, run_id: int, connect: Connect) -> None:
    take(case.conn, run_id)
    assert queue.lease(connect(), run_id, "worker-2") is None


def test_workers_at_the_same_time_never_get_the_same_item(case: AttendanceCase, connect: Connect) -> None:
    run_id = case.open_run()
    instances = [case.add_instance(f"instance-{n}") for n in range(60)]
    queue.enqueue_participants(case.conn, run_id, instances)

    def work(number: int) -> list[int]:
        conn = connections[number]
        return [item.item_id for item in iter(lambda: queue.lease(conn, run_id, f"worker-{number}"), None)]

    connections = [connect() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taken = list(itertools.chain.from_iterable(pool.map(work, range(4))))
    assert len(taken) == len(set(taken)) == 60


def test_a_lease_in_an_open_transaction_is_stepped_around(case: AttendanceCase, connect: Connect) -> None:
    run_id = case.open_run()
    queue.enqueue_participants(case.conn, run_id, [case.instance_id, case.add_instance("second")])
    slow, quick = connect(), connect()
    with slow.transaction():
        first = take(slow, run_id)
        second = take(quick, run_id, "worker-2")
    assert first.item_id != second.item_id


class TestALostLease:
    """After its lease ran out an item belongs to whoever takes it; the former holder can do nothing to it."""

    @pytest.fixture
    def late(self, case: AttendanceCase, run_id: int) -> queue.Item:
        """The item as its former holder knows it; worker-2 has it now."""
        item = take(case.conn, run_id)
        queue.advance(
            case.conn, item, next_page_token="page-2", rows=300, total_records=900, list_source="report"
        )
        expire(case)
        return item

    def test_the_next_worker_goes_on_where_the_last_page_was_stored(
        self, case: AttendanceCase, run_id: int, late: queue.Item
    ) -> None:
        item = take(case.conn, run_id, "worker-2")
        assert (item.item_id, item.next_page_token, item.rows_fetched) == (late.item_id, "page-2", 300)
        assert item.list_source == "report"
        assert item.fencing_token > late.fencing_token
        assert item_row(case, item)["attempts"] == 2

    def test_the_former_holder_can_write_nothing(
        self, case: AttendanceCase, run_id: int, late: queue.Item
    ) -> None:
        holder = take(case.conn, run_id, "worker-2")
        before = item_row(case, holder)
        attempts: tuple[Callable[[], object], ...] = (
            lambda: queue.advance(case.conn, late, next_page_token="", rows=1),
            lambda: queue.restart(case.conn, late, "past_webinars"),
            lambda: queue.settle(case.conn, late, "fetched"),
            lambda: queue.renew(case.conn, late),
        )
        for attempt in attempts:
            with pytest.raises(RunClosed, match="another worker took over"):
                attempt()
        assert item_row(case, holder) == before

    def test_until_somebody_takes_it_the_holder_may_go_on(
        self, case: AttendanceCase, late: queue.Item
    ) -> None:
        queue.renew(case.conn, late)
        assert queue.lease(case.conn, item_run(case, late), "worker-2") is None


def item_run(case: AttendanceCase, item: queue.Item) -> int:
    return int(str(item_row(case, item)["run_id"]))


def test_a_worker_that_starts_again_gets_its_items_back_at_once(case: AttendanceCase, run_id: int) -> None:
    first = take(case.conn, run_id, "worker-1")
    assert queue.release_worker(case.conn, run_id, "worker-2") == 0
    assert queue.release_worker(case.conn, run_id, "worker-1") == 1
    with pytest.raises(RunClosed):
        queue.renew(case.conn, first)
    assert take(case.conn, run_id, "worker-1").item_id == first.item_id


def test_an_item_given_back_keeps_its_place_in_the_list(case: AttendanceCase, run_id: int) -> None:
    item = take(case.conn, run_id)
    queue.advance(case.conn, item, next_page_token="page-2", rows=300, total_records=900)
    queue.advance(case.conn, item, next_page_token="page-3", rows=300)
    queue.settle(case.conn, item, "queued")
    again = take(case.conn, run_id)
    assert (again.next_page_token, item_row(case, again)["total_records"]) == ("page-3", 900)


def test_a_list_that_starts_again_forgets_what_it_staged(case: AttendanceCase, run_id: int) -> None:
    item = take(case.conn, run_id)
    attendance.stage_participants(case.conn, item.item_id, item.list_no, 0, [(None,) * 15])
    queue.advance(case.conn, item, next_page_token="page-2", rows=2, rejected=1, total_records=9)
    queue.restart(case.conn, item, "past_webinars")
    found = item_row(case, item)
    assert (found["list_no"], found["next_page_token"], found["rows_fetched"]) == (1, "", 0)
    assert (found["rows_rejected"], found["total_records"], found["list_source"]) == (
        0,
        None,
        "past_webinars",
    )
    assert case.rows("SELECT 1 FROM zoom_participant_staging") == []


def test_closing_a_run_voids_its_leases(case: AttendanceCase, run_id: int) -> None:
    item = take(case.conn, run_id)
    assert runs.close_run(case.conn, run_id, "cancelled")
    with pytest.raises(RunClosed):
        queue.advance(case.conn, item, next_page_token="", rows=1)
    assert queue.lease(case.conn, run_id, "worker-2") is None
    assert item_row(case, item)["status"] == "abandoned"
