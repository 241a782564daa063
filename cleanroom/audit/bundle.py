"""One file that holds a room's log, for whoever checks it offline.

Two forms hold the same: ``.json`` is one document; ``.jsonl`` is the same document without its
entries on the first line, then one entry a line, and is read in constant memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import rfc8785

from cleanroom.audit.memory import PartyMemory
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.files import replacing, write_file
from protocols import merkle

FORMAT: Final = "cleanroom/audit-bundle/1"
ENTRIES_AT_ONCE: Final = 500
LONGEST_LINE: Final = 16 << 20
"""Bytes of the longest line of a ``.jsonl`` that is read: a stranger does not choose our memory."""

_HEAD: Final = {"format", "room", "agreement", "checkpoint", "memories"}

Leaves = Callable[[], Iterable[bytes]]
"""Return the entries' bytes from the first on; called once for each pass over them."""


@dataclass(frozen=True)
class Bundle:
    """Hold a room's log and what its parties remember of it.

    ``hashes`` are the entries' leaf hashes as the bundle states them, or None.  They name the
    first bad entry where the tree alone only says that one is bad.
    """

    room: str
    agreement: Agreement
    checkpoint: str
    memories: tuple[PartyMemory, ...]
    leaves: Leaves
    hashes: tuple[bytes, ...] | None = None

    def head(self) -> dict[str, Any]:
        """Return the bundle without its entries."""
        return {
            "format": FORMAT,
            "room": self.room,
            "agreement": self.agreement.to_json(),
            "checkpoint": self.checkpoint,
            "memories": [memory.to_json() for memory in self.memories],
        }

    def to_json(self) -> dict[str, Any]:
        """Return the bundle as one document."""
        leaves = list(self.leaves())
        return {
            **self.head(),
            "hashes": [merkle.leaf_hash(leaf).hex() for leaf in leaves],
            "entries": [json.loads(leaf) for leaf in leaves],
        }

    def with_memories(self, memories: Sequence[PartyMemory]) -> Bundle:
        """Return the bundle with the memories of more parties; a party's newer one replaces."""
        known = {one.memory.party: one for one in (*self.memories, *memories)}
        return replace(self, memories=tuple(known.values()))


def parse(document: Any) -> Bundle:
    """Read a bundle from JSON values; raise ``AuditFailure`` if it is none."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInput(f"This is not an audit bundle of format {FORMAT}.")
    if set(document) - {"hashes"} != _HEAD | {"entries"}:
        raise AuditFailure("The bundle lacks a field, or has one that nobody checks.")
    entries, hashes = document["entries"], document.get("hashes")
    if not isinstance(entries, list):
        raise AuditFailure("The bundle's entries are not a list.")
    leaves = [canonical_leaf(index, entry) for index, entry in enumerate(entries)]
    return replace(
        _head(document), leaves=lambda: leaves, hashes=None if hashes is None else _hashes(hashes)
    )


def load(path: Path) -> Bundle:
    """Read a bundle file of either form; raise ``InvalidInput`` if there is none."""
    try:
        if path.suffix == ".jsonl":
            return _load_lines(path)
        return parse(strict_json(path.read_bytes()))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None


def save(bundle: Bundle, path: Path) -> None:
    """Write a bundle, whole or not at all, in the form that the file's name asks for."""
    if path.suffix == ".jsonl":
        _save_lines(bundle, path)
    else:
        text = json.dumps(bundle.to_json(), ensure_ascii=False, indent=1)
        write_file(path, text.encode(), 0o644)


def _save_lines(bundle: Bundle, path: Path) -> None:
    with replacing(path, 0o644) as file:
        file.write(rfc8785.dumps(bundle.head()) + b"\n")
        file.writelines(leaf + b"\n" for leaf in bundle.leaves())


def _load_lines(path: Path) -> Bundle:
    with path.open("rb") as file:
        head = strict_json(file.readline(LONGEST_LINE))
    if not isinstance(head, dict) or head.get("format") != FORMAT or set(head) != _HEAD:
        raise InvalidInput(f"{path} does not begin with the head of an audit bundle.")
    return replace(_head(head), leaves=lambda: _lines(path))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.readline(LONGEST_LINE)
        index = 0
        while line := file.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                raise AuditFailure(f"Entry {index}: its line is cut off or too long.")
            yield line[:-1]
            index += 1


def _head(document: dict[str, Any]) -> Bundle:
    try:
        agreement = Agreement.from_json(document["agreement"])
        memories = tuple(PartyMemory.from_json(one) for one in document["memories"])
    except (InvalidInput, TypeError, ValueError) as error:
        raise AuditFailure(f"The bundle: {error}") from None
    room, checkpoint = document["room"], document["checkpoint"]
    if not isinstance(room, str) or not isinstance(checkpoint, str):
        raise AuditFailure("The bundle's room and checkpoint are not strings.")
    return Bundle(room, agreement, checkpoint, memories, tuple)


def canonical_leaf(index: int, entry: Any) -> bytes:
    """Return an entry's bytes; raise ``AuditFailure`` for one without a canonical form."""
    try:
        return rfc8785.dumps(entry)
    except (ValueError, RecursionError):
        raise AuditFailure(f"Entry {index}: it has no canonical form.") from None


def _hashes(values: Any) -> tuple[bytes, ...]:
    try:
        return tuple(bytes.fromhex(value) for value in values)
    except (TypeError, ValueError):
        raise AuditFailure("The bundle's hashes are not a list of hexadecimal digits.") from None


def strict_json(data: bytes) -> Any:
    """Read JSON in which no name is given twice: two readers must not see two documents."""
    try:
        return json.loads(data, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise AuditFailure(f"The bundle is not JSON: {error}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")
