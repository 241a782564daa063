"""Seal what explains a dataset's labels to its peers: a dictionary, and a key of shared ones."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from cleanroom.agent.rooms import Room, sealing_key
from cleanroom.documents.agreement import Card
from cleanroom.documents.dataset import Dictionary, Manifest, SealedLabel
from protocols.labels import dictionary_entry
from protocols.limits import PSEUDONYM_BYTES
from protocols.sealing import pairwise_key, seal


@dataclass(frozen=True)
class SharedKey:
    """The key of shared pseudonyms, and that key sealed to each peer where there are several."""

    key: bytes = field(repr=False)
    sealed: dict[str, str]

    @classmethod
    def draw(cls, room: Room, peers: Sequence[Card], nonce: bytes) -> SharedKey:
        """Take the key that a pair has anyway; draw one where no pair has it."""
        if len(peers) == 1:
            info = bytes.fromhex(room.identity) + nonce
            return cls(pairwise_key(room.home.sealing, sealing_key(peers[0]), info), {})
        key, info = secrets.token_bytes(32), label_key_info(room, nonce.hex())
        return cls(
            key,
            {one.name: seal(key, sealing_key(one), info, room.home.signing).hex() for one in peers},
        )


def dictionary(
    room: Room, manifest: Manifest, domains: Mapping[str, Mapping[str, str]]
) -> Dictionary:
    """Return the dictionary of a dataset's labels, by column and pseudonym, for each peer."""
    entries = [
        SealedLabel(
            column=column,
            pseudonym=pseudonym,
            sealed=base64.b64encode(
                seal(
                    dictionary_entry(column, label),
                    sealing_key(room.member(peer)),
                    label_info(room, manifest.nonce, pseudonym),
                    room.home.signing,
                )
            ).decode(),
            reader=peer if manifest.also else None,
        )
        for peer in manifest.peers
        for column, domain in domains.items()
        for pseudonym, label in domain.items()
    ]
    return Dictionary(entries=tuple(entries))


def pseudonyms_of(domain: Mapping[str, str], labels: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return the pseudonym of each label, shape (labels, 8); ``domain`` has the labels by these."""
    of_label = {label: pseudonym for pseudonym, label in domain.items()}
    known = b"".join(bytes.fromhex(of_label[label]) for label in labels)
    return np.frombuffer(known, dtype=np.uint8).reshape(-1, PSEUDONYM_BYTES)


def label_info(room: Room, nonce: str, pseudonym: str) -> bytes:
    """Return the context under which a dictionary entry is sealed.

    It names the pseudonym, so that the mediator cannot forward another label's entry for it.
    """
    return b"cleanroom/label/1" + b"".join(map(bytes.fromhex, (room.identity, nonce, pseudonym)))


def label_key_info(room: Room, nonce: str) -> bytes:
    """Return the context under which the key of a dataset's shared pseudonyms is sealed."""
    return b"cleanroom/label-key/1" + bytes.fromhex(room.identity) + bytes.fromhex(nonce)
