"""Measure what reading a dataset takes, here and on Spark: python -m benchmarks.reading ROWS FILES.

    python -m benchmarks.reading 16000000 16
    python -m benchmarks.reading 16000000 1 "local[1]"

Made-up people with an address, a label and a measure lie in so many CSV files.  Prints rows,
seconds, processor seconds of this process and of all that it started, and the most memory that
this process held: anonymous memory, which nothing but the process can free, and pages of files.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.source_memory import write_files
from cleanroom.ingest.engines import LOCAL, SPARK, engine
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.system import in_background

PERIOD = 0.1
TICKS = os.sysconf("SC_CLK_TCK")
KINDS = ("RssAnon", "RssFile")


def spec() -> DatasetSpec:
    """Describe the audience."""
    fields = {"kind": "audience", "id": {"column": "email", "profile": "email:uid2:v1"}}
    measures = {"spend": {"column": "spend", "max": 2000, "decimals": 0}}
    said = {"file": "export", "labels": ["tier"], "measures": measures, "duplicates": "sum"}
    return DatasetSpec.model_validate(fields | said)


def held() -> dict[str, int]:
    """Return the bytes of memory that this process holds, by kind."""
    lines = Path("/proc/self/status").read_text().splitlines()
    pairs = (line.split(":") for line in lines)
    return {name: int(text.split()[0]) << 10 for name, text in pairs if name in KINDS}


class Watch:
    """Look at this process and at all that it started, again and again."""

    def __init__(self) -> None:
        self.peak = dict.fromkeys(KINDS, 0)
        self.ticks: dict[int, int] = {}

    def look(self, over: threading.Event) -> None:
        """Look until it is over, and once more."""
        going_on = True
        while going_on:
            going_on = not over.wait(PERIOD)
            now = held()
            self.peak = {name: max(now[name], most) for name, most in self.peak.items()}
            self._count(os.getpid())

    def _count(self, process: int) -> None:
        """Keep the processor time of the children of a process, and of theirs."""
        try:
            children = Path(f"/proc/{process}/task").glob("*/children")
            for child in " ".join(file.read_text() for file in children).split():
                fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                self.ticks[int(child)] = int(fields[11]) + int(fields[12])
                self._count(int(child))
        except OSError:
            return  # it has ended


def main(rows: int, files: int, master: str | None) -> None:
    """Measure one reading."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder / "export", rows, "csv", files)
        watch, begun, before = Watch(), time.perf_counter(), time.process_time()
        with in_background(watch.look), engine(SPARK if master else LOCAL, master) as read:
            table = read(spec(), folder, None)
    found = {
        "engine": master or LOCAL,
        "rows": table.rows,
        "files": files,
        "seconds": round(time.perf_counter() - begun, 1),
        "processor_seconds": round(time.process_time() - before, 1),
        "processor_seconds_of_others": round(sum(watch.ticks.values()) / TICKS, 1),
        "anonymous_megabytes": watch.peak["RssAnon"] >> 20,
        "file_megabytes": watch.peak["RssFile"] >> 20,
        "load": round(os.getloadavg()[0], 1),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
