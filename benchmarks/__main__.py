"""`make bench`: rollcall beside what people use today, on the same sandbox and the same Postgres.

    python -m benchmarks [--quick] [--group GROUP …] [--only WORD …] [--rounds N] [--scale S]

A full run writes docs/benchmarks.md; with any of the options it prints only. GROUP is headline, cases, growth, limits
or airflow; WORD chooses contenders and cases: `--group headline --only rollcall-2 --only dlt`.
"""

from __future__ import annotations

import argparse
import dataclasses
import signal
import sys
from collections.abc import Sequence

from rich.console import Console

from benchmarks import zoom_sync
from benchmarks.machine import machine, versions
from benchmarks.report import PAGE, write_page
from benchmarks.running import Result, run_group
from benchmarks.servers import Servers
from benchmarks.suite import Entry, Group, suite
from benchmarks.table import LEGEND, Block, comparison, growth, limits, phases
from benchmarks.targets import targets

_ROUNDS = 3
_QUICK_SCALE = 0.1


def chosen(groups: Sequence[Group], keys: Sequence[str], words: Sequence[str]) -> list[Group]:
    """Those groups, with those entries that a word fits; all where nothing is named."""

    def fits(entry: Entry) -> bool:
        names = (entry.contender.key, entry.contender.name, entry.case)
        return not words or any(word in name for word in words for name in names)

    kept = [
        dataclasses.replace(group, entries=tuple(entry for entry in group.entries if fits(entry)))
        for group in groups
        if not keys or group.key in keys
    ]
    return [group for group in kept if group.entries]


def blocks_of(found: dict[str, list[Result]], groups: Sequence[Group]) -> list[Block]:
    """The tables of all groups that were measured."""
    blocks = []
    for group in groups:
        results = found[group.key]
        if group.key == "growth":
            blocks.append(growth(results))
        elif group.key == "limits":
            blocks.append(limits(results))
        else:
            blocks.append(comparison(group.title, results))
    blocks.append(phases([result for results in found.values() for result in results]))
    return blocks


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--group", action="append", default=[], help="measure these groups")
    parser.add_argument("--only", action="append", default=[], metavar="WORD", help="measure what this fits")
    parser.add_argument("--rounds", type=int, help=f"rounds, {_ROUNDS} unless --quick")
    parser.add_argument("--scale", type=float, help="share of the rows, 1 unless --quick")
    return parser.parse_args()


def main() -> int:
    """Run the benchmark; 1 where a contender that was there failed."""
    # Whoever ends the benchmark wants its servers to end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    args = arguments()
    rounds = args.rounds or (1 if args.quick else _ROUNDS)
    scale = args.scale or (_QUICK_SCALE if args.quick else 1.0)
    groups = chosen(suite(scale, is_quick=args.quick), args.group, args.only)
    console = Console(width=170, highlight=False)
    found: dict[str, list[Result]] = {}
    with console.status("Starting Postgres") as status, Servers() as servers:
        for group in groups:
            found[group.key] = run_group(servers, group, rounds, status.update)
        known = list(versions(servers.version))
    blocks = blocks_of(found, groups)
    promises = targets(found)
    if scale < 1:
        promises = dataclasses.replace(
            promises, title="Promises, which are about the full benchmark: here fixed costs rule"
        )
    if "airflow" in args.group or not (args.group or args.only):
        with console.status("Syncing through Airflow"):
            through = zoom_sync.measure("headline", 2, rounds, scale)
        blocks += through.blocks()
        promises = dataclasses.replace(promises, rows=[*promises.rows, *through.promises()])
    blocks.append(promises)
    for block in blocks:
        if block.rows:
            console.print(block.rich(), "")
    console.print(*LEGEND, sep="\n", soft_wrap=True)
    if args == argparse.Namespace(quick=False, group=[], only=[], rounds=None, scale=None):
        write_page(blocks, known, machine(), rounds)
        console.print(f"Written to {PAGE}", soft_wrap=True)
    failures = [result.failure for results in found.values() for result in results if result.failure]
    return 1 if any(not failure.startswith("not installed") for failure in failures) else 0


if __name__ == "__main__":
    sys.exit(main())
