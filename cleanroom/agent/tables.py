"""Keep a validated table in the vault, so that jobs need the party's file no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from cleanroom.agent.vault import Blocks, StoredArray, Vault, blocks_of
from cleanroom.errors import InvalidInput
from cleanroom.ingest import Table
from cleanroom.ingest.report import Report
from cleanroom.ingest.table import LabelColumn
from protocols.strings import PackedStrings

COMPARED = 1 << 20
"""Entries of an array that are compared at a time."""

PER_BLOCK = 1 << 18
"""People that are decrypted at a time."""


def save_table(vault: Vault, path: Path, table: Table) -> None:
    """Encrypt a table: its people and their values into files of their own, the rest into one."""
    vault.write_arrays(_people(path), **_packed(table.people))
    vault.write_arrays(_values(path), **_packed(table.values))
    if table.identifiers is not None:
        vault.write_arrays(_identifiers(path), identifiers=table.identifiers)
    vault.write_arrays(path, **_columns_of(table), head=_head(table))


def holds_rows(vault: Vault, path: Path, table: Table) -> bool:
    """Tell whether a table that was saved holds the same rows in the same order as another."""
    files = {_people(path): _packed(table.people), _values(path): _packed(table.values)}
    if (table.identifiers is not None) != _identifiers(path).exists():
        return False
    if table.identifiers is not None:
        files[_identifiers(path)] = {"identifiers": table.identifiers}
    files[path] = {**_columns_of(table)}
    for file, arrays in files.items():
        with vault.opened_arrays(_there(file)) as stored:
            head = stored.pop("head", None)
            if head is not None and _described(head[:]) != _described(_columns(table)):
                return False
            if stored.keys() != arrays.keys() or not all(
                _are_equal(stored[name], blocks_of(arrays[name])) for name in stored
            ):
                return False
    return True


def _described(head: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Return what a head says of the columns, and not of the file they came from."""
    found: dict[str, Any] = json.loads(head.tobytes())
    found.pop("report", None)
    return found


def _are_equal(stored: StoredArray, other: Blocks) -> bool:
    if (stored.shape, stored.dtype) != (other.shape, other.dtype):
        return False
    start = 0
    for block in other.blocks:
        for some in np.array_split(block, max(1, -(-len(block) // COMPARED))):
            if not np.array_equal(stored[start : start + len(some)], some):
                return False
            start += len(some)
    return True


def _people(path: Path) -> Path:
    return path.with_name(f"{path.name}-people")


def _values(path: Path) -> Path:
    return path.with_name(f"{path.name}-values")


def _identifiers(path: Path) -> Path:
    return path.with_name(f"{path.name}-identifiers")


def _packed(strings: PackedStrings) -> dict[str, npt.NDArray[Any] | Blocks]:
    text = (block.buffer for block in strings.blocks())
    ends = np.dtype(np.int64)
    return {
        "buffer": Blocks(np.dtype(np.uint8), (strings.size,), text),
        "offsets": Blocks(ends, (len(strings) + 1,), _offsets(strings)),
    }


def _offsets(strings: PackedStrings) -> Iterator[npt.NDArray[np.int64]]:
    yield np.zeros(1, dtype=np.int64)
    end = 0
    for block in strings.blocks():
        yield block.offsets[1:] + end
        end += int(block.offsets[-1])


def _columns_of(table: Table) -> dict[str, npt.NDArray[Any]]:
    arrays: dict[str, npt.NDArray[Any]] = {"person": table.person}
    for position, label in enumerate(table.labels.values()):
        arrays[f"label.{position}"] = label.codes
    for position, measure in enumerate(table.measures.values()):
        arrays[f"measure.{position}"] = measure
    if table.time is not None:
        arrays["time"] = table.time
    if table.action is not None:
        arrays["action"] = table.action
    return arrays


def _head(table: Table) -> npt.NDArray[np.uint8]:
    # What is not read is nobody's business later: an erasure would have to look for people in it,
    # and the first or the last time, the least or the greatest value, the most rows may be theirs.
    left_out = tuple(replace(one, values=()) for one in table.report.left_out)
    report = replace(
        table.report, unread=(), left_out=left_out, times=None, totals={}, most_rows={}
    )
    return _columns(table, report=report.to_json())


def _columns(table: Table, **more: Any) -> npt.NDArray[np.uint8]:
    labels = {name: label.domain for name, label in table.labels.items()}
    head = {"labels": labels, "measures": list(table.measures), **more}
    return np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)


def _there(file: Path) -> Path:
    if not file.exists():
        raise InvalidInput(
            "These rows were deleted: their agreed retention period is over.",
            remedy="Send the next version: cleanroom dataset refresh",
        )
    return file


def load_people(vault: Vault, path: Path) -> PackedStrings:
    """Decrypt a table's distinct people alone: all that an alignment needs of it."""
    return PackedStrings(**vault.read_arrays(_there(_people(path))))


def count_people(vault: Vault, path: Path) -> int:
    """Return how many distinct people a table has."""
    with vault.opened_arrays(_there(_people(path))) as stored:
        return len(stored["offsets"]) - 1


def people_in_blocks(vault: Vault, path: Path) -> Iterator[PackedStrings]:
    """Decrypt a table's distinct people block by block."""
    with vault.opened_arrays(_there(_people(path))) as stored:
        buffer, offsets = stored["buffer"], stored["offsets"]
        for start in range(0, len(offsets) - 1, PER_BLOCK):
            ends = offsets[start : start + PER_BLOCK + 1]
            text = buffer[int(ends[0]) : int(ends[-1])]
            yield PackedStrings(text, ends - ends[0])


def load_identifiers(vault: Vault, path: Path) -> npt.NDArray[np.int64] | None:
    """Decrypt which of a table's distinct people are one; None where each is a person."""
    file = _identifiers(path)
    return vault.read_arrays(file)["identifiers"] if file.exists() else None


def load_table(vault: Vault, path: Path) -> Table:
    """Decrypt a table."""
    return replace(
        load_columns(vault, path),
        people=load_people(vault, path),
        values=PackedStrings(**vault.read_arrays(_values(path))),
        identifiers=load_identifiers(vault, path),
    )


def load_columns(vault: Vault, path: Path) -> Table:
    """Decrypt a table without its strings, which are most of it."""
    arrays = vault.read_arrays(_there(path))
    head = json.loads(arrays["head"].tobytes())
    head["report"].pop("unusable")
    return Table(
        people=PackedStrings.pack([]),
        values=PackedStrings.pack([]),
        person=arrays["person"],
        labels={
            name: LabelColumn(arrays[f"label.{position}"], tuple(domain))
            for position, (name, domain) in enumerate(head["labels"].items())
        },
        measures={name: arrays[f"measure.{i}"] for i, name in enumerate(head["measures"])},
        time=arrays.get("time"),
        action=arrays.get("action"),
        report=_reports().validate_python(head["report"]),
    )


@cache
def _reports() -> TypeAdapter[Report]:
    """Return what reads a report; making it takes longer than a short command may."""
    return TypeAdapter(Report)
