"""A real alignment in one process, and what each of its three parties holds afterwards.

Two participants talk through two channels; the mediator in between keeps every message.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from protocols import curve25519
from protocols.alignment import Context, Frame, Participant, dh
from protocols.alignment.profiles import profile
from protocols.sealing import Channel, SealingKey
from protocols.signing import SigningKey
from protocols.strings import PackedStrings
from protocols.tokens import audience_tokens
from tests.protocols.alignment_contract import ALIGNMENT, ROOM, contexts, people, relay

DATASETS = b"of the brand 123", b"of the platform "
KINDS = ["dh", "ot"]
BRAND, PLATFORM = people(range(40)), people(range(20, 60))
OVERLAP = set(BRAND) & set(PLATFORM)
Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Identity:
    """The long-lived keys of a party."""

    signing: SigningKey
    sealing: SealingKey


def identity() -> Identity:
    return Identity(
        SigningKey.generate(secrets.token_bytes), SealingKey.generate(secrets.token_bytes)
    )


def channels(
    contexts: tuple[Context, Context], own: tuple[Identity, Identity], peers: tuple[Identity, ...]
) -> list[Channel]:
    """Make the channel of each position; ``peers`` is whom each believes to talk to."""
    return [
        Channel(
            context, mine.signing, mine.sealing,
            peer.signing.verifying_key, peer.sealing.public_key,
        )
        for context, mine, peer in zip(contexts, own, peers, strict=True)
    ]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What is left of an alignment: wire and tokens are the mediator's, the rest the parties'."""

    sides: tuple[Participant, Participant]
    contexts: tuple[Context, Context]
    wire: list[tuple[int, bytes]]
    frames: list[tuple[int, Frame]]
    secrets: tuple[np.ndarray, np.ndarray]
    tokens: tuple[set[bytes], set[bytes]]
    keys: tuple[bytes, bytes]


def tokens_of(derived: np.ndarray, alignment: bytes = ALIGNMENT) -> list[bytes]:
    rows = audience_tokens(derived, alignment, *DATASETS)
    return [row.tobytes() for row in rows]


def align(
    names: tuple[list[bytes], list[bytes]] = (BRAND, PLATFORM),
    kind: str = "dh",
    *,
    room: bytes = ROOM,
    alignment: bytes = ALIGNMENT,
    sizes: tuple[int, int] = (64, 64),
    randoms: tuple[Random, Random] = (secrets.token_bytes, secrets.token_bytes),
    makers: tuple | None = None,
) -> Run:
    """Align, through channels, and make the tokens that each side uploads."""
    contexts = (
        Context(room, alignment, 0, *sizes),
        Context(room, alignment, 1, *sizes[::-1]),
    )
    sides = tuple(
        make(context, PackedStrings.pack(own), random)
        for make, context, own, random in zip(
            makers or (profile(kind),) * 2, contexts, names, randoms, strict=True
        )
    )
    parties = identity(), identity()
    open_ends = channels(contexts, parties, parties[::-1])
    keys = tuple(getattr(side, "_key", b"") for side in sides)
    wire: list[tuple[int, bytes]] = []

    def carry(sender: int, frame: Frame) -> list[Frame]:
        wire.append((sender, open_ends[sender].seal(frame)))
        return [open_ends[1 - sender].open(wire[-1][1])]

    frames = relay(sides, carry)
    derived = tuple(side.secrets() for side in sides)
    uploads = tuple(set(tokens_of(rows, alignment)) for rows in derived)
    return Run(sides, contexts, wire, frames, derived, uploads, keys)


def elements(frames: list[tuple[int, Frame]]) -> list[bytes]:
    """Return every element that was in a frame."""
    return [
        frame.payload[at : at + 32]
        for _, frame in frames
        for at in range(0, len(frame.payload), 32)
    ]


def split(packed: bytes) -> list[bytes]:
    return [packed[at : at + 32] for at in range(0, len(packed), 32)]


def hashes(names: list[bytes], room: bytes = ROOM, alignment: bytes = ALIGNMENT) -> list[bytes]:
    """Return H(x), which anybody can compute."""
    context = contexts(1, 1, room, alignment)[0]
    return split(curve25519.hash_many(PackedStrings.pack(names), dh._domain(context)).tobytes())


def derive(pairs: list[bytes]) -> np.ndarray:
    """Return T of every pair of values of the two functions of ``dh``."""
    rows = np.frombuffer(b"".join(pairs), dtype=np.uint8).reshape(-1, 64)
    return dh._derive_secrets(contexts(1, 1)[0], rows)


def named(names: list[bytes], derived: np.ndarray, uploaded: set[bytes]) -> set[bytes]:
    """Return the names of which some guessed T, as many per name as there are, is uploaded."""
    per_name = len(derived) // len(names)
    found = tokens_of(derived)
    return {names[place // per_name] for place, one in enumerate(found) if one in uploaded}
