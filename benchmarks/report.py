"""Writes docs/benchmarks.md from a full run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.table import LEGEND, Block
from sandbox.zoom.harness import ROOT

PAGE = ROOT / "docs/benchmarks.md"

_HEAD = """# Benchmarks

Written by `make bench`; don't edit. `make bench QUICK=1` prints most of it from a tenth of the work and leaves this
page alone. Ratios hold on another machine, seconds don't.

**rollcall** does all of its work here: it finds the instances, reads registrants and panelists, works out who is the
same person, deduplicates sessions, adds up people, instances and webinars, compares with Zoom's totals, and survives a
kill at any point. **The others copy the rows of the participant lists into one keyed table and do nothing more.** They
are handed the list of instances, which rollcall asks the API for.

Each contender runs in its own processes against the same sandbox and the same Postgres server, in a fresh database; a
checkpoint before each run. Figures are medians of {rounds} rounds, which take the contenders in turns. The clock runs
from the first call to the last commit, imports are left out for all.
"""

_PEERS = """## How the others are set up

- **dlt, out of the box**: its rest_api source with a merge on (instance, user_id, join_time).
- **dlt, parallel**: lists side by side, two processes to normalize, CSV by COPY instead of INSERT, orjson, no nested
  tables.
- **dlt, Arrow**: pages become Arrow tables by orjson and pyarrow, loaded as CSV by COPY, merged by MERGE (`upsert`).
- **dlt, Arrow and ADBC**: Arrow tables that the ADBC driver copies in binary; MERGE with `skip_unchanged_rows`.
- **tap-zoom as published**: only its address is changed. It asks by webinar number, so it sees the last instance only,
  and counts pages by number, which the reports don't know, so it reads the first page again and again. Its key is
  (webinar_id, id), and `id` is empty for whoever is not signed in.
- **tap-zoom, key mended**: the key is (webinar_id, user_id, join_time).
- **tap-zoom, mended**: also `next_page_token`, and each instance by its UUID, so that it gets all rows.
- **target-postgres**: rows by COPY (`use_copy`), NULs removed.
- **row at a time**: SELECT, then INSERT or UPDATE, a commit for each page.
- **floors**: as little as any way of copying can do. The one with an upsert has a COPY into an unlogged table, then one
  `INSERT … ON CONFLICT DO UPDATE … WHERE … IS DISTINCT FROM` into a table with a primary key and no other index.

All of it is in `benchmarks/`; the libraries are pinned in `benchmarks/peers/*.lock`.
"""


def write_page(
    blocks: Iterable[Block], versions: Sequence[tuple[str, str]], machine: str, rounds: int, path: Path = PAGE
) -> None:
    """Write the page anew."""
    parts = [_HEAD.format(rounds=rounds)]
    parts += [f"## {block.title}\n\n{block.markdown()}\n" for block in blocks if block.rows]
    parts.append("\n".join(f"- {line}" for line in LEGEND) + "\n")
    parts.append(_PEERS)
    lines = [f"- {name} {version}" for name, version in versions]
    parts.append("\n".join(["## Measured with", "", *lines, f"- {machine}", "- `make bench`", ""]))
    path.write_text("\n".join(parts), encoding="utf-8")
