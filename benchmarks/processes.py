"""Keep what every process of a measured run reports of itself: processor seconds, peak memory.

A process belongs to a run if its command line or its environment names the run's folder; the
measuring one belongs to none, unless it is asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PERIOD_SECONDS = 0.3


@dataclass
class Process:
    """What one process has used: peak resident KiB, and seconds of processor time."""

    name: str
    peak: int = 0
    seconds: float = 0.0


@contextmanager
def watched(folder: Path, own: bool = False) -> Iterator[dict[str, Process]]:
    """Yield the processes of a run, by number, kept up to date until the block ends."""
    seen: dict[str, Process] = {}
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.wait(PERIOD_SECONDS):
            look(seen, folder, own)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        look(seen, folder, own)
        stopped.set()
        thread.join()


def look(seen: dict[str, Process], folder: Path, own: bool) -> None:
    tick, me, named = os.sysconf("SC_CLK_TCK"), str(os.getpid()), str(folder).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            texts = [entry.joinpath(name).read_bytes() for name in ("cmdline", "environ")]
            if own if entry.name == me else any(named in text for text in texts):
                fields = entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()
                process = seen.setdefault(entry.name, Process(name_of(entry)))
                process.seconds = (int(fields[11]) + int(fields[12])) / tick
                process.peak = max(process.peak, peak_of(entry))
        except (OSError, IndexError):
            continue


def name_of(entry: Path) -> str:
    command = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
    environment = entry.joinpath("environ").read_bytes().split(b"\0")
    homes = [line.decode() for line in environment if line.startswith(b"CLEANROOM_HOME=")]
    return f"{Path(homes[0]).name if homes else '':9}{command[-70:]}"


def peak_of(entry: Path) -> int:
    for line in entry.joinpath("status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def processor_seconds(seen: dict[str, Process]) -> float:
    return sum(process.seconds for process in list(seen.values()))


def largest(seen: dict[str, Process], count: int = 14) -> list[str]:
    """Return a line for each of the busiest processes."""
    ranked = sorted(seen.values(), key=lambda process: -process.seconds)[:count]
    return [f"{one.peak / 1024:6.0f} MiB {one.seconds:7.1f} s  {one.name}" for one in ranked]
