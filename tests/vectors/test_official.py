"""RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode.

The RFC encrypts with associated data, the seals here have none.  So the second implementation is
held to every published value, and the library to opening what is encrypted under the published
key and nonce without associated data.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocols.errors import InvalidMessageError
from protocols.sealing import SealingKey
from tests.vectors.independent import messages

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
