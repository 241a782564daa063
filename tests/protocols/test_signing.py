import pickle
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocols.errors import InvalidKeyError, InvalidMessageError, LocalError
from protocols.signing import SigningKey, VerifyingKey

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def test_published_value() -> None:
    # RFC 8032, section 7.1, TEST 1: the public key of the first secret key.
    key = SigningKey(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    raw = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.verifying_key.raw.hex() == raw
    assert key.verifying_key.fingerprint() == "21fe31dfa154a261626bf854046fd227"


def test_signed_bytes_are_length_domain_message() -> None:
    key = SigningKey.generate(secrets.token_bytes)
    signature = key.sign("job", b"message")
    public = Ed25519PublicKey.from_public_bytes(key.verifying_key.raw)
    public.verify(signature, b"\x00\x03" + b"job" + b"message")
    public.verify(key.sign_note("text\n"), b"text\n")


def test_wrong_domain_message_signature_or_key() -> None:
    key, other = (SigningKey.generate(secrets.token_bytes) for _ in range(2))
    signature = key.sign("job", b"message")
    key.verifying_key.verify("job", b"message", signature)
    for public, domain, message, bad in [
        (key, "jo", b"bmessage", signature),
        (key, "result", b"message", signature),
        (key, "job", b"message!", signature),
        (key, "job", b"message", signature[:-1]),
        (key, "job", b"message", signature + b"\0"),
        (key, "job", b"message", signature[:63] + bytes([signature[63] ^ 1])),
        (other, "job", b"message", signature),
    ]:
        with pytest.raises(InvalidMessageError):
            public.verifying_key.verify(domain, message, bad)


def test_notes_and_domains_are_apart() -> None:
    key = SigningKey.generate(secrets.token_bytes)
    with pytest.raises(LocalError):
        key.sign_note("\x00\x03jobmessage\n")
    with pytest.raises(LocalError):
        key.sign_note("no newline")
    with pytest.raises(LocalError):
        key.sign_note("")
    with pytest.raises(InvalidMessageError):
        key.verifying_key.verify_note("other\n", key.sign_note("text\n"))


@pytest.mark.parametrize("domain", ["", "x" * 256])
def test_domain_length(domain: str) -> None:
    with pytest.raises(LocalError):
        SigningKey.generate(secrets.token_bytes).sign(domain, b"")


def small_order_y() -> set[int]:
    # Doubling a point of order 8 gives y = 0, that is y^2 = -x^2: d y^4 + 2 y^2 - 1 = 0.
    found = {0, 1, P - 1}
    root = pow(1 + D, (P + 3) // 8, P)
    for sign in (1, pow(2, (P - 1) // 4, P)):
        r = root * sign % P
        if r * r % P != (1 + D) % P:
            continue
        for numerator in (-1 + r, -1 - r):
            square = numerator * pow(D, -1, P) % P
            y = pow(square, (P + 3) // 8, P)
            for candidate in (y, y * pow(2, (P - 1) // 4, P) % P):
                if candidate * candidate % P == square:
                    found |= {candidate, P - candidate}
    return found


def test_small_order_keys_are_refused() -> None:
    values = small_order_y()
    assert len(values) == 5
    for y in values | {P, P + 1}:
        for sign in (0, 1 << 255):
            with pytest.raises(InvalidKeyError, match="small order"):
                VerifyingKey((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), (2).to_bytes(32, "little")])
def test_bad_public_keys(raw: bytes) -> None:
    with pytest.raises(InvalidKeyError):
        VerifyingKey(raw)


def test_private_key_round_trip_and_silence() -> None:
    key = SigningKey.generate(secrets.token_bytes)
    assert SigningKey(key.expose()).verifying_key == key.verifying_key
    assert key.expose().hex() not in repr(key) and "redacted" in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(LocalError):
        SigningKey(b"short")
