"""Rows under ring-LWE by the page: plain integers, a recursive transform, coefficients by hand."""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

N, T = 8192, 2**64
PRIMES = [133857281, 133644289, 133611521, 133513217, 133251073]
Q = 1
for _p in PRIMES:
    Q *= _p


def root_of(p: int) -> int:
    base = 2
    while pow(pow(base, (p - 1) // (2 * N), p), N, p) != p - 1:
        base += 1
    return pow(base, (p - 1) // (2 * N), p)


def fourier(numbers: list[int], root: int, p: int) -> list[int]:
    """Return the values at 1, root, root^2, ... of the polynomial with these coefficients."""
    if len(numbers) == 1:
        return numbers
    even, odd = (fourier(numbers[i::2], root * root % p, p) for i in (0, 1))
    power, low, high = 1, [], []
    for x, y in zip(even, odd, strict=True):
        low.append((x + power * y) % p)
        high.append((x - power * y) % p)
        power = power * root % p
    return low + high


def place(i: int) -> int:
    return int(f"{i:013b}"[::-1], 2)


def values(coefficients: list[int], p: int) -> list[int]:
    """Return the values at odd powers of the root; that at root^(2 i + 1) stands at place(i)."""
    root = root_of(p)
    twisted = [c * pow(root, i, p) % p for i, c in enumerate(coefficients)]
    found = fourier(twisted, root * root % p, p)
    return [found[place(j)] for j in range(N)]


def coefficients(at: list[int], p: int) -> list[int]:
    root = root_of(p)
    twisted = fourier([at[place(i)] for i in range(N)], pow(root, -2, p), p)
    return [c * pow(N, -1, p) * pow(root, -i, p) % p for i, c in enumerate(twisted)]


def keystream(key: bytes, counter: bytes, length: int) -> bytes:
    return Cipher(algorithms.AES(key), modes.CTR(counter)).encryptor().update(bytes(length))


def expand(context: bytes, seed: bytes) -> list[list[int]]:
    """Return the values of a public polynomial, prime by prime."""
    text = b"cleanroom/lattice-public/1" + len(context).to_bytes(4, "big") + context + seed
    key, out = hashlib.sha256(text).digest()[:16], []
    for i, p in enumerate(PRIMES):
        stream = keystream(key, i.to_bytes(8, "big") + bytes(8), 5 * N)
        words = [int.from_bytes(stream[j : j + 4], "little") % 2**27 for j in range(0, 5 * N, 4)]
        out.append([word for word in words if word < p][:N])
    return out


class Draw:
    """Read secrets and errors from one key stream."""

    def __init__(self, key: bytes):
        self.stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def ternary(self, count: int) -> list[int]:
        kept: list[int] = []
        while len(kept) < count:
            kept += [byte for byte in self.stream.update(bytes(count)) if byte < 255]
        return [byte % 3 - 1 for byte in kept[:count]]

    def errors(self, count: int) -> list[int]:
        text = self.stream.update(bytes(8 * count))
        words = [int.from_bytes(text[i : i + 8], "little") for i in range(0, 8 * count, 8)]
        return [(word % 2**21).bit_count() - (word // 2**21 % 2**21).bit_count() for word in words]


def key(root: bytes, context: bytes, measures: int) -> tuple[list, list]:
    """Return the secrets, coefficients, and the shares, values prime by prime."""
    draw, a = Draw(root), expand(context, b"public-key" + bytes(6))
    flat = draw.ternary(measures * N)
    secrets = [flat[i : i + N] for i in range(0, measures * N, N)]
    errors = draw.errors(measures * N)
    shares = []
    for i, s in enumerate(secrets):
        shares.append([])
        for x, p in zip(a, PRIMES, strict=True):
            pairs = zip(x, values(s, p), values(errors[i * N : i * N + N], p), strict=True)
            shares[-1].append([(u * v + T * e) % p for u, v, e in pairs])
    return secrets, shares


def encrypt(secrets: list, context: bytes, rows: list[list[int]], seed: bytes, noise: bytes):
    """Return one block by coefficients, measure by measure and prime by prime."""
    a, errors = expand(context, seed), Draw(noise).errors(len(secrets) * N)
    block = []
    for i, s in enumerate(secrets):
        plain = [row[i] for row in rows] + [0] * (N - len(rows))
        e = errors[i * N : i * N + N]
        block.append([])
        for x, p in zip(a, PRIMES, strict=True):
            product = [u * v % p for u, v in zip(x, values(s, p), strict=True)]
            parts = zip(coefficients(product, p), plain, e, strict=True)
            block[-1].append([(c + v + T * error) % p for c, v, error in parts])
    return block


def mask(context: bytes, shares: list, seed: bytes, block: list, chosen: list[int], noise: bytes,
         numbers: list[int]):  # fmt: skip
    """Return A' by its values and B' of the sum of some rows of one block."""
    draw = Draw(noise)
    u, e = draw.ternary(N), draw.errors(N)
    rows, shared = expand(context, seed), expand(context, b"public-key" + bytes(6))
    a_out, b_out = [], [[] for _ in shares]
    for i, p in enumerate(PRIMES):
        select = [0] * N
        for row in chosen:  # X^-row is -X^(N - row)
            select[-row % N] = 1 if row == 0 else p - 1
        u_values = values(u, p)
        parts = zip(rows[i], values(select, p), shared[i], u_values, values(e, p), strict=True)
        a_out.append([(a * s + b * v + T * w) % p for a, s, b, v, w in parts])
        for measure, share in enumerate(shares):
            product = [x * y % p for x, y in zip(share[i], u_values, strict=True)]
            total = sum(block[measure][i][row] for row in chosen) + coefficients(product, p)[0]
            b_out[measure].append((total + numbers[measure]) % p)
    return a_out, b_out


def open_one(secret: list[int], a: list, b: list[int]) -> int:
    total = 0
    for i, p in enumerate(PRIMES):
        product = coefficients([x * y % p for x, y in zip(a[i], values(secret, p), strict=True)], p)
        total += (b[i] - product[0]) * (Q // p) * pow(Q // p, -1, p)
    return total % Q % T


def write(polynomials: list) -> bytes:
    """Write residues one after the other, 4 bytes each, little-endian."""
    return b"".join(residue.to_bytes(4, "little") for one in polynomials for residue in one)
