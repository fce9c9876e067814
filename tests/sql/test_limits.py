"""The limiter: evenly spaced calls, the day's share, and the source's own word heard by everybody."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import psycopg
import pytest

from rollcall.store import limits
from tests.sql.attendance_case import add_connection

SLOW = "resource_intensive"  # on Pro a call every six seconds: far apart, so that a slow test machine changes nothing
SPACING = 1 / (0.1666 * 0.95)


@pytest.fixture
def pro(writer: psycopg.Connection) -> int:
    return add_connection(writer, "pro", plan="pro")


def set_limit(db: psycopg.Connection, label: str, **columns: float) -> None:
    """Change a limit of the Pro plan, as its owner may."""
    db.execute("RESET ROLE")
    for column, value in columns.items():
        db.execute(
            f"UPDATE zoom_plan_limits SET {column} = %s WHERE plan = 'pro' AND label = %s".encode(),  # noqa: S608
            (value, label),
        )
    db.execute("SET ROLE rollcall_writer")


def utc_midnight() -> datetime:
    return datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), UTC)


def test_calls_are_spaced_evenly_at_a_share_of_the_limit(writer: psycopg.Connection, pro: int) -> None:
    before = datetime.now(UTC)
    slots = []
    for _ in range(5):
        wait = limits.take_slot(writer, pro, SLOW).wait_seconds
        slots.append((datetime.now(UTC) - before).total_seconds() + wait)
    assert slots[0] < SPACING / 2
    for earlier, later in pairwise(slots):
        assert later - earlier == pytest.approx(SPACING, abs=1)
    assert slots[-1] - slots[0] == pytest.approx(4 * SPACING, abs=1)


def test_after_a_pause_the_next_call_may_go_at_once_but_saves_up_no_burst(
    writer: psycopg.Connection, pro: int
) -> None:
    limits.take_slot(writer, pro, SLOW)
    writer.execute("UPDATE zoom_call_slots SET next_slot_at = now() - interval '1 hour'")
    assert limits.take_slot(writer, pro, SLOW).wait_seconds == 0
    assert limits.take_slot(writer, pro, SLOW).wait_seconds == pytest.approx(SPACING, abs=1)


def test_labels_have_slots_of_their_own(writer: psycopg.Connection, pro: int) -> None:
    for _ in range(3):
        limits.take_slot(writer, pro, SLOW)
    assert limits.take_slot(writer, pro, "light").wait_seconds == 0


def test_connections_of_one_account_share_its_slots_and_others_do_not(
    writer: psycopg.Connection, pro: int
) -> None:
    same = add_connection(writer, "same-account", plan="pro")
    other = add_connection(writer, "other-account", plan="pro", account="another")
    unknown = [add_connection(writer, f"unknown-{n}", plan="pro", account=None) for n in range(2)]
    limits.take_slot(writer, pro, SLOW)
    assert limits.take_slot(writer, same, SLOW).wait_seconds == pytest.approx(SPACING, abs=1)
    assert limits.take_slot(writer, other, SLOW).wait_seconds == 0
    assert [limits.take_slot(writer, each, SLOW).wait_seconds for each in unknown] == [0, 0]


def test_the_days_share_ends_at_midnight_utc(writer: psycopg.Connection, pro: int) -> None:
    set_limit(writer, "heavy", calls_per_day=10, calls_per_second=1000)
    writer.execute("SET timezone TO 'Pacific/Kiritimati'")  # where the day changes ten hours earlier
    for _ in range(8):
        assert limits.take_slot(writer, pro, "heavy").parked_until is None
    assert limits.take_slot(writer, pro, "heavy").parked_until == utc_midnight()
    found = writer.execute("SELECT day, calls FROM zoom_call_budgets").fetchall()
    assert found == [(datetime.now(UTC).date(), 8)]


def test_a_new_day_begins_with_a_full_budget(writer: psycopg.Connection, pro: int) -> None:
    set_limit(writer, "heavy", calls_per_day=10, calls_per_second=1000)
    for _ in range(9):
        limits.take_slot(writer, pro, "heavy")
    writer.execute("UPDATE zoom_call_budgets SET day = day - 1")
    assert limits.take_slot(writer, pro, "heavy").parked_until is None


def test_heavy_and_resource_intensive_calls_share_one_daily_budget(
    writer: psycopg.Connection, pro: int
) -> None:
    for label in ("heavy", SLOW):
        set_limit(writer, label, calls_per_day=10, calls_per_second=1000)
    for label in ("heavy", SLOW) * 4:
        assert limits.take_slot(writer, pro, label).parked_until is None
    for label in ("heavy", SLOW):
        assert limits.take_slot(writer, pro, label).parked_until == utc_midnight()
    assert limits.take_slot(writer, pro, "light").parked_until is None


@pytest.mark.parametrize("plan", ["pro", "unlimited"])
class TestHolds:
    """What the source said with a 429."""

    def test_a_hold_of_seconds_is_everybodys_but_for_its_label_only(
        self, writer: psycopg.Connection, plan: str
    ) -> None:
        asked = add_connection(writer, "asked", plan=plan)
        same = add_connection(writer, "same-account", plan=plan)
        other = add_connection(writer, "other-account", plan=plan, account="another")
        limits.hold_calls(writer, asked, "heavy", datetime.now(UTC) + timedelta(seconds=300), daily=False)
        assert limits.take_slot(writer, same, "heavy").wait_seconds == pytest.approx(300, abs=5)
        assert limits.take_slot(writer, same, "medium").wait_seconds == 0
        assert limits.take_slot(writer, other, "heavy").wait_seconds == 0

    def test_a_hold_of_an_unknown_account_is_its_connections_own(
        self, writer: psycopg.Connection, plan: str
    ) -> None:
        asked, other = (add_connection(writer, name, plan=plan, account=None) for name in ("asked", "other"))
        limits.hold_calls(writer, asked, "heavy", datetime.now(UTC) + timedelta(seconds=300), daily=False)
        assert limits.take_slot(writer, asked, "heavy").wait_seconds == pytest.approx(300, abs=5)
        assert limits.take_slot(writer, other, "heavy").wait_seconds == 0

    def test_a_hold_for_the_day_parks_the_pool(self, writer: psycopg.Connection, plan: str) -> None:
        asked = add_connection(writer, "asked", plan=plan)
        same = add_connection(writer, "same-account", plan=plan)
        until = datetime.now(UTC) + timedelta(hours=30)
        limits.hold_calls(writer, asked, "heavy", until, daily=True)
        for label in ("heavy", SLOW):
            assert limits.take_slot(writer, same, label).parked_until == until
        assert limits.take_slot(writer, same, "light").parked_until is None

    def test_a_hold_is_honoured_in_full_if_it_takes_days(self, writer: psycopg.Connection, plan: str) -> None:
        asked = add_connection(writer, "asked", plan=plan)
        until = datetime.now(UTC) + timedelta(days=2)
        limits.hold_calls(writer, asked, "heavy", until, daily=True)
        writer.execute("UPDATE zoom_call_budgets SET day = day - 3")  # three days later
        assert limits.take_slot(writer, asked, "heavy").parked_until == until

    def test_a_shorter_hold_does_not_end_a_longer_one(self, writer: psycopg.Connection, plan: str) -> None:
        asked = add_connection(writer, "asked", plan=plan)
        longer = datetime.now(UTC) + timedelta(hours=2)
        for daily in (True, False):
            limits.hold_calls(writer, asked, "heavy", longer, daily=daily)
            limits.hold_calls(writer, asked, "heavy", longer - timedelta(hours=1), daily=daily)
        assert limits.take_slot(writer, asked, "heavy").parked_until == longer
        writer.execute("UPDATE zoom_call_budgets SET exhausted_until = NULL")
        assert limits.take_slot(writer, asked, "heavy").wait_seconds == pytest.approx(7200, abs=10)

    def test_a_hold_that_is_over_holds_nobody(self, writer: psycopg.Connection, plan: str) -> None:
        asked = add_connection(writer, "asked", plan=plan)
        for daily in (True, False):
            limits.hold_calls(writer, asked, "heavy", datetime.now(UTC) - timedelta(seconds=1), daily=daily)
        assert limits.take_slot(writer, asked, "heavy") == limits.Slot(0.0, None)


def test_a_plan_without_limits_writes_nothing(writer: psycopg.Connection) -> None:
    free = add_connection(writer, "sandbox", plan="unlimited")
    for label in ("light", "medium", "heavy", SLOW):
        assert limits.take_slot(writer, free, label) == limits.Slot(0.0, None)
    writer.execute("SELECT pg_stat_force_next_flush()")
    written = writer.execute(
        "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE relname LIKE 'zoom_call_%'"
    ).fetchone()
    assert written == (0,)


@pytest.mark.parametrize("plan", ["free", "pro", "business", "unlimited"])
def test_every_plan_knows_every_label(writer: psycopg.Connection, plan: str) -> None:
    connection_id = add_connection(writer, plan, plan=plan)
    for label in ("light", "medium", "heavy", SLOW):
        assert limits.take_slot(writer, connection_id, label).parked_until is None
