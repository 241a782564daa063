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

D = mpz(-121665) * pow(mpz(121666), -1, P) % P
"""Coefficient of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1)."""


def _root(number: mpz) -> mpz:
    """Return the square root that is even below p, of what has one."""
    found = pow(number, (P + 3) // 8, P)
    if found * found % P != number % P:
        found = found * pow(mpz(2), (P - 1) // 4, P) % P
    return found if found % 2 == 0 else P - found


# RFC 9496, section 4.1; the one odd root there is that of a d - 1.
ROOT_OF_MINUS_ONE = _root(mpz(-1))
ROOT_OF_AD_MINUS_ONE = P - _root(-D - 1)
ROOT_OF_INVERSE_OF_A_MINUS_D = _root(pow(-1 - D, -1, P))
