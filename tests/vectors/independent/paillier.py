"""Paillier by the textbook (Paillier 1999, scheme 1, g = n + 1), packed rows and their masks."""

from hashlib import shake_256
from math import gcd, lcm

SLOT = 128
OFFSET = 2**62


class Key:
    def __init__(self, p: int, q: int):
        self.p, self.q, self.n = p, q, p * q
        self.square, self.exponent = self.n**2, lcm(p - 1, q - 1)
        self.width = 2 * ((self.n.bit_length() + 7) // 8)
        self.slots = self.n.bit_length() // SLOT - 1

    def encrypt(self, plaintext: int, root: int) -> int:
        assert gcd(root, self.n) == 1
        return (
            pow(self.n + 1, plaintext % self.n, self.square)
            * pow(root, self.n, self.square)
            % (self.square)
        )

    def decrypt(self, ciphertext: int) -> int:
        def logarithm(u: int) -> int:
            return (u - 1) // self.n

        scale = pow(logarithm(pow(self.n + 1, self.exponent, self.square)), -1, self.n)
        return logarithm(pow(ciphertext, self.exponent, self.square)) * scale % self.n

    def prove(self, room: bytes, owner: str) -> tuple[list[int], list[int]]:
        """Return seven numbers and their n-th roots, by the page."""
        modulus = self.n.to_bytes(self.width // 2, "big")
        numbers = []
        for index in range(7):
            hashed = shake_256()
            for part in (b"cleanroom/paillier-roots/1", room + owner.encode(), modulus):
                hashed.update(len(part).to_bytes(4, "big") + part)
            hashed.update(bytes([0, 0, 0, 1, index]))
            numbers.append(int(hashed.hexdigest(len(modulus) + 32), 16) % self.n)
        root = pow(self.n, -1, self.exponent)
        return numbers, [pow(number, root, self.n) for number in numbers]

    def write(self, ciphertext: int) -> str:
        return ciphertext.to_bytes(self.width, "big").hex()


def pack(values: list[int]) -> int:
    return sum(value * 2 ** (SLOT * slot) for slot, value in enumerate(values))


def mask(slots: int, noise: dict[int, int], fillers: list[int], top: int) -> int:
    """Return the mask: ``fillers`` hold f of a released slot and u of another, ``top`` t."""
    total = top << (SLOT * slots)
    for slot, filler in enumerate(fillers):
        shown = OFFSET + noise[slot] + (filler << 64) if slot in noise else filler
        total += shown << (SLOT * slot)
    return total


def read(plaintext: int, released: list[int]) -> list[int]:
    return [(plaintext >> (SLOT * slot)) % 2**64 - OFFSET for slot in released]
