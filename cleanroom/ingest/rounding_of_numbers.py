"""Notice whole numbers that a float of 32 bits made others of, or a spreadsheet took zeros off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import gcd

import numpy as np
import numpy.typing as npt


class Singles:
    """Watch whole numbers above 2^26, of which floats of 32 bits hold one in eight at the most.

    Such a float has 24 bits (IEEE 754); Stata stores numbers so unless it is told otherwise.
    """

    def __init__(self) -> None:
        self.rows = self._held = self._different = self._divisor = 0
        self._step = 1 << 62

    def add(self, numbers: npt.NDArray[np.int64]) -> None:
        """Look at some numbers below 2^53."""
        large = numbers[numbers > 1 << 26]
        if not len(large):
            return
        self.rows += len(large)
        self._held += int(np.count_nonzero(large.astype(np.float32).astype(np.int64) == large))
        self._different = max(self._different, len(np.unique(large)))
        self._divisor = gcd(self._divisor, int(np.gcd.reduce(large)))
        self._step = min(self._step, 1 << (int(large.min()).bit_length() - 24))

    def document(self) -> list[int]:
        """Return all that was seen, in plain values."""
        return [self.rows, self._held, self._different, self._divisor, self._step]

    def absorb(self, document: Sequence[int]) -> None:
        """Add what was seen of other numbers."""
        rows, held, different, divisor, step = document
        self.rows += rows
        self._held += held
        self._different = max(self._different, different)
        self._divisor = gcd(self._divisor, divisor)
        self._step = min(self._step, step)

    @property
    def rounded(self) -> bool:
        """Tell whether all of many are such floats, and no other step, such as 1,000, is why."""
        return self._held == self.rows and self._different >= 20 and self._divisor <= self._step


_WIDTH, _ZERO_WIDTH = "digits ", "zero and digits "
_FEW = 3


def widths(texts: Iterable[str]) -> Iterator[str]:
    """Yield what is counted of each number: how many digits it has, and whether the first is 0."""
    for text in texts:
        yield f"{_ZERO_WIDTH if text[0] == '0' else _WIDTH}{len(text)}"


def without_zeros(counts: Mapping[str, int]) -> int:
    """Return how many numbers have probably lost zeros, of counts of what ``widths`` yields.

    They are shorter than others that begin with 0, which all have one width, the greatest.
    """
    padded = {int(k.removeprefix(_ZERO_WIDTH)): n for k, n in counts.items() if k[0] == "z"}
    plain = {int(k.removeprefix(_WIDTH)): n for k, n in counts.items() if k[0] == "d"}
    width = max(padded, default=0)
    lost = sum(rows for digits, rows in plain.items() if digits < width)
    is_fixed = len(padded) == 1 and max(plain, default=0) <= width
    return lost if is_fixed and min(lost, padded[width]) >= _FEW else 0
