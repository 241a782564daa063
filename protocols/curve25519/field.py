"""Name the constants of Curve25519 once, as gmpy2 integers (RFC 7748, section 4.1)."""

from gmpy2 import mpz

P = mpz(2**255 - 19)
"""Order of the field."""

A = mpz(486662)
"""Coefficient of the curve v^2 = u^3 + A u^2 + u."""

ORDER = mpz(2**252 + 27742317777372353535851937790883648493)
"""Order l of the prime-order subgroup; the curve has 8 l points."""

ELEMENT_BYTES = 32
"""Width of a u-coordinate and of a scalar, both little-endian."""
