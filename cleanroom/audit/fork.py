"""Prove that the mediator signed two logs of one room.

Two signed heads of one size with different roots are a proof by themselves.  For heads of
different sizes the longer log's own tree shows, by a consistency proof, which root it had at the
smaller size; if that is not the root that was signed for it, both cannot be one log.  The proof
needs nobody's word: anyone with the mediator's public key can check it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.proofs import Tree, signed_head
from cleanroom.audit.witness import check_consistency
from cleanroom.errors import AuditFailure, InvalidInput
from protocols.checkpoint import Checkpoint
from protocols.errors import RemoteError

FORMAT: Final = "cleanroom/fork-proof/1"


@dataclass(frozen=True)
class Shown:
    """A signed head that somebody was shown, with the entries under it if they are at hand."""

    note: str
    leaves: Sequence[bytes] | None = None

    @classmethod
    def of(cls, bundle: Bundle) -> Shown:
        """Take a bundle's head and entries."""
        return cls(bundle.checkpoint, list(bundle.leaves()))


def fork_proof(mediator_key: str, first: Shown, second: Shown) -> dict[str, Any]:
    """Return the evidence that two heads are of two logs.

    Raises:
        AuditFailure: if a head is not signed by the key, or entries are not those under a head.
        InvalidInput: if the two heads fit one log, or the longer one's entries are needed.
    """
    shown = sorted(((_head(one.note, mediator_key), one) for one in (first, second)), key=_size)
    (small, one), (large, other) = shown
    if small.origin != large.origin:
        raise InvalidInput("The two checkpoints belong to different logs.")
    root, proof = large.root, []
    if small.size < large.size:
        if other.leaves is None:
            raise InvalidInput(
                f"The entries of the log of {large.size} are needed.", remedy="Give its bundle."
            )
        tree = Tree(other.leaves)
        if tree.size != large.size or tree.root(large.size) != large.root:
            raise AuditFailure("The entries are not those under their checkpoint.")
        root, proof = tree.root(small.size), tree.consistency(small.size, large.size)
    if root == small.root:
        raise InvalidInput("The two checkpoints belong to one log: there is no fork.")
    document = {
        "format": FORMAT,
        "origin": small.origin,
        "mediator_key": mediator_key,
        "first": one.note,
        "second": other.note,
        "root": root.hex(),
        "proof": proof,
    }
    check_fork(document)
    return document


def check_fork(document: Any) -> str:
    """Return one sentence that says what the evidence proves; raise ``AuditFailure`` if nothing."""
    try:
        if document["format"] != FORMAT:
            raise AuditFailure("This is not a fork proof.")
        key = document["mediator_key"]
        first, second = _head(document["first"], key), _head(document["second"], key)
        root = bytes.fromhex(document["root"])
        if not first.origin == second.origin == document["origin"]:
            raise AuditFailure("The two checkpoints belong to different logs.")
        if first.root == root:
            raise AuditFailure("The two checkpoints belong to one log.")
        earlier = Checkpoint(first.origin, first.size, root)
        check_consistency(earlier, second, document["proof"])
    except (KeyError, TypeError, ValueError, RemoteError) as error:
        raise AuditFailure(f"The fork is not proven: {error}.") from None
    return (
        f"The mediator signed two logs of {first.origin}: one has root {first.root.hex()[:16]} at "
        f"{first.size} entries, the other {root.hex()[:16]}."
    )


def _head(note: str, key: str) -> Checkpoint:
    try:
        return signed_head(note, key)
    except RemoteError as error:
        raise AuditFailure(f"A checkpoint is not the mediator's: {error}.") from None


def _size(shown: tuple[Checkpoint, Shown]) -> int:
    return shown[0].size
