"""ristretto255 of RFC 9496 in affine coordinates, with quotients and roots of Python's integers."""

import hashlib

from tests.vectors.independent.curve import ORDER, P, expand_message_xmd

D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1)

Point = tuple[int, int]


def absolute(number: int) -> int:
    number %= P
    return P - number if number % 2 else number


def root(square: int) -> int | None:
    """Return the root that is not negative, None if there is none."""
    found = pow(square, (P + 3) // 8, P)
    if found * found % P != square % P:
        found = found * IMAGINARY % P
    return absolute(found) if found * found % P == square % P else None


IMAGINARY = absolute(pow(2, (P - 1) // 4, P))


def certainly(number: int | None) -> int:
    assert number is not None
    return number


INVERSE_ROOT = certainly(root(pow(-1 - D, -1, P)))
ODD_ROOT = P - certainly(root(-D - 1))


def add(left: Point, right: Point) -> Point:
    """Add on -x^2 + y^2 = 1 + d x^2 y^2."""
    (x1, y1), (x2, y2) = left, right
    common = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + y1 * x2) * pow(1 + common, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - common, -1, P) % P
    return x, y


def subtract(left: Point, right: Point) -> Point:
    return add(left, (-right[0] % P, right[1]))


def times(scalar: int, point: Point) -> Point:
    total = IDENTITY
    for bit in bin(scalar % ORDER)[2:]:
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def decode(element: bytes) -> Point:
    s = int.from_bytes(element, "little")
    one, other = 1 - s * s, 1 + s * s
    inverse = pow(-D * one * one - other * other, -1, P)
    x = absolute(2 * s * certainly(root(inverse)))
    return x, one * pow(other, -1, P) % P


def encode(point: Point) -> bytes:
    x, y = point
    if x * y % P == 0:
        return bytes(32)
    u = (1 + y) * (1 - y)
    inverse = certainly(root(pow(u * (x * y) ** 2, -1, P)))
    denominator = inverse * x * y
    of_z = inverse * u * denominator * x * y
    if x * y * of_z % P % 2:
        x, y, denominator = y * IMAGINARY, x * IMAGINARY, inverse * u * INVERSE_ROOT
    if x * of_z % P % 2:
        y = -y
    return absolute(denominator * (1 - y)).to_bytes(32, "little")


def mapped(half: bytes) -> Point:
    """Return the point of 32 uniform bytes (RFC 9496, section 4.3.4)."""
    t = int.from_bytes(half, "little") % 2**255 % P
    r = IMAGINARY * t * t % P
    ratio = (r + 1) * (1 - D * D) * pow((-1 - r * D) * (r + D), -1, P) % P
    s, c = root(ratio), -1
    if s is None:
        s, c = -absolute(certainly(root(IMAGINARY * ratio)) * t), r
    v = (-1 - r * D) * (r + D)
    w1 = (c * (r - 1) * (D - 1) ** 2 - v) * ODD_ROOT
    return 2 * s * v * pow(w1, -1, P) % P, (1 - s * s) * pow(1 + s * s, -1, P) % P


def hash_to_group(message: bytes, dst: bytes) -> bytes:
    """Hash to the group (RFC 9380, appendix B)."""
    uniform = expand_message_xmd(message, dst, 64)
    return encode(add(mapped(uniform[:32]), mapped(uniform[32:])))


GENERATOR = decode(
    bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
)


def scalar(drawn: bytes) -> int:
    """Return what 32 random bytes stand for: their lowest 252 bits."""
    return int.from_bytes(drawn, "little") % 2**252


def base_seed(binding: bytes, offer: bytes, index: int, shared: Point) -> bytes:
    """Return a seed of a base transfer of the profile ``ot``."""
    batch = hashlib.sha256(b"cleanroom/ot/base\0" + binding + offer).digest()
    return hashlib.sha256(batch + index.to_bytes(2, "big") + encode(shared)).digest()[:16]
