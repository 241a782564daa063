"""Prove that one key was used for a whole batch, and check it (RFC 9497, section 2.2).

The proof is that of Chaum and Pedersen (CRYPTO 1992) over a random combination of the batch.
Everything that is hashed is public.
"""

from __future__ import annotations

import hashlib
import hmac

from protocols.errors import InvalidProofError
from protocols.randomness import Random
from protocols.voprf.group import (
    CONTEXT,
    PROOF_BYTES,
    SCALAR_BYTES,
    add,
    check_scalar,
    combine,
    draw_scalar,
    hash_to_scalar,
    minus,
    multiply,
    multiply_base,
    times,
)


def _fields(*fields: bytes) -> bytes:
    """Write byte strings, each behind its length in two bytes."""
    return b"".join(len(field).to_bytes(2, "big") + field for field in fields)


def _weights(public: bytes, blinded: list[bytes], evaluated: list[bytes]) -> list[bytes]:
    """Return the scalar by which each pair of the batch is weighted."""
    seed = hashlib.sha512(_fields(public, b"Seed-" + CONTEXT)).digest()
    head = _fields(seed)
    return [
        hash_to_scalar(head + index.to_bytes(2, "big") + _fields(*pair) + b"Composite")
        for index, pair in enumerate(zip(blinded, evaluated, strict=True))
    ]


def _challenge(*elements: bytes) -> bytes:
    return hash_to_scalar(_fields(*elements) + b"Challenge")


def prove(
    secret: bytes, public: bytes, blinded: list[bytes], evaluated: list[bytes], random: Random
) -> bytes:
    """Return the proof, 64 bytes, that every evaluated element is ``secret`` times its blinded one.

    The batch is not empty and its elements were checked.
    """
    (combined,) = combine(_weights(public, blinded, evaluated), blinded)
    nonce = draw_scalar(random)
    challenge = _challenge(
        public,
        combined,
        multiply(secret, combined),
        multiply_base(nonce),
        multiply(nonce, combined),
    )
    return challenge + minus(nonce, times(challenge, secret))


def verify(public: bytes, blinded: list[bytes], evaluated: list[bytes], proof: bytes) -> None:
    """Raise ``InvalidProofError`` unless one key, that of ``public``, was used for the batch.

    The elements and the key were checked; ``InvalidMessageError`` for a proof that is no two
    scalars.
    """
    if len(proof) != PROOF_BYTES:
        raise InvalidProofError(f"a proof has {PROOF_BYTES} bytes, not {len(proof)}")
    challenge, response = proof[:SCALAR_BYTES], proof[SCALAR_BYTES:]
    check_scalar(challenge)
    check_scalar(response)
    weights = _weights(public, blinded, evaluated)
    combined, image = combine(weights, blinded, evaluated)
    expected = _challenge(
        public,
        combined,
        image,
        add(multiply_base(response), multiply(challenge, public)),
        add(multiply(response, combined), multiply(challenge, image)),
    )
    if not hmac.compare_digest(expected, challenge):
        raise InvalidProofError("the answers were not made with the key that was published")
