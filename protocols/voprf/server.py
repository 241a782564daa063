"""The key owner's half of the function (RFC 9497, section 3.3.2)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor

import numpy as np
import numpy.typing as npt

from protocols.errors import InvalidMessageError, LocalError
from protocols.limits import VOPRF_BATCH
from protocols.randomness import Random
from protocols.secret import Secret
from protocols.voprf.group import (
    ELEMENT_BYTES,
    SCALAR_BYTES,
    Elements,
    hash_to_points,
    hash_to_scalar,
    multiply_base,
    multiply_points,
)
from protocols.voprf.proof import prove

OUTPUT_BYTES = 64
INPUT_BYTES = (1 << 16) - 1
_STRETCH = 2_000
_ATTEMPTS = 256


def output(message: bytes, element: bytes) -> bytes:
    """Hash an input and its element under the key to the function's output, 64 bytes.

    Raise ``LocalError`` for the identity: the input hashes to it, and nobody can find such a one.
    """
    if element == bytes(ELEMENT_BYTES):
        raise LocalError("this input hashes to the identity")
    sizes = len(message).to_bytes(2, "big"), len(element).to_bytes(2, "big")
    return hashlib.sha512(sizes[0] + message + sizes[1] + element + b"Finalize").digest()


def check_input(message: bytes) -> None:
    """Refuse an input that is too long to be one; raise ``LocalError``."""
    if len(message) > INPUT_BYTES:
        raise LocalError(f"an input has {INPUT_BYTES} bytes at most")


class ServerKey:
    """Hold a secret key of the function and its public half."""

    def __init__(self, secret: bytes) -> None:
        """Take the key, 32 bytes; raise ``LocalError`` for one that is not a scalar above zero."""
        if len(secret) != SCALAR_BYTES or multiply_base(secret) == bytes(SCALAR_BYTES):
            raise LocalError("this is not a secret key of the function")
        self._secret = Secret(secret)
        self.public = multiply_base(secret)

    @classmethod
    def derive(cls, seed: bytes, info: bytes = b"") -> ServerKey:
        """Derive a key from 32 secret uniform bytes (RFC 9497, section 3.2.1)."""
        if len(seed) != SCALAR_BYTES:
            raise LocalError(f"a seed has {SCALAR_BYTES} bytes, not {len(seed)}")
        head = seed + len(info).to_bytes(2, "big") + info
        for counter in range(_ATTEMPTS):
            secret = hash_to_scalar(head + bytes([counter]), b"DeriveKeyPair")
            if any(secret):
                return cls(secret)
        raise LocalError("no key follows from this seed")

    def evaluate(
        self, blinded: Sequence[bytes] | Elements, random: Random
    ) -> tuple[list[bytes], bytes]:
        """Multiply blinded elements by the key; return them and the proof of it, 64 bytes.

        Raise ``InvalidMessageError`` for an empty or too large batch and ``InvalidElementError``
        that names the first bad element; nothing is evaluated then.
        """
        if not 1 <= len(blinded) <= VOPRF_BATCH:
            raise InvalidMessageError(
                f"a batch has 1 to {VOPRF_BATCH} elements, not {len(blinded)}"
            )
        checked = blinded if isinstance(blinded, Elements) else Elements.read(blinded)
        secret = self._secret.expose()
        evaluated = checked.times(secret)
        return evaluated, prove(secret, self.public, checked, evaluated, random)

    def output(self, message: bytes) -> bytes:
        """Return the function's output for an input in clear."""
        (found,) = self._stretch([message])
        return found

    def outputs(
        self, messages: Sequence[bytes] | Iterable[bytes], executor: Executor | None = None
    ) -> npt.NDArray[np.uint8]:
        """Return the outputs of many inputs, shape (inputs, 64); threads of an executor help.

        Other threads run while one multiplies, so threads are enough.
        """
        given = list(messages)
        parts = [given[at : at + _STRETCH] for at in range(0, len(given), _STRETCH)]
        made = executor.map(self._stretch, parts) if executor else map(self._stretch, parts)
        packed = b"".join(itertools.chain.from_iterable(made))
        return np.frombuffer(packed, dtype=np.uint8).reshape(-1, OUTPUT_BYTES)

    def _stretch(self, messages: list[bytes]) -> list[bytes]:
        for message in messages:
            check_input(message)
        products = multiply_points(self._secret.expose(), hash_to_points(messages))
        return list(map(output, messages, products))
