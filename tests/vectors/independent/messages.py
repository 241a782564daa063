"""Tokens, pseudonyms, canonical JSON, signatures, HPKE (RFC 9180) and the channel."""

import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.vectors.independent import curve

KEM = b"KEM\x00\x20"
HPKE = b"HPKE\x00\x20\x00\x01\x00\x01"
BASE_POINT = (9).to_bytes(32, "little")


def stream(label: str, length: int) -> bytes:
    """Stand in for randomness: SHA-256 of the label and a counter of 4 bytes."""
    blocks = (
        hashlib.sha256(label.encode() + i.to_bytes(4, "big")) for i in range(length // 32 + 1)
    )
    return b"".join(block.digest() for block in blocks)[:length]


def lengths_first(parts: list[bytes], width: int) -> bytes:
    return b"".join(len(part).to_bytes(width, "big") + part for part in parts)


def token(secret: bytes, purpose: str, scope: list[bytes], level: int = 0, index: int = 0) -> bytes:
    where = hashlib.sha256(lengths_first([purpose.encode(), *scope], 8)).digest()
    message = b"cleanroom/token/1".ljust(32, b"\0") + where + secret
    message += bytes([level]) + index.to_bytes(8, "big")
    return hashlib.sha256(message).digest()[:16]


def audience_token(secret: bytes, alignment: bytes, brand: bytes, platform: bytes) -> bytes:
    return token(secret, "match", [alignment, brand, platform])


def event_token(secret: bytes, job: bytes, purpose: str, level: int, index: int) -> bytes:
    return token(secret, purpose, [b"event", job], level, index)


def pseudonym(key: bytes, column: str, upload: bytes, value: str) -> bytes:
    message = lengths_first([b"cleanroom/label/1", column.encode(), upload, value.encode()], 4)
    return hmac.digest(key, message, "sha256")[:8]


def entry(column: str, value: str) -> bytes:
    return lengths_first([column.encode(), value.encode()], 1).ljust(128, b"\0")


def canonical(value: object) -> bytes:
    """Write RFC 8785 for the values that occur here: no key beyond the basic plane, tame floats."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def identity(document: object) -> bytes:
    return hashlib.sha256(canonical(document)).digest()[:16]


def verifying_key(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, domain: str, message: bytes) -> bytes:
    signed = len(domain).to_bytes(2, "big") + domain.encode() + message
    return Ed25519PrivateKey.from_private_bytes(seed).sign(signed)


def public(scalar: bytes) -> bytes:
    return curve.x25519(scalar, BASE_POINT)


def extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + key, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """Expand to one block at most: no output here is longer than 32 bytes."""
    head = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, head + b"\x01", "sha256")[:length]


def schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    hashes = extract(HPKE, b"", b"psk_id_hash", b"") + extract(HPKE, b"", b"info_hash", info)
    secret = extract(HPKE, shared, b"secret", b"")
    key = expand(HPKE, secret, b"key", b"\0" + hashes, 16)
    return key, expand(HPKE, secret, b"base_nonce", b"\0" + hashes, 12)


def agree(scalar: bytes, point: bytes, sent: bytes, reader: bytes) -> bytes:
    key = extract(KEM, b"", b"eae_prk", curve.x25519(scalar, point))
    return expand(KEM, key, b"shared_secret", sent + reader, 32)


def hpke_seal(ephemeral: bytes, reader: bytes, info: bytes, body: bytes) -> bytes:
    sent = public(ephemeral)
    key, nonce = schedule(agree(ephemeral, reader, sent, reader), info)
    return sent + AESGCM(key).encrypt(nonce, body, b"")


def hpke_open(own: bytes, info: bytes, blob: bytes) -> bytes:
    sent, reader = blob[:32], public(own)
    key, nonce = schedule(agree(own, sent, sent, reader), info)
    return AESGCM(key).decrypt(nonce, blob[32:], b"")


def seal(message: bytes, reader: bytes, info: bytes, seed: bytes, ephemeral: bytes) -> bytes:
    context = b"cleanroom/seal/1" + verifying_key(seed) + reader + info
    signed = hashlib.sha256(message).digest() + context
    return hpke_seal(ephemeral, reader, context, sign(seed, "cleanroom/seal/1", signed) + message)


def open_sealed(blob: bytes, own: bytes, info: bytes, sender: bytes) -> bytes:
    """Open without checking the signature, whose bytes are the first 64 of the body."""
    return hpke_open(own, b"cleanroom/seal/1" + sender + public(own) + info, blob)[64:]


def pairwise_key(own: bytes, peer: bytes, info: bytes) -> bytes:
    key = hmac.digest(b"cleanroom/pairwise/1", curve.x25519(own, peer), "sha256")
    first, second = sorted((public(own), peer))
    return hmac.digest(key, first + second + info + b"\x01", "sha256")


class Channel:
    """Make the messages of one direction; ``chain`` is what the next one is bound to."""

    def __init__(
        self, room: bytes, alignment: bytes, sender: int, sent: int, received: int, attempt: int
    ):
        self.head = b"CRC1" + room + alignment + bytes([sender])
        self.number = 0
        start = sent.to_bytes(8, "big") + received.to_bytes(8, "big") + attempt.to_bytes(4, "big")
        self.chain = hashlib.sha256(b"cleanroom/channel/1" + self.header() + start).digest()

    def header(self) -> bytes:
        return self.head + self.number.to_bytes(4, "big")

    def info(self) -> bytes:
        return self.header() + self.chain

    def message(self, frame: bytes, reader: bytes, seed: bytes, ephemeral: bytes) -> bytes:
        made = self.header() + seal(frame, reader, self.info(), seed, ephemeral)
        self.take(frame, reader, verifying_key(seed))
        return made

    def take(self, frame: bytes, reader: bytes, sender: bytes) -> None:
        context = b"cleanroom/seal/1" + sender + reader + self.info()
        self.chain = hashlib.sha256(hashlib.sha256(frame).digest() + context).digest()
        self.number += 1


def frame(step: str, chunk: int, payload: bytes) -> bytes:
    return bytes([len(step)]) + step.encode() + chunk.to_bytes(4, "big") + payload
