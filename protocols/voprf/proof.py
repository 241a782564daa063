"""Prove that one key was used for a whole batch, and check it (RFC 9497, section 2.2).

The proof is that of Chaum and Pedersen (CRYPTO 1992) over a random combination of the batch.
Everything that is hashed is public.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np

from protocols.curve25519.group import add, combine, generator
from protocols.errors import InvalidProofError
from protocols.randomness import Random
from protocols.voprf.group import (
    CONTEXT,
    ELEMENT_BYTES,
    PROOF_BYTES,
    SCALAR_BYTES,
    Elements,
    base_of,
    check_scalar,
    draw_scalar,
    hash_in_public,
    hash_to_scalar,
    minus,
    multiply,
    multiply_base,
    rows,
    times,
)


def _fields(*fields: bytes) -> bytes:
    """Write byte strings, each behind its length in two bytes."""
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


def _weights(public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """Return the scalar by which each pair of the batch is weighted."""
    seed = hashlib.sha512(_fields(public, b"Seed-" + CONTEXT)).digest()
    head, size = _fields(seed), ELEMENT_BYTES.to_bytes(2, "big")
    return hash_in_public(
        b"".join((head, index.to_bytes(2, "big"), size, one, size, other, b"Composite"))
        for index, (one, other) in enumerate(zip(blinded, evaluated, strict=True))
    )


def _challenge(*elements: bytes) -> bytes:
    return hash_to_scalar(_fields(*elements) + b"Challenge")


def prove(
    secret: bytes, public: bytes, blinded: Elements, evaluated: Sequence[bytes], random: Random
) -> bytes:
    """Return the proof, 64 bytes, that every evaluated element is ``secret`` times its blinded one.

    The batch is not empty.
    """
    (combined,) = blinded.sum(_weights(public, blinded.encoded, evaluated)).encoded
    nonce = draw_scalar(random)
    challenge = _challenge(
        public,
        combined,
        multiply(secret, combined),
        multiply_base(nonce),
        multiply(nonce, combined),
    )
    return challenge + minus(nonce, times(challenge, secret))


def verify(public: bytes, blinded: Elements, evaluated: Elements, proof: bytes) -> None:
    """Raise ``InvalidProofError`` unless one key, that of ``public``, was used for the batch.

    The key was checked; ``InvalidMessageError`` for a proof that is not two scalars.
    """
    if len(proof) != PROOF_BYTES:
        raise InvalidProofError(f"a proof has {PROOF_BYTES} bytes, not {len(proof)}")
    challenge, response = proof[:SCALAR_BYTES], proof[SCALAR_BYTES:]
    check_scalar(challenge)
    check_scalar(response)
    weights = rows(_weights(public, blinded.encoded, evaluated.encoded))
    combined = combine(weights, blinded.points, evaluated.points)
    first = add(generator().times(rows([response])), base_of(public).times(rows([challenge])))
    second = combine(rows([response, challenge]), combined)
    found = Elements.of(np.concatenate([combined, first, second]))
    expected = _challenge(public, *found.encoded)
    if not hmac.compare_digest(expected, challenge):
        raise InvalidProofError("the answers were not made with the key that was published")
