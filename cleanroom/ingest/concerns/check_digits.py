"""Know numbers of people by their check digits, and notice which of them have lost zeros.

CPF and CNPJ of Brazil (Receita Federal), PESEL of Poland, BSN of the Netherlands and birth numbers
of Norway have a fixed width, and some begin with 0.  Where all of full width are right, a shorter
one that is right behind zeros has lost them: of others one in ten is right by chance, or fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

DIGITS = r"^[1-9][0-9]{5,13}$"
"""A number without a zero before it that may be one of these."""

_LEAST, _MOST = 20, 0.95
"""Numbers of full width that say what a column has, and the share of them that is right."""

_FEW, _LOST = 3, 3
"""Shorter numbers that tell, and most zeros that are looked for."""


def _modulo_11(digits: Integers, *weights: int) -> Marks:
    """Mark the numbers whose digit behind the weighted ones is right; ten is written 0."""
    sums = digits[:, : len(weights)] @ np.array(weights)
    found: Marks = sums * 10 % 11 % 10 == digits[:, len(weights)]
    return found


def _multiple(digits: Integers, of: int, *weights: int) -> Marks:
    """Mark the numbers whose weighted sum is a multiple."""
    found: Marks = digits[:, : len(weights)] @ np.array(weights) % of == 0
    return found


def _cpf(digits: Integers) -> Marks:
    return _modulo_11(digits, *range(10, 1, -1)) & _modulo_11(digits, *range(11, 1, -1))


def _cnpj(digits: Integers) -> Marks:
    weights = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return _modulo_11(digits, *weights) & _modulo_11(digits, 6, *weights)


def _birth_number(digits: Integers) -> Marks:
    first = _multiple(digits, 11, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
    return first & _multiple(digits, 11, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


_KINDS: dict[str, tuple[int, Callable[[Integers], Marks]]] = {
    "CPF": (11, _cpf),
    "CNPJ": (14, _cnpj),
    "PESEL": (11, lambda digits: _multiple(digits, 10, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)),
    "BSN": (9, lambda digits: _multiple(digits, 11, 9, 8, 7, 6, 5, 4, 3, 2, -1)),
    "f\xf8dselsnummer": (11, _birth_number),
}


def checked(numbers: Integers) -> Counter[str]:
    """Count, kind by kind, the numbers of full width and the shorter ones, and which are right."""
    found: Counter[str] = Counter()
    for name, (width, is_right) in _KINDS.items():
        least = 10 ** (width - 1)
        for size, low, high in (
            ("full", least, 10 * least),
            ("short", least // 10**_LOST, least),
        ):
            some = numbers[(numbers >= low) & (numbers < high)]
            digits = some[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10
            found[f"{name} {size}"] += len(some)
            found[f"{name} {size} right"] += int(np.count_nonzero(is_right(digits)))
    return found


def lacking_zeros(counts: Mapping[str, int]) -> tuple[str, int]:
    """Return of which kind a column's numbers are, and how many have lost zeros, if some have."""
    for name in _KINDS:
        full, right, short, lost = (
            counts.get(f"{name} {size}", 0)
            for size in ("full", "full right", "short", "short right")
        )
        if right >= max(_LEAST, _MOST * full) and lost >= max(_FEW, _MOST * short):
            return name, lost
    return "", 0
