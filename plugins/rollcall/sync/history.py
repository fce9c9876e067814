"""Which webinars and past instances there are: the account history where it can be had, else host by host.

Zoom's lists overlap and each has holes (Zoom API reference): the webinar list forgets expired ids, the account
history needs a plan and a scope, a host's past events leave out those with fewer than two people, and a numeric id
alone means the latest instance only. So all of them are asked and joined by UUID.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from rollcall.errors import DataFault, ScopeMissing, ServerFault, Unavailable
from rollcall.sources.zoom import endpoints as zoom
from rollcall.sources.zoom.faults import describe
from rollcall.sources.zoom.records import (
    Record,
    history_instance,
    is_webinar,
    is_webinar_of_history,
    listed_instance,
    reported_instance,
    user_id,
    webinar_record,
)
from rollcall.store import gaps, runs
from rollcall.sync.account import Account
from rollcall.sync.dates import months_from
from rollcall.sync.listing import all_records, readable
from rollcall.sync.refusals import record_gap

_WINDOW = timedelta(days=29)  # Zoom takes a month at most; with both end days this is 30
_ACCOUNT_LOOK_BACK = timedelta(days=730)
_MONTHS_SERVED = 6  # for certain; the account's history may reach further back
_THREADS = 8

_REFUSALS = (ScopeMissing, DataFault, ServerFault)

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Found:
    """What discovery saw, joined by id. `instances` have their times and Zoom's totals, `listed` only a start;
    `alive` are the numeric ids that Zoom still lists."""

    webinars: dict[int, Record] = field(default_factory=dict)
    instances: dict[str, Record] = field(default_factory=dict)
    listed: dict[str, Record] = field(default_factory=dict)
    alive: set[int] = field(default_factory=set)

    def add_alive(self, records: Iterable[Record]) -> None:
        """Webinars from a list of those that still have an id."""
        for record in records:
            number = record["zoom_webinar_id"]
            # What this list says of a webinar is better than what its instances do.
            self.webinars[number] = record
            self.alive.add(number)

    def add_instances(self, records: Iterable[Record]) -> None:
        """Instances with their times and totals."""
        for record in records:
            # The account history is asked first and says more than a host's.
            self.instances.setdefault(record["uuid"], record)
            self.webinars.setdefault(
                record["zoom_webinar_id"],
                {key: record[key] for key in ("zoom_webinar_id", "topic", "host_email")},
            )


def discover_account(account: Account, window_from: datetime | None, window_to: datetime) -> Found:
    """Everything that ran between the two moments (None: as far back as Zoom serves), and what is planned."""
    found = Found()
    hosts = _hosts(account)
    if not _add_account_history(account, found, window_from, window_to):
        # A host's events are listed by their start: one that ran over midnight began the day before.
        started_from = window_from and window_from - timedelta(days=1)
        histories = _each(hosts, lambda host: _host_history(account, host, started_from, window_to))
        for records in histories:
            found.add_instances(records)
    for listed in _each(hosts, lambda host: _host_webinars(account, host)):
        found.add_alive(listed)
    started = [number for number in sorted(found.alive) if _may_have_run(found.webinars[number])]
    add_past_instances(account, found, started)
    return found


def add_past_instances(account: Account, found: Found, webinar_ids: Iterable[int]) -> None:
    """Ask for the past instances of each webinar, above all of recurring ones."""

    def ask(number: int) -> list[Record]:
        account.show_progress()
        try:
            rows = account.client.page(zoom.PAST_INSTANCES, str(number)).rows
        except _REFUSALS as refused:
            record_gap(account.conn, account.run_id, "instances", str(number), refused)
            return []
        gaps.close_gap(account.conn, account.run_id, "instances", str(number))
        what = describe(zoom.PAST_INSTANCES, str(number))
        return readable(account, what, rows, partial(listed_instance, number))

    for records in _each(list(webinar_ids), ask):
        for record in records:
            found.listed.setdefault(record["uuid"], record)


def _hosts(account: Account) -> list[str]:
    """Ids of all users who may have hosted, the deactivated ones too."""
    hosts: dict[str, None] = {}
    are_all = True
    for status in ("active", "inactive"):
        try:
            ids = all_records(account, zoom.USERS, user_id, status=status)
        except (ScopeMissing, DataFault) as refused:
            record_gap(account.conn, account.run_id, "host", f"list of {status} users", refused)
            are_all = False
            continue
        _close_gap(account, "host", f"list of {status} users")
        hosts.update(dict.fromkeys(ids))
    if are_all:
        gaps.expect_gone_hosts(account.conn, account.run_id, list(hosts))
    return list(hosts)


def _add_account_history(
    account: Account, found: Found, window_from: datetime | None, window_to: datetime
) -> bool:
    """Read the account's history by month; False where it can't be had, or not whole, and the hosts must tell."""
    is_whole, served = True, False
    for first, last in _windows(window_from, window_to, beyond=_ACCOUNT_LOOK_BACK):
        try:
            records = all_records(
                account,
                zoom.HISTORY_MEETINGS,
                history_instance,
                concerns=is_webinar_of_history,
                **{"from": first, "to": last, "date_type": "end_time"},
            )
        except ScopeMissing as refused:
            # Host by host gives the same instances: on record, but nothing is missing for it.
            record_gap(account.conn, account.run_id, "history", "account", refused, expected=True)
            return False
        except (DataFault, ServerFault) as refused:
            if window_from is None and served and isinstance(refused, Unavailable):
                break  # as far back as Zoom serves
            record_gap(account.conn, account.run_id, "history", "account", refused)
            runs.log_activity(
                account.conn, account.run_id, f"The account's history from {first} to {last} can't be read"
            )
            is_whole = False
            if not served:
                return False
            continue
        served = True
        found.add_instances(records)
    if is_whole and _is_about_all(account):
        # Those of single hosts, too: they are asked only where this can't be had.
        gaps.close_gaps_of_kind(account.conn, account.run_id, "history")
    return is_whole


def _host_history(
    account: Account, host: str, window_from: datetime | None, window_to: datetime
) -> list[Record]:
    records: list[Record] = []
    is_whole, served = True, False
    for first, last in _windows(window_from, window_to):
        try:
            records += all_records(
                account,
                zoom.REPORT_USER_MEETINGS,
                reported_instance,
                host,
                concerns=is_webinar,
                **{"from": first, "to": last},
            )
        except _REFUSALS as refused:
            is_whole = window_from is None and served and isinstance(refused, Unavailable)
            if not is_whole:
                record_gap(account.conn, account.run_id, "history", f"host {host}", refused)
            break
        served = True
    if is_whole:
        _close_gap(account, "history", f"host {host}")
    return records


def _host_webinars(account: Account, host: str) -> list[Record]:
    try:
        records = all_records(account, zoom.USER_WEBINARS, webinar_record, host)
    except _REFUSALS as refused:
        # Most users of an account have no webinar licence: on record, but nothing that anybody need mend.
        record_gap(
            account.conn, account.run_id, "host", host, refused, expected=isinstance(refused, Unavailable)
        )
        return []
    _close_gap(account, "host", host)
    return records


def _close_gap(account: Account, object_kind: str, object_key: str) -> None:
    if _is_about_all(account):
        gaps.close_gap(account.conn, account.run_id, object_kind, object_key)


def _is_about_all(account: Account) -> bool:
    """What was asked of a few days says nothing of the days that were missing."""
    return account.run.mode in ("full", "delta")


def _windows(
    oldest: datetime | None, newest: datetime, *, beyond: timedelta = timedelta(0)
) -> Iterator[tuple[str, str]]:
    """Month-wide windows of whole days (UTC), newest first, that cover both ends.

    Without an oldest moment they end where Zoom's six months do, so that no window is refused for a part of it;
    those of `beyond` come after them.
    """
    newest = newest.astimezone(UTC)
    last = newest.date()
    if oldest is not None:
        ends = [oldest.astimezone(UTC).date()]
    else:
        ends = [months_from(newest, -_MONTHS_SERVED).date(), last - beyond]
    for end in ends:
        while last >= end:
            first = max(end, last - _WINDOW)
            yield first.isoformat(), last.isoformat()
            last = first - timedelta(days=1)


def _may_have_run(record: Record) -> bool:
    start = record.get("start_time")
    return record.get("type") != 5 or not start or datetime.fromisoformat(start) <= datetime.now(UTC)


def _each(items: list[T], ask: Callable[[T], R]) -> list[R]:
    """The answers for all items, asked a few at a time; the first error ends it."""
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(ask, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
