"""Prove that an entry is in the log, and that a log continues an earlier one.

A proof is a document that holds everything but trust: whoever checks it compares the mediator's
key and the origin with the agreement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.witness import check_consistency, verified
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, InvalidInput
from protocols import checkpoint as notes
from protocols import merkle
from protocols.checkpoint import Checkpoint
from protocols.errors import LocalError, RemoteError
from protocols.signing import VerifyingKey

INCLUSION: Final = "cleanroom/inclusion-proof/1"
CONSISTENCY: Final = "cleanroom/consistency-proof/2"


class Tree:
    """Hold the nodes of a log's tree, to make proofs from entries."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._nodes: dict[tuple[int, int], bytes] = {}
        frontier = merkle.Frontier()
        for leaf in leaves:
            for level, index, node in frontier.append(merkle.leaf_hash(leaf)):
                self._nodes[level, index] = node
        self.size = frontier.size

    def root(self, size: int) -> bytes:
        """Return the root over the first ``size`` entries."""
        if not 0 <= size <= self.size:
            raise InvalidInput(f"The log has {self.size} entries.")
        return merkle.Frontier.load(size, self._node).root()

    def inclusion(self, index: int, size: int) -> list[str]:
        """Return the path from an entry to the root, hex hashes."""
        return self._hex(merkle.inclusion_proof, index, size)

    def consistency(self, first: int, second: int) -> list[str]:
        """Return the proof that the tree of one size begins with that of another."""
        if second > self.size:
            raise InvalidInput(f"The log has {self.size} entries.")
        return self._hex(merkle.consistency_proof, first, second)

    def _hex(self, prove: Any, *sizes: int) -> list[str]:
        try:
            return [node.hex() for node in prove(*sizes, self._node)]
        except LocalError as error:
            raise InvalidInput(f"{error}.") from None

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]


def prove_entry(bundle: Bundle, index: int) -> dict[str, Any]:
    """Return the proof that a bundle's entry is under its checkpoint; checked before it is given.

    Raises ``AuditFailure`` if the bundle's entries are not those under its checkpoint.
    """
    head = verified(bundle.agreement, bundle.checkpoint)
    leaves = list(bundle.leaves())
    if not 0 <= index < min(head.size, len(leaves)):
        raise InvalidInput(f"The log has {head.size} entries, from 0 to {head.size - 1}.")
    tree = Tree(leaves[: head.size])
    entry = json.loads(leaves[index])
    proof = tree.inclusion(index, head.size) if tree.size == head.size else []
    return inclusion_document(bundle.agreement, bundle.checkpoint, index, entry, proof)


def inclusion_document(
    agreement: Agreement, note: str, index: int, entry: Any, proof: list[str]
) -> dict[str, Any]:
    """Return a proof that an entry is in the log; raise ``AuditFailure`` unless it holds."""
    document = {
        "format": INCLUSION,
        "mediator_key": agreement.mediator_key,
        "checkpoint": note,
        "index": index,
        "entry": entry,
        "proof": proof,
    }
    check_entry(document)
    return document


def check_entry(document: Any) -> Checkpoint:
    """Return the signed head that an entry is proven to be under; raise ``AuditFailure``."""
    try:
        if document["format"] != INCLUSION:
            raise AuditFailure("This is not an inclusion proof.")
        head = signed_head(document["checkpoint"], document["mediator_key"])
        leaf = merkle.leaf_hash(rfc8785.dumps(document["entry"]))
        proof = [bytes.fromhex(node) for node in document["proof"]]
        if document["entry"]["index"] != document["index"]:
            raise AuditFailure("The proof is for a different index from the entry's.")
        merkle.verify_inclusion(leaf, document["index"], head.size, proof, head.root)
    except (KeyError, TypeError, ValueError, RemoteError) as error:
        raise AuditFailure(f"The entry is not proven: {error}.") from None
    return head


@dataclass(frozen=True)
class Growth:
    """What a growth proof proves: under the signed head, one size of the log begins with another.

    ``signed`` says which of the two roots have a signed head of their own; the other's follows
    from ``head``, whose tree begins with it.
    """

    head: Checkpoint
    room: str
    first: int
    second: int
    signed: tuple[bool, bool]


def prove_growth(bundle: Bundle, first: int, second: int) -> dict[str, Any]:
    """Return the proof that the log of ``second`` entries begins with that of ``first``.

    Both roots are joined to the bundle's signed head.  Raises ``AuditFailure`` if the bundle's
    entries are not those under it.
    """
    head = verified(bundle.agreement, bundle.checkpoint)
    tree = Tree(list(bundle.leaves())[: head.size])
    if not 0 < first <= second <= head.size:
        raise InvalidInput(f"The sizes rise from 1 to {head.size}, the entries of the signed log.")
    sides = [
        {
            "size": size,
            "root": tree.root(size).hex(),
            "proof": [] if size == head.size else tree.consistency(size, head.size),
        }
        for size in (first, second)
    ]
    steps = [] if first == second else tree.consistency(first, second)
    return growth_document(bundle.agreement, bundle.checkpoint, sides, steps)


def growth_document(
    agreement: Agreement, note: str, sides: list[dict[str, Any]], steps: list[str]
) -> dict[str, Any]:
    """Return a proof that one size begins with another; raise ``AuditFailure`` unless it holds."""
    document = {
        "format": CONSISTENCY,
        "mediator_key": agreement.mediator_key,
        "room": agreement.identity(),
        "checkpoint": note,
        "first": sides[0],
        "second": sides[1],
        "proof": steps,
    }
    check_growth(document)
    return document


def check_growth(document: Any) -> Growth:
    """Return what a proof proves; raise ``AuditFailure`` unless a signed head is behind its roots.

    The signed head names the room, and both roots are the ones that its tree begins with.
    """
    try:
        if document["format"] != CONSISTENCY:
            raise AuditFailure("This is not a consistency proof that carries a signed head.")
        head = signed_head(document["checkpoint"], document["mediator_key"])
        if head.origin.rpartition("/")[2] != document["room"]:
            raise AuditFailure("The signed head belongs to another room.")
        roots, signed = [], []
        for name in ("first", "second"):
            side = document[name]
            root = Checkpoint(head.origin, side["size"], bytes.fromhex(side["root"]))
            if root.size < 1:
                raise AuditFailure("An empty log proves nothing.")
            check_consistency(root, head, side["proof"])
            if note := side.get("checkpoint"):
                own = signed_head(note, document["mediator_key"])
                if (own.origin, own.size, own.root) != (root.origin, root.size, root.root):
                    raise AuditFailure("A signed head is not that of its root.")
            roots.append(root)
            signed.append(note is not None or root == head)
        check_consistency(roots[0], roots[1], document["proof"])
    except (KeyError, TypeError, ValueError, AttributeError, LocalError, RemoteError) as error:
        raise AuditFailure(f"The growth is not proven: {error}.") from None
    return Growth(head, document["room"], roots[0].size, roots[1].size, (signed[0], signed[1]))


def signed_head(note: str, key: str) -> Checkpoint:
    """Return a head signed by a key in hex, whatever its origin."""
    parsed, _ = notes.parse(note)
    return notes.verify(note, parsed.origin, VerifyingKey(bytes.fromhex(key)))
