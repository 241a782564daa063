"""Fetch a room's log, and proofs about it, from the mediator for whoever checks them.

What comes is checked by ``cleanroom.audit``, which knows no network.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cleanroom.agent.http import Client
from cleanroom.audit import certificate
from cleanroom.audit.bundle import ENTRIES_AT_ONCE, Bundle, canonical_leaf
from cleanroom.audit.memory import PartyMemory
from cleanroom.audit.proofs import growth_document, inclusion_document
from cleanroom.audit.witness import verified
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, Conflict, InvalidInput
from protocols import checkpoint as notes
from protocols.errors import InvalidProofError


def collect(
    client: Client, room: str, agreement: Agreement, memories: Sequence[PartyMemory] = ()
) -> Bundle:
    """Fetch a room's log up to its present head; the memories were taken before this call."""
    checkpoint = client.checkpoint(room)
    try:
        size = notes.parse(checkpoint)[0].size
    except InvalidProofError as error:
        raise AuditFailure(f"The mediator's checkpoint: {error}") from None
    leaves: list[bytes] = []
    while len(leaves) < size:
        entries = client.entries(room, len(leaves), min(ENTRIES_AT_ONCE, size - len(leaves)))
        if not entries:
            raise AuditFailure(f"The mediator shows {len(leaves)} of the {size} entries it signed.")
        leaves += [canonical_leaf(index, entry) for index, entry in enumerate(entries, len(leaves))]
    return Bundle(room, agreement, checkpoint, tuple(memories), lambda: leaves)


def bundle_of(
    client: Client, agreement: Agreement, memories: Sequence[PartyMemory]
) -> dict[str, Any]:
    """Return a room's bundle as a document, ready for ``audit.json``."""
    return collect(client, agreement.identity(), agreement, memories).to_json()


def ask_entry(client: Client, agreement: Agreement, index: int) -> dict[str, Any]:
    """Return the proof that an entry is in the log, asked of the mediator and checked here."""
    room = agreement.identity()
    note = client.checkpoint(room)
    head = verified(agreement, note)
    found = client.entries(room, index, 1) if 0 <= index < head.size else []
    if not found:
        raise InvalidInput(f"The log has {head.size} entries, from 0 to {head.size - 1}.")
    proof = client.inclusion(room, index, head.size)
    return inclusion_document(agreement, note, index, found[0], proof)


def ask_growth(client: Client, agreement: Agreement, first: str, second: str) -> dict[str, Any]:
    """Return the proof between two signed heads, asked of the mediator and checked here."""
    heads = [verified(agreement, note) for note in (first, second)]
    sizes = heads[0].size, heads[1].size
    steps = [] if sizes[0] == sizes[1] else list(client.consistency(agreement.identity(), *sizes))
    sides = [
        {"size": head.size, "root": head.root.hex(), "checkpoint": note, "proof": proof}
        for head, note, proof in zip(heads, (first, second), (steps, []), strict=True)
    ]
    return growth_document(agreement, second, sides, steps)


def make_certificate(
    client: Client, agreement: Agreement, erasure: str, datasets: Collection[str]
) -> dict[str, Any]:
    """Return the certificate of an erasure in one room; checked before it is given.

    Raises ``Conflict`` while the mediator has not signed for every version.
    """
    said = _covering(client, agreement, datasets, "dataset.erase")
    deleted = _covering(client, agreement, datasets, "data.delete")
    document = {
        "format": certificate.FORMAT,
        "mediator_key": agreement.mediator_key,
        "room": agreement.identity(),
        "erasure": erasure,
        "datasets": sorted(datasets),
        "stays": certificate.STAYS,
        "said": said,
        "deleted": deleted,
    }
    certificate.check(document)
    return document


def _covering(
    client: Client, agreement: Agreement, datasets: Collection[str], kind: str
) -> list[dict[str, Any]]:
    """Return a proof of each entry of a kind that names some of the versions, until all are."""
    room, left = agreement.identity(), set(datasets)
    found: set[int] = set()
    while left:
        one = min(left)
        entries = client.search(room, kind=kind, text=one, outcome="accepted")["entries"]
        named = [entry for entry in entries if one in certificate.named_datasets(entry)]
        if not named:
            raise Conflict("the mediator has not yet signed what it deleted", rule="not-deleted")
        found.add(int(named[0]["index"]))
        left -= set(certificate.named_datasets(named[0]))
    return [ask_entry(client, agreement, index) for index in sorted(found)]
