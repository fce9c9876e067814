"""`python -m sandbox.zoom`: the fake Zoom from the command line."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sandbox.serving import write_port
from sandbox.zoom import truth_file
from sandbox.zoom.application import Settings
from sandbox.zoom.limits import PLANS
from sandbox.zoom.paging import TOKEN_LIFE
from sandbox.zoom.profiles import PROFILES, profile
from sandbox.zoom.report import NotAReportError
from sandbox.zoom.report_world import world_from_file
from sandbox.zoom.server import serve


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line. Exits with 2 on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.zoom", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port once the server answers")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="demo", help="which world")
    parser.add_argument("--seed", type=int, default=1, help="another number, another world of the same kind")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the rows")
    parser.add_argument(
        "--report", type=Path, help="replay an attendee report from Zoom's portal (CSV) instead"
    )
    parser.add_argument("--truth", type=Path, help="where to write what a complete sync must find (JSON)")
    parser.add_argument("--limits", choices=PLANS, default="off", help="enforce the rate limits of a plan")
    parser.add_argument("--latency-ms", type=float, default=0, help="delay each answer")
    parser.add_argument("--token-life", type=float, default=TOKEN_LIFE, help="seconds a page token lives")
    parser.add_argument("--now", type=_moment, help="the world's present, ISO 8601; default: the real one")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Exit code 2 for a report that is none or a port that is taken."""
    args = arguments(argv)
    now = time.time() if args.now is None else args.now
    try:
        if args.report is not None:
            world = world_from_file(args.report, now)
        else:
            world = profile(args.profile, now, args.seed, args.scale)
        if args.truth is not None:
            truth_file.write(world, args.truth)
    except NotAReportError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"sandbox: can't use {error.filename}: {error.strerror}; give another path", file=sys.stderr)
        return 2

    def ready(port: int) -> None:
        if args.port_file is not None:
            write_port(args.port_file, port)
        print(f"sandbox: Zoom on http://127.0.0.1:{port}/v2", flush=True)

    try:
        settings = Settings(args.limits, args.latency_ms / 1000, args.token_life)
        serve(world, settings, port=args.port, ready=ready)
    except OSError as error:
        print(f"sandbox: can't serve on port {args.port}: {error}; take another or 0", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
