"""The invented accounts that the page's examples are run on: a few syncs, as rollcall itself stores them."""

from __future__ import annotations

import psycopg

from docs.sql_reference.bookings import tell_bookings
from docs.sql_reference.clock import set_clock
from docs.sql_reference.steps import (
    DEMO,
    HOST,
    TOWN_HALL,
    Stay,
    add_connection,
    ask_number,
    enqueue,
    fetch,
    lease,
    open_run,
    store_instance,
    store_webinar,
    work_off,
)
from rollcall.store import gaps, limits, queue, runs, webinars

NOW = "2024-09-14 09:00:00+00"
"""When the examples are asked: long ago, so that every real session is younger, on any machine."""

_PANELIST = {"name": "Pia Panelist", "email": "pia@example.com"}
_ANN = {"name": "Ann Early", "email": "ann@example.com", "registrant_id": "reg-ann"}
_BEN = {"name": "Ben Back", "email": "ben@example.com", "registrant_id": "reg-ben"}
_CLEO = {"name": "Cleo Late", "email": "cleo@example.com", "registrant_id": "reg-cleo"}
_GUEST = {"name": "A guest"}

_FIRST: list[Stay] = [
    (HOST, -5, 62),
    (_PANELIST, -2, 61),
    (_ANN, 0, 60),
    (_BEN, 1, 20),
    (_BEN, 24, 45),
    (_BEN, 46, 60),
    (_CLEO, 30, 60),
    (_GUEST, 5, 12),
]
_SECOND: list[Stay] = [(HOST, -5, 48), (_ANN, 0, 47), (_BEN, 2, 30), (_GUEST, 3, 47)]
_THIRD: list[Stay] = [(HOST, -3, 33), (_CLEO, 0, 30), (_ANN, 10, 25)]


def tell(conn: psycopg.Connection) -> None:
    """Fill an empty database; `conn` is an autocommit connection of its owner, with the schema on its search path."""
    set_clock(conn, "2023-08-01 08:00:00+00")
    main = add_connection(conn, "main", access_until="2024-09-14 09:40:00+00")
    partner = add_connection(conn, "partner", access_until="2024-09-14 06:30:00+00")
    _run_of_last_year(conn, main)
    _first_run_of_main(conn, main)
    _failed_run(conn, main)
    _run_that_fell_silent(conn, partner)
    _live_run(conn, main)
    tell_bookings(conn)
    set_clock(conn, NOW)


def _run_of_last_year(conn: psycopg.Connection, connection_id: int) -> None:
    """Of the days before the first webinar: nothing to read."""
    run_id = open_run(conn, connection_id, "full", "manual__2023-08-01")
    runs.set_phase(conn, run_id, "fetch", "Fetching 0 instances")
    set_clock(conn, "2023-08-01 08:00:05+00")
    runs.finish_run(conn, run_id, error_kind=None, error_message=None)


