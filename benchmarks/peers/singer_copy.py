"""tap-zoom piped into target-postgres: `python -m benchmarks.peers.singer_copy FOLDER_OF_ENVIRONMENTS VARIANT`.

The target is there before the tap starts, so that the time of its start is no part of the measurement.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.clock import Clock, read_order

_TABLE = "singer.report_webinar_participants"
_LONGEST_START = 60.0


def settings(order: dict[str, Any]) -> dict[str, Any]:
    """The target's configuration."""
    return {
        "sqlalchemy_url": order["dsn"].replace("postgresql://", "postgresql+psycopg://"),
        "default_target_schema": "singer",
        "use_copy": True,
        "sanitize_null_text_characters": True,  # some names hold a NUL
    }


def pipe(environments: Path, variant: str, order: dict[str, Any]) -> None:
    """Run both until all is stored. Raises SystemExit with the last words of the one that failed."""
    folder = Path(order["folder"])
    for name in ("ready", "began", "ended"):
        (folder / name).unlink(missing_ok=True)
    (folder / "target.json").write_text(json.dumps(settings(order)), encoding="utf-8")
    with (folder / "target.log").open("wb") as log, (folder / "tap.log").open("wb") as tap_log:
        target = subprocess.Popen(
            [environments / "target/bin/python", "-m", "benchmarks.peers.target_run", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        _wait_for(folder / "ready", target)
        tap = subprocess.Popen(
            [environments / "tap/bin/python", "-m", "benchmarks.peers.tap_run", variant],
            stdin=subprocess.PIPE,
            stdout=target.stdin,
            stderr=tap_log,
        )
        if target.stdin is not None and tap.stdin is not None:
            target.stdin.close()  # or the target would never see the end
            tap.stdin.write(json.dumps(order).encode() + b"\n")
            tap.stdin.close()
        codes = tap.wait(), target.wait()
    if any(codes):
        failed = folder / ("tap.log" if codes[0] else "target.log")
        said = failed.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise SystemExit(f"the {failed.stem} failed: {said[-1] if said else codes}")


def _wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _LONGEST_START
    while not file.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def main() -> None:
    """Copy everything once."""
    order = read_order()
    folder = Path(order["folder"])
    with Clock() as clock:
        pipe(Path(sys.argv[1]), sys.argv[2], order)
    tap, target = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("began", "ended"))
    clock.tell(
        tables=[_TABLE],
        counted=_TABLE,
        spent_before=tap["spent"] + target["spent"],
        peak_mb=target["peak_mb"],
        began=tap["began"],
        ended=target["ended"],
    )


if __name__ == "__main__":
    main()
