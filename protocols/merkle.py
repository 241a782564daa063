"""Keep a log in a Merkle tree (RFC 6962, section 2, with SHA-256) and prove things about it.

Node ``(level, index)`` is the root of the complete subtree over leaves
``[index << level, (index + 1) << level)``.  Complete nodes never change, so whoever keeps the log
stores each of them once, when ``Frontier.append`` returns it, and a proof reads a few of them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.errors import InvalidProofError, LocalError
from protocols.sha256 import sha256_many
from protocols.strings import PackedStrings

U8 = npt.NDArray[np.uint8]
GetNode = Callable[[int, int], bytes]
"""Return the stored hash of the complete node ``(level, index)``."""

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one log entry; the prefix keeps it from passing for a node."""
    return hashlib.sha256(_LEAF + entry).digest()


def leaf_hashes(entries: PackedStrings) -> U8:
    """Return the leaf hashes of many entries at once, shape (entries, 32)."""
    return sha256_many(entries, _LEAF)


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _fold(nodes: Sequence[bytes]) -> bytes:
    """Join complete nodes, left to right, into the root of all their leaves."""
    root = nodes[-1]
    for node in reversed(nodes[:-1]):
        root = _node_hash(node, root)
    return root


def complete_nodes(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the complete nodes that cover ``[start, stop)``, for a start aligned to all of them."""
    for level in reversed(range((stop - start).bit_length())):
        if (stop - start) >> level & 1:
            yield level, start >> level
            start += 1 << level


class Frontier:
    """Append to a tree with nothing in memory but the roots of its complete subtrees.

    ``nodes`` are those roots, left to right: one for each set bit of ``size``.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(nodes) != size.bit_count() or any(len(n) != HASH_BYTES for n in nodes):
            raise LocalError("a frontier has one hash for each set bit of its size")
        self.size = size
        self.nodes = list(nodes)

    @classmethod
    def load(cls, size: int, get_node: GetNode) -> Frontier:
        """Take a log up again at some size from its stored nodes."""
        return cls(size, [get_node(*node) for node in complete_nodes(0, size)])

    def root(self) -> bytes:
        """Return the root hash at the present size (of the empty tree: SHA-256 of nothing)."""
        return _fold(self.nodes) if self.nodes else EMPTY_ROOT

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf hash and return the nodes it completes, as ``(level, index, hash)``.

        The first is the leaf itself; the log stores them all.
        """
        if len(leaf) != HASH_BYTES:
            raise LocalError("a leaf hash has 32 bytes")
        return self._push(0, leaf)

    def extend(self, leaves: U8) -> None:
        """Add many leaf hashes, shape (n, 32), and return no nodes: for those who check a log.

        From some thousands of leaves a call it takes a third of the time of ``append``.
        """
        if leaves.ndim != 2 or leaves.shape[1] != HASH_BYTES or leaves.dtype != np.uint8:
            raise LocalError("leaf hashes are rows of 32 bytes")
        start = 0
        while start < len(leaves):
            level = (len(leaves) - start).bit_length() - 1
            if self.size:
                level = min(level, (self.size & -self.size).bit_length() - 1)
            self._push(level, _subtree_root(leaves[start : start + (1 << level)]))
            start += 1 << level

    def _push(self, level: int, node: bytes) -> list[tuple[int, int, bytes]]:
        completed = [(level, self.size >> level, node)]
        before = self.size
        self.size += 1 << level
        while before >> level & 1:
            node = _node_hash(self.nodes.pop(), node)
            level += 1
            completed.append((level, before >> level, node))
        self.nodes.append(node)
        return completed


def _subtree_root(leaves: U8) -> bytes:
    while len(leaves) > 1:
        pairs = np.ascontiguousarray(leaves).reshape(-1)
        offsets = np.arange(0, len(pairs) + 1, 2 * HASH_BYTES, dtype=np.int64)
        leaves = sha256_many(PackedStrings(pairs, offsets), _NODE)
    return bytes(leaves[0])


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over a stream of leaf hashes, in constant memory."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(index: int, size: int, get_node: GetNode) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962, 2.1.1).

    Reads at most two nodes per level.  LocalError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise LocalError("the leaf is not in the tree")
    return _path(0, index, size, get_node)


def consistency_proof(first: int, second: int, get_node: GetNode) -> list[bytes]:
    """Return the proof that a tree of ``second`` leaves begins with one of ``first`` (2.1.2).

    Empty for equal sizes.  LocalError unless 0 < first <= second: everything begins with the
    empty tree, so there is nothing to prove.
    """
    if not 0 < first <= second:
        raise LocalError("a consistency proof goes from a tree that is not empty to a later one")
    if first == second:
        return []
    # The last complete subtree of the first tree, as large as it goes, starts the path upwards.
    level = (first & -first).bit_length() - 1
    index = (first - 1) >> level
    path = _path(level, index, second, get_node)
    # A verifier has the node already where it is the whole first tree.
    return path if index == 0 else [get_node(level, index), *path]


def _path(level: int, index: int, size: int, get_node: GetNode) -> list[bytes]:
    """Collect the siblings of a complete node on its way up to the root."""
    path = []
    while 1 << level < size:
        sibling = index ^ 1
        start, stop = sibling << level, min((sibling + 1) << level, size)
        if start < stop:
            path.append(_fold([get_node(*node) for node in complete_nodes(start, stop)]))
        level, index = level + 1, index >> 1
    return path


def _check_lengths(hashes: Iterable[bytes]) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise InvalidProofError("a hash of the proof does not have 32 bytes")


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise InvalidProofError unless the proof leads from the leaf to the root.

    The climb is that of RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise InvalidProofError("the leaf is not in the tree")
    _check_lengths((leaf_hash, *proof))
    _, computed = _climb(leaf_hash, index, size - 1, proof)
    if not hmac.compare_digest(computed, root):
        raise InvalidProofError("the inclusion proof does not lead to the root")


def verify_consistency(
    size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]
) -> None:
    """Raise InvalidProofError unless the second tree begins with the first.

    An empty first tree is refused: it is consistent with everything and proves nothing.  The
    climb is that of RFC 9162, section 2.1.4.2.
    """
    if not 0 < size1 <= size2:
        raise InvalidProofError("the sizes of the trees do not fit a consistency proof")
    if size1 == size2:
        if proof or not hmac.compare_digest(root1, root2):
            raise InvalidProofError("two trees of one size must have one root and no proof")
        return
    _check_lengths((root1, root2, *proof))
    level = (size1 & -size1).bit_length() - 1
    first, last = (size1 - 1) >> level, (size2 - 1) >> level
    nodes = [root1, *proof] if first == 0 else list(proof)
    if not nodes:
        raise InvalidProofError("the consistency proof is empty")
    old, new = _climb(nodes[0], first, last, nodes[1:])
    if not (hmac.compare_digest(old, root1) and hmac.compare_digest(new, root2)):
        raise InvalidProofError("the consistency proof does not lead to both roots")


def _climb(node: bytes, index: int, last: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Climb from a node to the top; ``last`` is the index of the last node on its level.

    Returns the root of what lies left of and below the node, and the root of the whole tree.
    """
    old = new = node
    for sibling in proof:
        if last == 0:
            raise InvalidProofError("the proof is too long")
        if index & 1 or index == last:
            old, new = _node_hash(sibling, old), _node_hash(sibling, new)
            # On the right border a node without a sibling is lifted as it is.
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = _node_hash(new, sibling)
        index, last = index >> 1, last >> 1
    if last:
        raise InvalidProofError("the proof is too short")
    return old, new
