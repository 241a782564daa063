"""Read the labels behind the pseudonyms of a job's groups."""

from __future__ import annotations

from cleanroom.agent.datasets import local
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.agent.sealed_labels import label_info, label_key_info
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import PeerFault, PolicyRefusal
from cleanroom.queries.plan import Column
from cleanroom.queries.stages import OPPORTUNITY, STAGES, ladder_of
from protocols.labels import parse_entry, pseudonyms
from protocols.sealing import open_sealed, pairwise_key


def shared_labels(job: LocalJob, column: Column) -> list[str]:
    """Return a shared column's labels in the order of its declared pseudonyms.

    Raises ``PolicyRefusal`` if the column is not shared: nobody could write a map over it.
    """
    manifest = job.question.manifest(column.side)
    found = manifest.label(column.name)
    if found is None or not found.shared:
        raise PolicyRefusal(
            f"{column} is not a column of stages: its values must be {', '.join(STAGES)}, or O",
            rule="stage-values",
        )
    of = _shared_pseudonyms(job.room, manifest, column.name)
    named = [of.get(pseudonym, "") for pseudonym in found.domain]
    if sorted(named) != sorted(ladder_of(named)):
        raise PeerFault(f"The pseudonyms of {column} were not made under the pair's key.")
    return named


def _shared_pseudonyms(room: Room, manifest: Manifest, column: str) -> dict[str, str]:
    own = manifest.party == room.own.name
    if own and manifest.also:
        return local(room, manifest.identity()).domains()[column]
    nonce = bytes.fromhex(manifest.nonce)
    if manifest.also:
        sealed = bytes.fromhex(manifest.label_keys[room.own.name])
        owner = verifying_key(room.member(manifest.party))
        info = label_key_info(room, manifest.nonce)
        key = open_sealed(sealed, room.home.sealing, info, owner)
    else:
        info = bytes.fromhex(room.identity) + nonce
        other = room.member(manifest.peer if own else manifest.party)
        key = pairwise_key(room.home.sealing, sealing_key(other), info)
    rows = pseudonyms(key, column, nonce, OPPORTUNITY)
    return {row.tobytes().hex(): stage for row, stage in zip(rows, OPPORTUNITY, strict=True)}


def own_label(room: Room, manifest: Manifest, column: str, pseudonym: str) -> str:
    """Return an own label by its pseudonym."""
    return local(room, manifest.identity()).domains()[column][pseudonym]


def peer_label(room: Room, manifest: Manifest, column: str, pseudonym: str, sealed: bytes) -> str:
    """Open the dictionary entry of a released label; refuse one of another label or column."""
    owner = room.member(manifest.party)
    info = label_info(room, manifest.nonce, pseudonym)
    entry = open_sealed(sealed, room.home.sealing, info, verifying_key(owner))
    found, label = parse_entry(entry)
    if found != column:
        raise PeerFault(f"A dictionary entry of {column} holds a label of {found}.")
    return label
