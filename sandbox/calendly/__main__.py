"""`python -m sandbox.calendly`: the fake Calendly from the command line."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson

from sandbox.calendly.application import Calendly, Settings
from sandbox.calendly.control import Control
from sandbox.calendly.limits import PLANS
from sandbox.calendly.paging import TOKEN_DRAINED, TOKEN_LIFE
from sandbox.calendly.profiles import PROFILES, profile
from sandbox.calendly.truth import truth_of
from sandbox.serving import run, write_port


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line. Exits with 2 on a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.calendly", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port once the server answers")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="demo", help="which organization")
    parser.add_argument("--seed", type=int, default=1, help="another number, another one of the same kind")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the events")
    parser.add_argument("--truth", type=Path, help="where to write what a complete sync must find (JSON)")
    parser.add_argument("--limits", choices=PLANS, default="off", help="enforce the rate limit of a plan")
    parser.add_argument("--window-seconds", type=float, default=60, help="how long Calendly's minute lasts")
    parser.add_argument("--latency-ms", type=float, default=0, help="delay each answer")
    parser.add_argument("--token-life", type=float, default=TOKEN_LIFE, help="seconds a page token lives")
    parser.add_argument(
        "--token-drained",
        type=int,
        default=TOKEN_DRAINED,
        help="how many invitee lists may be asked for while a page token waits; -1: any number",
    )
    parser.add_argument(
        "--bounds",
        choices=("exclusive", "inclusive"),
        default="exclusive",
        help="whether an event that starts exactly at a bound of the window is left out",
    )
    parser.add_argument("--deliver", action="store_true", help="send each webhook message at once")
    parser.add_argument(
        "--now", type=_moment, help="the organization's present, ISO 8601; default: the real one"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Exit code 2 for a file that can't be written or a port that is taken."""
    args = arguments(argv)
    world = profile(args.profile, time.time() if args.now is None else args.now, args.seed, args.scale)
    settings = Settings(
        limits=args.limits,
        window=args.window_seconds,
        latency=args.latency_ms / 1000,
        token_life=args.token_life,
        token_drained=args.token_drained,
        exclusive=args.bounds == "exclusive",
        deliver=args.deliver,
    )

    def ready(port: int) -> None:
        if args.port_file is not None:
            write_port(args.port_file, port)
        print(f"sandbox: Calendly on http://127.0.0.1:{port}", flush=True)

    try:
        if args.truth is not None:
            args.truth.write_bytes(orjson.dumps(truth_of(world, world.events.values())))
        run(Control(Calendly(world, settings)), port=args.port, ready=ready)
    except OSError as error:
        print(f"sandbox: can't use port {args.port} or a file: {error}; give others", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
