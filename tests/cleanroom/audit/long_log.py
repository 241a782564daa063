"""Write a long log straight into a file, in constant memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rfc8785

from cleanroom.audit.bundle import Bundle
from cleanroom.model.statement import Entry
from protocols import checkpoint as notes
from protocols import merkle
from tests.cleanroom.audit.scene import RoomLog, digest


class Sink:
    """Take entries as a list would, but keep only their count and the tree's frontier."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self.frontier = merkle.Frontier()

    def __len__(self) -> int:
        return self.frontier.size

    def append(self, entry: Entry) -> None:
        leaf = entry.canonical()
        self._file.write(leaf + b"\n")
        self.frontier.append(merkle.leaf_hash(leaf))

    def close(self) -> None:
        self._file.close()


class LongLog(RoomLog):
    """A log whose entries are in a file."""

    def note(self, *_: Any, **__: Any) -> str:
        frontier = self.entries.frontier  # type: ignore[attr-defined]
        head = notes.Checkpoint(
            f"{self.agreement.origin}/{self.room}", frontier.size, frontier.root()
        )
        return notes.sign(head, self.mediator)


def write_long_log(path: Path, entries: int, noise: str = "none") -> LongLog:
    """Write a ``.jsonl`` bundle of at least that many entries: jobs of ten entries each."""
    body = path.with_suffix(".entries")
    sink = Sink(body)
    log = LongLog(noise, rho_budget=900.0, entries=sink)  # type: ignore[arg-type]
    log.open()
    log.upload()
    log.align()
    number = 0
    while len(log.entries) < entries:
        log.run(log.document(f"job-{number}", measures=(), private=digest(str(number))))
        log.vouch(("acme", "telco")[number % 2])
        log.add("audit.read", "eve")
        number += 1
    sink.close()
    memories = tuple(log.memory(party) for party in ("acme", "telco"))
    bundle = Bundle(log.room, log.agreement, log.note(), memories, tuple)
    with path.open("wb") as file, body.open("rb") as lines:
        file.write(rfc8785.dumps(bundle.head()) + b"\n")
        while chunk := lines.read(1 << 20):
            file.write(chunk)
    body.unlink()
    return log
