"""An alignment in parts: who is in which part, of which size, under which name; T and token there.

Written from docs/explanation/ot-alignment.md and section 5 of docs/reference/protocol.md.
"""

import hashlib
from decimal import ROUND_CEILING, Decimal, localcontext

from tests.vectors.independent import curve
from tests.vectors.independent import messages as m
from tests.vectors.independent import transfer as ot

SUITE = b"curve25519_XMD:SHA-512_ELL2_RO_"
SIZES = [
    (1, 4194304), (1, 4194305), (64, 8388608), (64, 8388609), (10_000_000, 10_000_000),
    (1_000_000, 100_000_000), (100_000_000, 1_000_000_000), (2**32 - 64, 1),
]  # fmt: skip
PEOPLE = [b"email:uid2:v1\0ann@example.com", "raw:v1\0张三".encode()]
PEOPLE += [b"raw:v1\0member %d" % number for number in range(6)]


def bits(own: int, peer: int) -> int:
    """Return b, the least with 2^22 2^b rows or more on the larger side."""
    found = 0
    while 2**22 * 2**found < max(own, peer):
        found += 1
    return found


def size(count: int, b: int) -> int:
    """Return what a part of a side is padded to, by sixty decimal digits."""
    if b == 0:
        return count
    with localcontext() as digits:
        digits.prec = 60
        mean, e = Decimal(count) / 2**b, (80 + b) * Decimal(2).ln()
        most = mean + e / 3 + (e * e / 9 + 2 * mean * e).sqrt()
        return int(most.to_integral_value(ROUND_CEILING))


def digest(room: bytes, alignment: bytes, message: bytes) -> bytes:
    label = hashlib.sha256(b"cleanroom/alignment-digest/1").digest()
    return hashlib.sha256(label + room + alignment + message).digest()


def name(alignment: bytes, b: int, part: int) -> bytes:
    label = b"cleanroom/alignment-part/1"
    return hashlib.sha256(
        label + alignment + b.to_bytes(1, "big") + part.to_bytes(4, "big")
    ).digest()[:16]


def secret(room: bytes, alignment: bytes, message: bytes, keys: list[bytes]) -> bytes:
    """Return T of a message under profile dh."""
    dst = b"cleanroom-v1-alignment-dh-" + room + alignment + SUITE
    point = curve.hash_to_curve(message, dst)
    kdf = hashlib.blake2b(digest_size=32, person=b"cleanroom-v1-T")
    kdf.update(room + alignment + b"".join(curve.x25519(key, point) for key in keys))
    return kdf.digest()


def vector(room: bytes, alignment: bytes, datasets: tuple[bytes, bytes]) -> dict:
    own, peer = 1_000_000, 100_000_000
    b = bits(own, peer)
    keys = [curve.clamp(m.stream(f"key {position}", 32)) for position in (0, 1)]
    salt = b"".join(m.stream(f"nonce {position}", 32) for position in (0, 1))
    people = []
    for message in PEOPLE:
        entered = digest(room, alignment, message)
        part = int.from_bytes(entered, "big") >> 256 - b
        within = name(alignment, b, part)
        found = secret(room, within, entered, keys)
        hashed = ot.prefix(room, within, "identifier", salt) + entered
        people.append(
            {
                "message": message,
                "digest": entered,
                "part": part,
                "alignment": within,
                "ot_key": hashlib.sha256(hashed).digest(),
                "T": found,
                "token": m.audience_token(found, alignment, *datasets),
            }
        )
    return {
        "room": room, "alignment": alignment, "datasets": datasets, "own": own, "peer": peer,
        "keys": keys, "salt": salt, "people": people,
        "sizes": [[*pair, bits(*pair), *(size(side, bits(*pair)) for side in pair)]
                  for pair in SIZES],
    }  # fmt: skip
