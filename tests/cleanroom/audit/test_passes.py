"""What both passes over a log rest on: canonical bytes, heads far behind, jobs that ended."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import rfc8785

from cleanroom.audit.canonical import Canonical
from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry
from cleanroom.audit.history.ended import EndedJobs
from cleanroom.audit.history.heads import RUNS_IN_MEMORY, Hashes, Heads
from cleanroom.errors import AuditFailure
from protocols import merkle
from protocols.checkpoint import Checkpoint

LARGEST = (1 << 53) - 1
ENTRY: dict[str, Any] = {
    "actor": "mediator", "detail": None, "facts": {}, "index": 0, "kind": "job.fail",
    "outcome": "accepted", "room": "0" * 32, "rule": None, "statement": None, "time": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    "value", [LARGEST, -LARGEST, 0, 0.5, 1e21, 1e-7, {"\U0001f600": 1, "\uff00": 2}, "\x7f\t\u2028"]
)
def test_canonical_bytes_are_read(value: Any) -> None:
    leaf = rfc8785.dumps({**ENTRY, "facts": {"a": value}})
    assert Canonical().read(0, leaf).value["facts"] == {"a": value}


@pytest.mark.parametrize(
    "value",
    [str(LARGEST + 1), str(-LARGEST - 1), str(1 << 80), "9" * 5000, "1.0", "1e5", "-0", "-0.0",
     "NaN", r'"\/"', r'"\ud800"', '{"a":1,"a":1}', '{"\uff00":2,"\U0001f600":1}',
     "[" * 100_000 + "]" * 100_000],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)  # fmt: skip
def test_other_spellings_and_other_numbers_are_refused(value: str) -> None:
    leaf = rfc8785.dumps(ENTRY).replace(b'"facts":{}', b'"facts":{"a":%b}' % value.encode())
    with pytest.raises(BadEntry, match="not canonical"):
        Canonical().read(0, leaf)


def test_a_time_is_a_number_of_the_format() -> None:
    leaf = rfc8785.dumps(ENTRY).replace(b'"time":5', b'"time":%d' % (LARGEST + 1))
    with pytest.raises(BadEntry, match="not canonical"):
        Canonical().read(0, leaf)


RUNS = [
    np.frombuffer(b"".join(hashlib.sha256(bytes([run, n])).digest() for n in range(3)), np.uint8)
    .reshape(3, 32)
    for run in range(RUNS_IN_MEMORY + 4)
]  # fmt: skip
VOUCHED = 4


def heads_that_wait(root: bytes | None = None) -> Heads:
    """Grow a tree, and vouch at its end for a head that is long past."""
    heads, frontier = Heads([]), merkle.Frontier()
    for leaf in np.concatenate(RUNS)[:VOUCHED]:
        frontier.append(leaf.tobytes())
    for hashes in RUNS[:-1]:
        heads.grow(hashes, [])
    heads.grow(RUNS[-1], [VOUCHED])
    head = Checkpoint("log", VOUCHED, root or frontier.root())
    heads.cosigned(Seen(60, 0, "audit.cosign", "acme", True, 0, "", "", {}, {}, None, head))
    return heads


def test_a_head_far_behind_is_compared_in_a_second_pass() -> None:
    heads_that_wait().compare_late(RUNS)
    with pytest.raises(AuditFailure, match="acme vouched in entry 60 for a different log of 4"):
        heads_that_wait(bytes(32)).compare_late(RUNS)


@pytest.mark.parametrize(
    "second", [[], RUNS[:1], RUNS[:-1], [*RUNS[:-1], RUNS[0]], [*RUNS, RUNS[0]]]
)
def test_a_second_pass_over_other_entries_proves_nothing(second: list[Hashes]) -> None:
    for root in (None, bytes(32)):
        with pytest.raises(AuditFailure):
            heads_that_wait(root).compare_late(second)


def test_an_ended_job_has_one_name() -> None:
    jobs = EndedJobs()
    jobs.add("ab" * 16, (("release", "acme"),), None)
    assert jobs.readers("ab" * 16) == (("release", "acme"),)
    for name in ("AB" * 16, "ab " * 16, "ab" * 15, "", "no job"):
        assert jobs.readers(name) is None
