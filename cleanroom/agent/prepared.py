"""Compile what a rehearsal is about to need, beside what it does first.

The loops are compiled at their first call and kept.  Both agents call them first at the same
moment, so on a new machine each would compile all of them, while everybody waits.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from protocols.alignment import ot
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings
from protocols.tokens import audience_tokens


@contextmanager
def compiling() -> Iterator[None]:
    """Compile in a process of its own as long as the block runs; it may fail, which costs time."""
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", __name__]
    process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def compile_all() -> None:
    """Call every loop once, in the order in which a rehearsal needs them."""
    sha256_many(PackedStrings.pack([b"one"]))
    audience_tokens(np.zeros((1, 32), dtype=np.uint8), *3 * (bytes(16),))
    ot.warm_up(secrets.token_bytes)


if __name__ == "__main__":
    compile_all()
