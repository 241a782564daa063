"""Curve25519 in affine coordinates, RFC 9380's hash to it, and RFC 7748's ladder."""

import hashlib

P = 2**255 - 19
A = 486662
ORDER = 2**252 + 27742317777372353535851937790883648493


def expand_message_xmd(message: bytes, dst: bytes, length: int) -> bytes:
    suffix = dst + bytes([len(dst)])
    head = bytes(128) + message + length.to_bytes(2, "big") + b"\0" + suffix
    first = hashlib.sha512(head).digest()
    blocks = [hashlib.sha512(first + b"\x01" + suffix).digest()]
    while 64 * len(blocks) < length:
        mixed = bytes(a ^ b for a, b in zip(first, blocks[-1], strict=True))
        blocks.append(hashlib.sha512(mixed + bytes([len(blocks) + 1]) + suffix).digest())
    return b"".join(blocks)[:length]


def right(u: int) -> int:
    return (u**3 + A * u * u + u) % P


def root(square: int) -> int | None:
    found = pow(square, (P + 3) // 8, P)
    if found * found % P != square % P:
        found = found * pow(2, (P - 1) // 4, P) % P
    return found if found * found % P == square % P else None


def map_to_curve(element: int) -> tuple[int, int]:
    u = -A * pow(1 + 2 * element * element, -1, P) % P
    v = root(right(u))
    if v is not None:
        return u, v if v % 2 == 1 else P - v
    u = (-u - A) % P
    v = root(right(u))
    assert v is not None
    return u, v if v % 2 == 0 else P - v


def add(left: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if left is None or other is None:
        return left or other
    (x1, y1), (x2, y2) = left, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    if x1 == x2:
        slope = (3 * x1 * x1 + 2 * A * x1 + 1) * pow(2 * y1, -1, P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - A - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def hash_to_curve(message: bytes, dst: bytes) -> bytes:
    uniform = expand_message_xmd(message, dst, 96)
    points = [map_to_curve(int.from_bytes(uniform[i : i + 48], "big") % P) for i in (0, 48)]
    point = add(*points)
    for _ in range(3):
        point = add(point, point)
    assert point is not None
    return point[0].to_bytes(32, "little")


def clamp(scalar: bytes) -> bytes:
    number = int.from_bytes(scalar, "little") & ~7 & (2**255 - 1) | 2**254
    return number.to_bytes(32, "little")


def x25519(scalar: bytes, element: bytes) -> bytes:
    k = int.from_bytes(clamp(scalar), "little")
    u = int.from_bytes(element, "little") % 2**255
    x2, z2, x3, z3 = 1, 0, u, 1
    for bit in reversed(range(255)):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        e, da, cb = a * a - b * b, d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = a * a * b * b % P, e * (a * a + 121665 * e) % P
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, P) % P).to_bytes(32, "little")


def invert(scalar: bytes) -> bytes:
    """Return the clamped s with s r = 1 or -1 modulo the order."""
    r = int.from_bytes(scalar, "little")
    for sign in (1, -1):
        s = 8 * (sign * pow(8 * r, -1, ORDER) % ORDER)
        if 2**254 <= s < 2**255:
            return s.to_bytes(32, "little")
    raise ValueError("no clamped inverse")
