"""The roots and paths come from transparency-dev/merkle at 417fb0c, folder ``testdata``."""

import hashlib
import json
import os
import random
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import InvalidProofError, LocalError
from protocols.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    root,
    verify_consistency,
    verify_inclusion,
)
from protocols.strings import PackedStrings

ENTRIES = [
    bytes.fromhex(entry)
    for entry in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                  "606162636465666768696a6b6c6d6e6f"]
]  # fmt: skip

ROOTS = {
    0: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    1: "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
    2: "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
    3: "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=",
    5: "Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=",
    6: "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=",
    7: "3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=",
    8: "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
}

A, B = (
    "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
    "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
)
C, D = (
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
)
E, F = (
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
    "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
)
G, H = (
    "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=",
)

INCLUSION = [
    (0, 1, []),
    (0, 8, [A, B, G]),
    (5, 8, [C, E, D]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], B, C]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [A, B, G]),
    (6, 8, [F, E, D]),
    (2, 5, [B, C]),
    (6, 7, [F, H, D]),
]


class Log:
    """Store the nodes of a log like a server does."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier = Frontier()
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        for leaf in leaves:
            for level, index, node in self.frontier.append(leaf):
                assert (level, index) not in self.nodes
                self.nodes[level, index] = node

    def get(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.nodes[level, index]


def by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as the recursion of its text."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + by_the_book(leaves[:k]) + by_the_book(leaves[k:])).digest()


LEAVES = [leaf_hash(entry) for entry in ENTRIES]
LOG = Log(LEAVES)


def decoded(proof: list[str]) -> list[bytes]:
    return [b64decode(item) for item in proof]


@pytest.mark.parametrize("size", ROOTS)
def test_published_roots(size: int) -> None:
    assert root(LEAVES[:size]) == b64decode(ROOTS[size]) == by_the_book(LEAVES[:size])


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_published_inclusion(index: int, size: int, proof: list[str]) -> None:
    assert inclusion_proof(index, size, LOG.get) == decoded(proof)
    verify_inclusion(LEAVES[index], index, size, decoded(proof), b64decode(ROOTS[size]))


@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCY)
def test_published_consistency(first: int, second: int, proof: list[str]) -> None:
    assert consistency_proof(first, second, LOG.get) == decoded(proof)
    roots = b64decode(ROOTS[first]), b64decode(ROOTS[second])
    verify_consistency(first, roots[0], second, roots[1], decoded(proof))


def damaged(proof: list[bytes], others: list[bytes]) -> list[list[bytes]]:
    """The ways in which the published bad vectors damage a proof."""
    result = [[*proof, b""], [*proof, others[0]], [b"", *proof]]
    result += [[*proof, other] for other in others] + [[other, *proof] for other in others]
    for i, item in enumerate(proof):
        flipped = bytes([item[0] ^ 0x10]) + item[1:]
        result += [proof[:i] + [flipped] + proof[i + 1 :], proof[:i] + proof[i + 1 :]]
        result += [proof[:i] + [item[:-1]] + proof[i + 1 :], proof[:i]]
    return result


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_damaged_inclusion(index: int, size: int, proof: list[str]) -> None:
    leaf, good, top = LEAVES[index], decoded(proof), b64decode(ROOTS[size])
    bad = [(leaf, index, size, item, top) for item in damaged(good, [leaf, top, EMPTY_ROOT])]
    bad += [(leaf, index + step, size, good, top) for step in (-1, 1, size, -size - 1)]
    bad += [(leaf, index ^ 2, size, good, top), (leaf, index, 0, good, top)]
    bad += [(leaf, index, size * 2, good, top), (leaf, index, size // 2, good, top)]
    bad += [(EMPTY_ROOT, index, size, good, top), (b"", index, size, good, top)]
    bad += [(leaf, index, size, good, wrong) for wrong in (EMPTY_ROOT, b"", top[:-1])]
    for arguments in bad:
        with pytest.raises(InvalidProofError):
            verify_inclusion(*arguments)


@pytest.mark.parametrize(("first", "second", "proof"), CONSISTENCY)
def test_damaged_consistency(first: int, second: int, proof: list[str]) -> None:
    one, two, good = b64decode(ROOTS[first]), b64decode(ROOTS[second]), decoded(proof)
    bad = [(first, one, second, two, item) for item in damaged(good, [one, two, EMPTY_ROOT])]
    bad += [(first + step, one, second, two, good) for step in (-first, -first - 1, 1, 2 * second)]
    # (Sizes whose paths have one shape, like 5 and 6, are told apart by the checkpoint only.)
    bad += [(first, one, size, two, good) for size in (0, second // 2, 2 * second) if size != first]
    bad += [(first, EMPTY_ROOT, second, two, good), (first, one, second, EMPTY_ROOT, good)]
    if first != second:
        bad += [(first, two, second, one, good), (second, two, first, one, good)]
        bad += [(first, one, second, two, []), (first, one[:-1], second, two, good)]
    for arguments in bad:
        with pytest.raises(InvalidProofError):
            verify_consistency(*arguments)


def test_an_empty_first_tree_proves_nothing() -> None:
    for size, proof in [(0, []), (1, []), (1, [EMPTY_ROOT])]:
        with pytest.raises(InvalidProofError):
            verify_consistency(0, EMPTY_ROOT, size, EMPTY_ROOT, proof)


def test_a_proof_that_is_too_long_for_the_size() -> None:
    # The hashes fit each other, but a tree of that size has no such path.
    leaf, other = LEAVES[:2]
    top = hashlib.sha256(b"\x01" + other + leaf).digest()
    with pytest.raises(InvalidProofError, match="too long"):
        verify_inclusion(leaf, 0, 1, [other], top)


def test_every_small_tree() -> None:
    leaves = [leaf_hash(bytes([i])) for i in range(40)]
    log = Log(leaves)
    roots = [by_the_book(leaves[:size]) for size in range(41)]
    for size in range(1, 41):
        assert Frontier.load(size, log.get).root() == roots[size]
        for index in range(size):
            proof = inclusion_proof(index, size, log.get)
            verify_inclusion(leaves[index], index, size, proof, roots[size])
        for first in range(1, size + 1):
            proof = consistency_proof(first, size, log.get)
            verify_consistency(first, roots[first], size, roots[size], proof)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 100), max_size=6))
def test_extend_in_any_pieces(pieces: list[int]) -> None:
    entries = [bytes([i % 256]) * (i % 7) for i in range(sum(pieces))]
    hashes = leaf_hashes(PackedStrings.pack(entries))
    assert [row.tobytes() for row in hashes] == [leaf_hash(entry) for entry in entries]
    frontier, start = Frontier(), 0
    for piece in pieces:
        frontier.extend(hashes[start : start + piece])
        start += piece
    assert frontier.size == len(entries)
    assert frontier.root() == root(row.tobytes() for row in hashes)


def test_a_frontier_goes_on_from_its_state() -> None:
    frontier = Frontier()
    for leaf in LEAVES[:5]:
        frontier.append(leaf)
    again = Frontier(frontier.size, tuple(frontier.nodes))
    again.append(LEAVES[5])
    assert again.root() == b64decode(ROOTS[6])
    assert frontier.root() == b64decode(ROOTS[5])


def test_few_reads_in_a_large_log() -> None:
    # A store that makes nodes up shows how many a proof reads in a log of a million entries.
    reads: list[tuple[int, int]] = []

    def get(level: int, index: int) -> bytes:
        reads.append((level, index))
        return hashlib.sha256(bytes([level]) + index.to_bytes(8, "big")).digest()

    for index in random.Random(1).sample(range(1, 999_999), 50):
        reads.clear()
        assert len(inclusion_proof(index, 999_999, get)) <= 20
        assert len(reads) <= 40
        reads.clear()
        assert len(consistency_proof(index, 999_999, get)) <= 21
        assert len(reads) <= 41
    assert all((index + 1) << level <= 999_999 for level, index in reads)


def test_our_own_mistakes() -> None:
    for index, size in [(-1, 3), (3, 3), (0, 0)]:
        with pytest.raises(LocalError):
            inclusion_proof(index, size, LOG.get)
    for first, second in [(0, 3), (4, 3), (-1, 3)]:
        with pytest.raises(LocalError):
            consistency_proof(first, second, LOG.get)
    for size, nodes in [(1, []), (3, [EMPTY_ROOT]), (1, [b"short"]), (-1, [EMPTY_ROOT])]:
        with pytest.raises(LocalError):
            Frontier(size, nodes)
    with pytest.raises(LocalError):
        Frontier().append(b"short")
    for leaves in (np.zeros((2, 31), np.uint8), np.zeros(32, np.uint8), np.zeros((1, 32))):
        with pytest.raises(LocalError):
            Frontier().extend(leaves)


def vector_files() -> list[Path]:
    folder = os.environ.get("CLEANROOM_VECTORS")
    return sorted(Path(folder, "merkle").glob("*/*.json")) if folder else []


@pytest.mark.skipif("CLEANROOM_VECTORS" not in os.environ, reason="needs CLEANROOM_VECTORS")
def test_all_published_vectors() -> None:
    files = vector_files()
    assert len(files) == 196
    for path in files:
        case = json.loads(path.read_text())
        proof = decoded(case["proof"] or [])
        try:
            if path.parent.name == "inclusion":
                leaf, top = b64decode(case["leafHash"]), b64decode(case["root"])
                verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, top)
            else:
                roots = b64decode(case["root1"]), b64decode(case["root2"])
                verify_consistency(case["size1"], roots[0], case["size2"], roots[1], proof)
            refused = False
        except InvalidProofError:
            refused = True
        assert refused == case["wantErr"], path.name


def test_bulk_hashes_are_rows_of_bytes() -> None:
    hashes = leaf_hashes(PackedStrings.pack(ENTRIES))
    assert hashes.shape == (8, 32) and hashes.dtype == np.uint8
