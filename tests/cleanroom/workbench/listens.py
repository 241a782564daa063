"""Wait for a signal; one that is deaf does not end on SIGTERM."""

from __future__ import annotations

import os
import signal

if __name__ == "__main__":
    if os.environ["DEAF"] == "yes":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        signal.pause()
