"""Paillier encryption of packed rows: keys, bulk encryption, sums, and masked release.

Ciphertexts and keys are those of ``phe`` with integers and exponent 0.
"""

from protocols.paillier.checks import check_public_key
from protocols.paillier.keys import PublicKey
from protocols.paillier.packing import (
    NOISE_LIMIT,
    add_noise,
    mask_for_peer,
    masks_for_peer,
    pack,
    release,
    release_many,
    release_mask,
    unmask,
    unpack_released,
)
from protocols.paillier.prepared import PreparedKey
from protocols.paillier.private import PrivateKey, Profile, generate
from protocols.paillier.roots import check_roots, context

__all__ = [
    "NOISE_LIMIT",
    "PreparedKey",
    "PrivateKey",
    "Profile",
    "PublicKey",
    "add_noise",
    "check_public_key",
    "check_roots",
    "context",
    "generate",
    "mask_for_peer",
    "masks_for_peer",
    "pack",
    "release",
    "release_many",
    "release_mask",
    "unmask",
    "unpack_released",
]
