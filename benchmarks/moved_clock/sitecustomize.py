"""Move the clock of every program that finds this file first on its path.

``MOVED_CLOCK`` names a file of eight bytes, a double: seconds that are added to the clock on the
wall from the moment they are written.  Clocks that measure a wait are left alone.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from datetime import datetime, timedelta, timezone, tzinfo
from types import SimpleNamespace

if name := os.environ.get("MOVED_CLOCK"):
    with open(name, "r+b") as file:  # noqa: PTH123
        view = mmap.mmap(file.fileno(), 8)
    real = time.time

    def moved() -> float:
        return real() + struct.unpack("d", view[:8])[0]

    time.time = moved
    time.time_ns = lambda: int(moved() * 1e9)

    class Moved(datetime):
        """What signs requests reads this one."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.fromtimestamp(moved(), tz)

    import http_message_signatures.signatures as signing

    signing.datetime = SimpleNamespace(datetime=Moved, timedelta=timedelta, timezone=timezone)
