"""Make the key of one upload: a ternary secret per measure, and what re-randomises under it.

With a uniform polynomial a* that a hash makes of the context, the public share of a measure is
p = a* s + t e, t = 2^64.  ``context`` names what the key is for (room, owner, upload), and no key
is used for two.  Polynomials of different contexts are unrelated, so neither side chooses a*, and
a secret opens at most ``LATTICE_OPENINGS`` numbers in its life, which its holder has to count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocols.errors import InvalidKeyError, InvalidMessageError, LocalError
from protocols.lattice.ring import U32, multiply_add, to_values
from protocols.lattice.sampler import SEED_BYTES, PrivateStream, expand
from protocols.lattice.wire import POLYNOMIAL_BYTES, U8, read_residues, write_residues
from protocols.limits import LATTICE_DEGREE, LATTICE_PLAIN_BITS, SECRET_BYTES
from protocols.secret import Secret

PLAIN = 1 << LATTICE_PLAIN_BITS

_SHARED_SEED = b"public-key".ljust(SEED_BYTES, b"\0")
"""Seed of a*; seeds of blocks are random, and one that is equal to it is refused."""


def shared_polynomial(context: bytes) -> U32:
    """Return a* of a context by its values, (5, N)."""
    return expand(context, _SHARED_SEED)


def is_shared_seed(seeds: U8) -> np.typing.NDArray[np.bool_]:
    """Say for each seed, (count, 16), whether it is that of a*."""
    same: np.typing.NDArray[np.bool_] = (seeds == np.frombuffer(_SHARED_SEED, np.uint8)).all(axis=1)
    return same


@dataclass(frozen=True)
class PublicKey:
    """Re-randomise sums; ``shares`` has one p per measure by its values, (measures, 5, N)."""

    context: bytes
    shares: U32

    @property
    def measures(self) -> int:
        """Return how many measures a row has."""
        return len(self.shares)

    def to_bytes(self) -> bytes:
        """Return the shares one after the other, 163,840 bytes each."""
        return write_residues(self.shares).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, context: bytes, measures: int) -> PublicKey:
        """Read a key from outside.

        Any shares will do: what leaves is hidden whatever they are (see ``opening``), and with
        dishonest ones their owner spoils its own sums.

        Raises:
            InvalidKeyError: on another length or a residue that is not below its prime.
        """
        if len(data) != measures * POLYNOMIAL_BYTES:
            raise InvalidKeyError(f"a key for {measures} measures has another length")
        rows = np.frombuffer(data, dtype=np.uint8).reshape(measures, POLYNOMIAL_BYTES)
        try:
            return cls(context, read_residues(rows, "share"))
        except InvalidMessageError as error:
            raise InvalidKeyError(str(error)) from error


class SecretKey:
    """Encrypt and open; made anew from the same 32 bytes it is the same key.

    ``values`` are the secrets by their values, (measures, 5, N).
    """

    def __init__(self, root: Secret, context: bytes, measures: int) -> None:
        seed = root.expose()
        if len(seed) != SECRET_BYTES or measures < 1:
            raise LocalError("a key is made of 32 bytes and has at least one measure")
        stream = PrivateStream(lambda size: seed[:size])
        self.values = to_values(stream.ternary(measures, LATTICE_DEGREE))
        errors = to_values(stream.errors(measures, LATTICE_DEGREE), PLAIN)
        a = shared_polynomial(context)
        pairs = zip(self.values, errors, strict=True)
        self.public = PublicKey(context, np.stack([multiply_add(a, s, e) for s, e in pairs]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(redacted, {self.public.measures} measures)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")