def _first_run_of_main(conn: psycopg.Connection, connection_id: int) -> None:
    """Everything so far: two instances whole, one that Zoom will not serve."""
    set_clock(conn, "2024-09-08 06:00:00+00")
    run_id = open_run(conn, connection_id, "full", "manual__2024-09-08")
    town_hall = store_webinar(
        conn,
        connection_id,
        zoom_webinar_id=TOWN_HALL,
        topic="Town hall",
        type=9,
        recurrence_type=2,
        occurrences=[{"occurrence_id": "1726480800000"}],
        occurrence_count=1,
        duration=60,
    )
    demo = store_webinar(conn, connection_id, zoom_webinar_id=DEMO, topic=None, type=5, duration=45)
    for webinar_id in (town_hall, demo):
        webinars.note_webinar_read(conn, webinar_id)
        webinars.upsert_panelists(conn, webinar_id, [{"panelist_id": "pan-pia", **_PANELIST}])
        webinars.upsert_registrants(
            conn,
            webinar_id,
            [
                {
                    "registrant_id": registrant_id,
                    "email": f"{registrant_id.removeprefix('reg-')}@example.com",
                    "status": "approved",
                    "registered_at": "2024-08-20T12:00:00Z",
                }
                for registrant_id in ("reg-ann", "reg-ben", "reg-cleo", "reg-dora")
            ],
        )
    first = store_instance(
        conn, connection_id, TOWN_HALL, "first-uuid==", "2024-09-02T10:00:00+00:00", _FIRST
    )
    second = store_instance(conn, connection_id, DEMO, "second-uuid==", "2024-09-03T14:00:00+00:00", _SECOND)
    refused = store_instance(conn, connection_id, DEMO, "refused-uuid==", "2024-08-03T14:00:00+00:00", [])
    runs.note_found(conn, run_id, webinars=2, instances=3)
    for _ in range(12):
        limits.take_slot(conn, connection_id, "heavy")
    runs.set_phase(conn, run_id, "fetch", "Fetching 3 instances")
    enqueue(conn, run_id, first, second, refused)
    set_clock(conn, "2024-09-08 06:00:20+00")
    fetch(conn, run_id, "2024-09-02T10:00:00+00:00", _FIRST)
    # Zoom states one row more than it serves: the instance stays provisional.
    fetch(conn, run_id, "2024-09-03T14:00:00+00:00", _SECOND, total_records=len(_SECOND) + 1)
    item = lease(conn, run_id)
    gaps.note_gap(
        conn,
        run_id,
        object_kind="participants",
        object_key="refused-uuid==",
        status=400,
        code=12702,
        reason="Zoom keeps no report of an instance for so long",
        is_expected=False,
        recheck_after_hours=168,
    )
    queue.settle(conn, item, "gap")
    set_clock(conn, "2024-09-08 06:00:41+00")
    work_off(conn, run_id)
    set_clock(conn, "2024-09-08 06:00:50+00")
    runs.finish_run(conn, run_id, error_kind=None, error_message=None)


def _failed_run(conn: psycopg.Connection, connection_id: int) -> None:
    """A delta that the network stopped."""
    set_clock(conn, "2024-09-13 21:00:00+00")
    run_id = open_run(conn, connection_id, "delta", "manual__2024-09-13")
    for minute in (1, 2, 3):
        set_clock(conn, f"2024-09-13 21:0{minute}:00+00")
        runs.log_error(
            conn,
            run_id,
            kind="network_error",
            code="timeout",
            subject="users",
            message="Zoom did not answer within 30 s",
            context={},
        )
    runs.finish_run(
        conn,
        run_id,
        error_kind="network_error",
        error_message="Zoom did not answer within 30 s, 6 times in a row.",
    )


def _run_that_fell_silent(conn: psycopg.Connection, connection_id: int) -> None:
    """A run whose tasks died with their machine, on an account that must be connected again."""
    set_clock(conn, "2024-09-14 06:00:00+00")
    run_id = open_run(conn, connection_id, "full", "manual__2024-09-14-partner")
    set_clock(conn, "2024-09-14 06:02:00+00")
    runs.set_phase(conn, run_id, "fetch", "Fetching 0 instances")
    conn.execute(
        "UPDATE zoom_connections SET reconnect_needed_at = '2024-09-14 06:30:00+00',"
        " reconnect_reason = 'Zoom says that the refresh token is revoked' WHERE id = %s",
        (connection_id,),
    )


def _live_run(conn: psycopg.Connection, connection_id: int) -> None:
    """One of two instances is fetched, the other is being read now."""
    set_clock(conn, "2024-09-14 08:58:00+00")
    run_id = open_run(conn, connection_id, "delta", "manual__2024-09-14")
    third = store_instance(
        conn, connection_id, TOWN_HALL, "third-uuid==", "2024-09-09T10:00:00+00:00", _THIRD
    )
    again = ask_number(conn, "SELECT id FROM zoom_webinar_instances WHERE uuid = 'second-uuid=='")
    runs.note_found(conn, run_id, webinars=2, instances=2)
    runs.set_phase(conn, run_id, "fetch", "Fetching 2 instances")
    enqueue(conn, run_id, third, again)
    for _ in range(3):
        limits.take_slot(conn, connection_id, "heavy")
    set_clock(conn, "2024-09-14 08:59:30+00")
    fetch(conn, run_id, "2024-09-09T10:00:00+00:00", _THIRD)
    runs.refresh_progress(conn, run_id)
    runs.log_activity(conn, run_id, "1 of 2 instances is fetched")
    set_clock(conn, "2024-09-14 08:59:48+00")
    queue.renew(conn, lease(conn, run_id))
    runs.refresh_progress(conn, run_id)
