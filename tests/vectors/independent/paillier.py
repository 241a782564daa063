"""Paillier by the textbook (Paillier 1999, scheme 1, g = n + 1), packed rows and their masks."""

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
