"""What was measured with what: versions, and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.contenders import PEERS
from sandbox.zoom.harness import ROOT

_PEERS = (("dlt", "dlt"), ("tap", "tap-zoom"), ("target", "meltanolabs-target-postgres"))


def versions(postgres: str) -> Iterator[tuple[str, str]]:
    """Names and versions; `postgres` is what the server says."""
    yield "rollcall", _commit()
    yield "Python", platform.python_version()
    yield "Postgres", postgres
    for environment, package in _PEERS:
        yield package, _installed(environment, package)


def machine() -> str:
    """Cores, processor, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{cores} cores ({_processor()}), {memory:.0f} GB of memory, {platform.system()} {platform.release()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    commit = _said("git", "rev-parse", "--short=10", "HEAD")
    if not commit:
        return "not from git"
    return (
        f"{commit}, with changes" if _said("git", "status", "--porcelain", "--untracked-files=no") else commit
    )


def _installed(environment: str, package: str) -> str:
    question = f"from importlib.metadata import version; print(version({package!r}))"
    return _said(str(PEERS / environment / "bin/python"), "-c", question) or "not installed"


def _said(*command: str) -> str:
    try:
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
