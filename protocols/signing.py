"""Sign with Ed25519 (RFC 8032), every signature for one named purpose.

What is signed is ``length of domain (2 bytes) || domain || message``, so a signature for one
purpose never passes for another.  Signed notes (C2SP signed-note) prescribe the bare text; they
are kept apart because a note begins with a printable character and the length with a zero byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from protocols.errors import InvalidKeyError, InvalidMessageError, LocalError
from protocols.randomness import Random

KEY_BYTES = 32
SIGNATURE_BYTES = 64
FINGERPRINT_BYTES = 16

_PRIME = 2**255 - 19
_D = -121665 * pow(121666, -1, _PRIME) % _PRIME
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = {0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8}
"""The y-coordinates of the eight points whose order divides 8: under such a key one signature
passes for many messages.  ``_ORDER_8`` solves d y^4 + 2 y^2 = 1 (d: RFC 8032, section 5.1)."""


def _separated(domain: str, message: bytes) -> bytes:
    name = domain.encode()
    if not 0 < len(name) < 256:
        raise LocalError("a signing domain has 1 to 255 bytes")
    return len(name).to_bytes(2, "big") + name + message


def _note(text: str) -> bytes:
    if text[:1] < " " or not text.endswith("\n"):
        raise LocalError("a note begins with a printable character and ends with a newline")
    return text.encode()


def fingerprint(key: bytes) -> str:
    """Return half of a public key's SHA-256 as 32 lower-case hex digits, for people to compare."""
    return hashlib.sha256(key).digest()[:FINGERPRINT_BYTES].hex()


@dataclass(frozen=True)
class VerifyingKey:
    """Hold a public key: ``raw`` is the 32 bytes of RFC 8032.

    Raises InvalidKeyError for another length, a y-coordinate that is not reduced, a point off the
    curve or one of small order.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise InvalidKeyError("a verifying key has 32 bytes")
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)
        if y >= _PRIME or y in _SMALL_ORDER:
            raise InvalidKeyError("the verifying key is not reduced or of small order")
        # x^2 = (y^2 - 1) / (d y^2 + 1) must be a square (RFC 8032, section 5.1.3).
        square = (y * y - 1) * (_D * y * y + 1) % _PRIME
        if pow(square, (_PRIME - 1) // 2, _PRIME) != 1:
            raise InvalidKeyError("the verifying key is not on the curve")

    def fingerprint(self) -> str:
        """Return half of the key's SHA-256 as 32 lower-case hex digits, for people to compare."""
        return fingerprint(self.raw)

    def verify(self, domain: str, message: bytes, signature: bytes) -> None:
        """Raise InvalidMessageError unless the key signed this message for this domain."""
        self._verify(_separated(domain, message), signature)

    def verify_note(self, text: str, signature: bytes) -> None:
        """Raise InvalidMessageError unless the key signed this bare text (see SigningKey)."""
        self._verify(_note(text), signature)

    def _verify(self, signed: bytes, signature: bytes) -> None:
        # Another length would move the border between the signature and what is signed.
        if len(signature) != SIGNATURE_BYTES:
            raise InvalidMessageError("a signature has 64 bytes")
        # libsodium takes half the time of OpenSSL, and a log has a million of them.
        try:
            crypto_sign_open(signature + signed, self.raw)
        except CryptoError as error:
            raise InvalidMessageError("the signature does not verify") from error


class SigningKey:
    """Hold a private key; it neither prints, compares nor pickles."""

    __slots__ = ("_key", "verifying_key")

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise LocalError("a signing key has 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(raw)
        self.verifying_key = VerifyingKey(self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, random: Random) -> SigningKey:
        """Make a fresh key from 32 random bytes."""
        return cls(random(KEY_BYTES))

    def expose(self) -> bytes:
        """Return the 32 private bytes, for the owner's key file only."""
        return self._key.private_bytes_raw()

    def sign(self, domain: str, message: bytes) -> bytes:
        """Return the 64-byte signature of a message for one domain (LocalError: bad domain)."""
        return self._key.sign(_separated(domain, message))

    def sign_note(self, text: str) -> bytes:
        """Sign a bare text, as C2SP signed-note and tlog-cosignature want it, and nothing else."""
        return self._key.sign(_note(text))

    def __repr__(self) -> str:
        return f"SigningKey(redacted, {self.verifying_key.fingerprint()})"

    def __reduce__(self) -> str:
        raise TypeError("private keys are not pickled")
