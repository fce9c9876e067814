"""Runs groups in rounds, each contender's order moved between rounds so that a drift of the machine meets all alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.fernet import Fernet

from benchmarks.measure import ContenderFailed, Measured, Order, measure
from benchmarks.servers import Servers, lists_of
from benchmarks.suite import CHANGED, Entry, Group
from rollcall.secrets import Keyring
from rollcall.sync.connections import add_connection
from sandbox.zoom.harness import Sandbox
from sandbox.zoom.oauth import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET

SHARE_CHANGED = 0.01


@dataclass
class Result:
    """What the rounds of one run of one entry gave, or why there is nothing."""

    entry: Entry
    run: str
    rounds: list[Measured] = field(default_factory=list)
    failure: str = ""


def run_group(servers: Servers, group: Group, rounds: int, say: Callable[[str], None]) -> list[Result]:
    """Measure a group's entries; the results are in the order of the group. Sandboxes that it started end with it."""
    results = {(entry, run): Result(entry, run) for entry in group.entries for run in entry.runs}
    with servers.worlds():
        for number in range(rounds):
            for entry in _turned(group.entries, number, rounds):
                if number and (entry.once or any(results[entry, run].failure for run in entry.runs)):
                    continue
                say(
                    f"{group.title}, round {number + 1} of {rounds}: {entry.contender.name} {entry.case}".strip()
                )
                _run_entry(servers, entry, results)
    return list(results.values())


def _turned(entries: tuple[Entry, ...], number: int, rounds: int) -> tuple[Entry, ...]:
    start = number * len(entries) // rounds
    return (*entries[start:], *entries[:start])


def _run_entry(servers: Servers, entry: Entry, results: Mapping[tuple[Entry, str], Result]) -> None:
    if not entry.contender.is_installed:
        results[entry, entry.runs[0]].failure = "not installed: `make bench` tries to"
        return
    todo = list(entry.runs)
    try:
        for run, measured in _runs(servers, entry):
            results[entry, run].rounds.append(measured)
            todo.remove(run)
    except ContenderFailed as failed:
        results[entry, todo[0]].failure = str(failed)


def _runs(servers: Servers, entry: Entry) -> Iterator[tuple[str, Measured]]:
    zoom = servers.sandbox(entry.world)
    since = entry.since.timestamp() if entry.since else 0
    lists = [one for one in lists_of(zoom) if one["end"] >= since]
    expected = sum(one["rows"] for one in lists)
    token = str(zoom.grant().json()["access_token"])
    with servers.database() as dsn, tempfile.TemporaryDirectory(prefix="rollcall-benchmark-") as folder:
        key = Fernet.generate_key().decode()
        _connect(dsn, key, zoom, entry.world.limits)
        order = Order(dsn, zoom.api_url, token, lists, {**entry.contender.more, "key": key, "folder": folder})
        for run in entry.runs:
            if run == CHANGED:
                zoom.edit("change_leaves", share=SHARE_CHANGED)
            yield (
                run,
                measure(
                    entry.contender.command,
                    order,
                    zoom,
                    servers.postmaster,
                    expected,
                    is_first=run == entry.runs[0],
                ),
            )


def _connect(dsn: str, key: str, zoom: Sandbox, limits: str) -> None:
    add_connection(
        f"{dsn}?options=-csearch_path%3Drollcall,public",
        Keyring([key]),
        name="sandbox",
        account_id=ACCOUNT_ID,
        kind="server_to_server",
        plan="unlimited" if limits == "off" else limits,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        api_url=zoom.api_url,
        oauth_url=zoom.oauth_url,
    )
