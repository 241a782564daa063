"""Estimate what an upload and an alignment of a dataset will take, before anything is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from protocols.limits import PAILLIER_BITS, PSEUDONYM_BYTES, TOKEN_BYTES, padded_size

CIPHERTEXT_BYTES = 2 * PAILLIER_BITS // 8
"""One Paillier ciphertext modulo n^2: 768 bytes at 3072 bits; only rows with measures have one."""

LATTICE_BYTES = 20
"""One value under ring-LWE, which travels with every question that sums it."""

LATTICE_SECONDS = 0.5e-6
"""One value under ring-LWE, encrypted and written out, on one core."""

ENCRYPT_SECONDS = 2.0e-3
"""One encryption by the key's owner at 3072 bits, on one core."""

DH_SECONDS = 220e-6
"""One identifier in the ``dh`` alignment: a hash to the curve and four multiplications."""

DH_BYTES = 64
"""One identifier in the ``dh`` alignment: an element there and one back."""

OT_SECONDS = 2.0e-6
"""One identifier in the ``ot`` alignment, both directions, measured at a million a side."""

OT_BYTES = 35
"""One identifier in the ``ot`` alignment: a row of 27 bytes for 1.29 positions."""

LINK_BYTES_PER_SECOND = 12.5e6
"""The assumed link: 100 Mbit/s."""


@dataclass(frozen=True)
class Load:
    """Hold an estimate: bytes over the link, and seconds of work and transfer together."""

    bytes: int
    seconds: float


@dataclass(frozen=True)
class Cost:
    """Hold the estimates for one dataset; the peer's side of an alignment comes on top."""

    upload: Load
    align_dh: Load
    align_ot: Load
    question: Load | None = None
    """Values of one measure that travel with each question, where rows are under a lattice."""
    encryption: str | None = None
    why: str | None = None
    """How the values are encrypted, and why, as ``cleanroom.room.encryption`` says it."""

    def to_json(self) -> dict[str, Any]:
        """Return the estimates as plain numbers."""
        return asdict(self)


def _load(count: int, width: int, seconds: float) -> Load:
    size = count * width
    return Load(size, round(count * seconds + size / LINK_BYTES_PER_SECOND, 3))


def under_lattice(cost: Cost, rows: int, labels: int, identifiers: int = 1) -> Cost:
    """Return the estimates for rows without ciphertexts, whose values travel with each question."""
    upload = _load(padded_size(rows), TOKEN_BYTES * identifiers + PSEUDONYM_BYTES * labels, 0)
    question = _load(padded_size(rows), LATTICE_BYTES, LATTICE_SECONDS)
    return replace(cost, upload=upload, question=question)


def estimate(  # noqa: PLR0917 (what a row holds, in its order)
    rows: int, people: int, labels: int, measures: int, cores: int, identifiers: int = 1
) -> Cost:
    """Return bytes and seconds: per row a token for each of a person's identifiers, a pseudonym
    per label, a ciphertext if measured.

    Counts are padded as on the wire.  Work is spread over ``cores`` where it can be (encryption
    and ``dh``).
    """
    sealed = 1 if measures else 0
    width = TOKEN_BYTES * identifiers + PSEUDONYM_BYTES * labels + CIPHERTEXT_BYTES * sealed
    entered = padded_size(people * identifiers)
    return Cost(
        _load(padded_size(rows), width, ENCRYPT_SECONDS * sealed / cores),
        _load(entered, DH_BYTES, DH_SECONDS / cores),
        _load(entered, OT_BYTES, OT_SECONDS),
    )
