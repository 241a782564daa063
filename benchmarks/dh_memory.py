"""Measure the memory of each side of an alignment by ``dh``.

    python -m benchmarks.dh_memory 20000
    python -m benchmarks.dh_memory 200000 1000000 --toy

Each argument is a number of rows a side.  Two processes talk by turns, as two agents do; this
process relays and stores.  ``--toy`` puts multiplication modulo 2^64 in the place of the curve:
every array, message and buffer keeps its size, and a million rows take seconds instead of eight
minutes.  Compare a size at which both can be run.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import secrets
import threading
import time
from collections import deque
from multiprocessing.connection import Connection

import numpy as np

from protocols import curve25519
from protocols.alignment import Context, Frame
from protocols.alignment.dh import DhParticipant
from protocols.limits import padded_size
from protocols.sealing import decode_frame, encode_frame
from protocols.strings import PackedStrings

Words = np.ndarray


def _words(packed: bytes) -> Words:
    return np.frombuffer(packed, dtype="<u8").reshape(-1, 4)[:, 0]


def _elements(words: Words) -> bytes:
    rows = np.zeros((len(words), 4), dtype="<u8")
    rows[:, 0] = words
    return rows.tobytes()


def _toy_hash(messages: PackedStrings, _dst: bytes) -> np.ndarray:
    words = [int.from_bytes(hashlib.sha256(m).digest()[:8], "little") | 1 for m in messages]
    packed = _elements(np.array(words, dtype=np.uint64))
    return np.frombuffer(packed, dtype=np.uint8).reshape(-1, 32)


def _toy_inverse(scalar: bytes) -> bytes:
    return pow(int.from_bytes(scalar[:8], "little"), -1, 1 << 64).to_bytes(8, "little") + bytes(24)


def use_toy_group() -> None:
    """Replace the curve; the participant sees no difference."""
    curve25519.hash_many = _toy_hash
    curve25519.check_elements = lambda batch: None
    curve25519.draw_scalars = lambda count, random: _elements(
        np.frombuffer(random(8 * count), dtype="<u8") | np.uint64(1)
    )
    curve25519.invert_scalar = _toy_inverse
    curve25519.multiply_many = lambda scalar, packed: _elements(_words(packed) * _words(scalar))
    curve25519.multiply_each = lambda scalars, packed: _elements(_words(packed) * _words(scalars))


def side(position: int, rows: int, toy: bool, wire: Connection, report: Connection) -> None:
    """Run one side as an agent does, and report distinct T, seconds and peak memory in KiB."""
    if toy:
        use_toy_group()
    width = len(b"email:uid2:v1\0somebody@example.com")
    names = np.frombuffer(secrets.token_bytes(width * rows), dtype=np.uint8)
    packed = PackedStrings(names, width * np.arange(rows + 1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    padded = padded_size(rows)
    context = Context(bytes(16), bytes(16), position, padded, padded)
    participant = DhParticipant(context, packed, secrets.token_bytes)
    start, outgoing = time.process_time(), participant.start()
    while not participant.finished:
        frame: Frame | None = next(outgoing, None)
        if frame is not None:
            wire.send_bytes(encode_frame(frame))
        if wire.poll(0 if frame is not None else None):
            for reply in participant.receive(decode_frame(wire.recv_bytes())):
                wire.send_bytes(encode_frame(reply))
    digest = {row.tobytes() for row in participant.secrets()[:1000]}
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report.send((len(digest), time.process_time() - start, before, after))


def relay(source: Connection, target: Connection) -> None:
    """Store whatever comes and pass it on, so that no side waits for the other to read."""
    stored: deque[bytes] = deque()
    arrived = threading.Semaphore(0)

    def write() -> None:
        while True:
            arrived.acquire()
            try:
                target.send_bytes(stored.popleft())
            except OSError:
                return

    threading.Thread(target=write, daemon=True).start()
    while True:
        try:
            stored.append(source.recv_bytes())
        except EOFError:
            return
        arrived.release()


def measure(rows: int, toy: bool) -> None:
    """Run one size and print a line per side."""
    spawn = multiprocessing.get_context("spawn")
    wires = [spawn.Pipe() for _ in range(2)]
    reports = [spawn.Pipe() for _ in range(2)]
    processes = [
        spawn.Process(target=side, args=(at, rows, toy, wires[at][1], reports[at][1]))
        for at in range(2)
    ]
    for process in processes:
        process.start()
    for at in range(2):
        wires[at][1].close()
        threading.Thread(target=relay, args=(wires[at][0], wires[1 - at][0]), daemon=True).start()
    for at in range(2):
        distinct, cpu, before, after = reports[at][0].recv()
        if distinct != min(1000, rows):
            raise SystemExit("two identifiers have one T")
        print(f"{rows:>9} rows: {after / 1024:6.0f} MiB, {before / 1024:.0f} before, {cpu:.1f} s")
    for process in processes:
        process.join()


def main() -> None:
    """Measure the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[20_000])
    parser.add_argument("--toy", action="store_true")
    given = parser.parse_args()
    for rows in given.rows:
        measure(rows, given.toy)


if __name__ == "__main__":
    main()
