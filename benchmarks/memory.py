"""Peak memory of every process that takes part, sampled while it lives; on Linux the kernel keeps the peak itself.

A client's memory is what is resident. A backend's is its private memory: the pages of the shared buffers that it
touched are no memory of its own, though they count as resident.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

_SAMPLE_SECONDS = 0.1
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_PRIVATE = re.compile(r"RssAnon:\s+(\d+) kB")


def _read(process: psutil.Process, pattern: re.Pattern[str]) -> float | None:
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = pattern.search(status)
    return int(found[1]) / 1000 if found else None


def client_megabytes(process: psutil.Process) -> float:
    """Most memory that was ever resident, in MB; where the system does not tell, what is now."""
    peak = _read(process, _PEAK)
    return peak if peak is not None else float(process.memory_info().rss) / 1e6


def backend_megabytes(process: psutil.Process) -> float:
    """Private memory at this moment, in MB."""
    private = _read(process, _PRIVATE)
    return private if private is not None else float(process.memory_full_info().uss) / 1e6


class Memory(threading.Thread):
    """Watches the family of process `client` and the backends of `database`, until stopped.

    `client_mb` and `backend_mb` are the most that any one process had.
    """

    def __init__(self, client: int, postmaster: int, database: str) -> None:
        super().__init__(daemon=True)
        self.client_mb = 0.0
        self.backend_mb = 0.0
        self._client = client
        self._postmaster = psutil.Process(postmaster)
        self._database = database
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until stopped."""
        while not self._ended.wait(_SAMPLE_SECONDS):
            for process in self._clients():
                self.client_mb = max(self.client_mb, _or_none(client_megabytes, process))
            for process in self._postmaster.children():
                if self._works_for_us(process):
                    self.backend_mb = max(self.backend_mb, _or_none(backend_megabytes, process))

    def stop(self) -> None:
        """End the sampling."""
        self._ended.set()
        self.join()

    def _clients(self) -> list[psutil.Process]:
        try:
            client = psutil.Process(self._client)
            return [client, *client.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _works_for_us(self, process: psutil.Process) -> bool:
        try:
            title = " ".join(process.cmdline())
        except psutil.Error:
            return False
        return f" {self._database} " in title or "parallel worker" in title


def _or_none(measure: Callable[[psutil.Process], float], process: psutil.Process) -> float:
    try:
        return measure(process)
    except psutil.Error:
        return 0.0


def server_processor_seconds(postmaster: int) -> float:
    """Processor time that a Postgres server used so far, with all its processes, those that ended too."""
    head = psutil.Process(postmaster)
    own = head.cpu_times()
    spent = own.user + own.system + own.children_user + own.children_system
    for process in head.children(recursive=True):
        try:
            times = process.cpu_times()
            spent += times.user + times.system
        except psutil.Error:
            continue
    return float(spent)
