"""Published values that hold the second implementation, and the library, to the standards.

RFC 9180, appendix A.1.1 (DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode)
encrypts with associated data, the seals here have none.  So the second implementation is
held to every published value, and the library to opening what is encrypted under the published
key and nonce without associated data.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocols.errors import InvalidMessageError
from protocols.sealing import SealingKey
from tests.vectors.independent import curve, messages

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
ENCAPSULATED = bytes.fromhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
PRIVATE = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
PUBLIC = bytes.fromhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
SHARED = bytes.fromhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
KEY = bytes.fromhex("4531685d41d65f03dc48f6b8302c05b0")
NONCE = bytes.fromhex("56d890e5accaaf011cff4b7d")
PLAIN = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
EXTRA = b"Count-0"
CIPHERTEXT = bytes.fromhex(
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
)


def test_the_second_implementation_follows_the_published_schedule():
    assert messages.public(EPHEMERAL) == ENCAPSULATED
    assert messages.public(PRIVATE) == PUBLIC
    assert messages.agree(EPHEMERAL, PUBLIC, ENCAPSULATED, PUBLIC) == SHARED
    assert messages.agree(PRIVATE, ENCAPSULATED, ENCAPSULATED, PUBLIC) == SHARED
    assert messages.schedule(SHARED, INFO) == (KEY, NONCE)
    assert AESGCM(KEY).encrypt(NONCE, PLAIN, EXTRA) == CIPHERTEXT


def test_the_library_opens_under_the_published_key_and_nonce():
    own = SealingKey(PRIVATE)
    assert own.public_key.raw == PUBLIC
    blob = ENCAPSULATED + AESGCM(KEY).encrypt(NONCE, PLAIN, b"")
    assert own.decrypt(blob, INFO) == PLAIN
    with pytest.raises(InvalidMessageError):
        own.decrypt(blob, INFO + b"\0")


# RFC 9380, appendix J.4.1: P.x for the messages "" and "abc".
DST = b"QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_RO_"
HASHED = {
    b"": 0x2DE3780ABB67E861289F5749D16D3E217FFA722192D16BBD9D1BFB9D112B98C0,
    b"abc": 0x2B4419F1F2D48F5872DE692B0ACA72CC7B0A60915DD70BDE432E826B6ABC526D,
}


def test_the_second_implementation_hashes_as_published():
    for message, expected in HASHED.items():
        assert curve.hash_to_curve(message, DST) == expected.to_bytes(32, "little")


def test_the_second_implementation_multiplies_as_published():
    """RFC 7748, section 5.2, the first vector and one round of the iterated one."""
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    point = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    product = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    assert curve.x25519(scalar, point).hex() == product
    once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert curve.x25519(messages.BASE_POINT, messages.BASE_POINT).hex() == once
