"""target-postgres with its rows by COPY: messages come over stdin, `python -m benchmarks.peers.target_run FOLDER`.

The file `ready` in the folder says that it has been imported, `ended` when the last row was stored.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from target_postgres.target import TargetPostgres

from benchmarks.clock import peak_megabytes, processor_seconds


def main() -> None:
    """Store what comes until the tap has ended."""
    folder = Path(sys.argv[1])
    spent = processor_seconds()
    (folder / "ready").touch()
    TargetPostgres.cli(["--config", str(folder / "target.json")], standalone_mode=False)
    ended = {"ended": time.monotonic(), "spent": spent, "peak_mb": peak_megabytes()}
    (folder / "ended").write_text(json.dumps(ended), encoding="utf-8")


if __name__ == "__main__":
    main()
