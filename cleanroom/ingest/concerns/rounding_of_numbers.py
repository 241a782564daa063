"""Notice whole numbers that a float made others of, or that a spreadsheet took zeros off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import gcd, log10
from typing import Any

import numpy as np
import numpy.typing as npt

LONG_NUMBERS, _FLOATS = 3, 30
_MANY, _EXCESS, _DEVIATIONS, _MILLION = 100, 0.05, 6, 10**6
"""Long numbers of which a part may be rounded: a share, and standard deviations, over chance."""

_INDEX = 5
"""Different last digits of numbers that end in an index, at the most."""


def is_rounded(text: str) -> bool:
    """Tell whether a long number is one that a program rounds others to.

    To 15 decimal digits, or to a 64-bit float.  Programs print all digits of such a float, which
    make a multiple of a power of two, or the fewest that tell it from the next, at most 17, and
    zeros (ECMAScript, ``Number::toString``).  Above 2^56 one number in eight is one by chance at
    the most, of 19 digits one in some hundreds.  Snowflakes (a time, a machine and 12 bits that
    count from 0 within a millisecond) are multiples of 2^12, which rounding seldom makes.
    """
    digits = text.lstrip("0")
    if not digits[15:].strip("0"):
        return True
    snowflake = int(digits) < 1 << 63 and int(digits) % (1 << 12) == 0
    return float(digits) > 1 << 56 and _printed(digits) and not snowflake


def _printed(digits: str) -> bool:
    held = float(digits)
    return digits in (f"{held:.0f}", np.format_float_positional(held, trim="-"))


def _step(number: int) -> int:
    """Return how far floats of 64 bits lie apart at a number between 2^53 and 2^56, else 0."""
    return 1 << (number.bit_length() - 53) if 53 < number.bit_length() <= 56 else 0


def _chance(number: int, digits: int) -> tuple[int, int]:
    """Return of how many in a million numbers of this size a float's digits, or zeros, are chance.

    The first are multiples of a power of two, the others of a power of ten, or next to a float.
    """
    apart = number.bit_length() - 53
    floats = _MILLION >> apart if number > 1 << 56 else 0
    return floats, floats + _MILLION // 10 ** (digits - 15)


_LONG_LABEL = re.compile("0*[1-9][0-9]{15,39}")
_FEWEST, _SELDOM = 2, -5
"""Different labels that tell, and the power of ten of their chance."""


def rounded_labels(labels: Iterable[str]) -> list[str]:
    """Return the labels that a program has rounded, if that so many look so is no chance.

    Of 19 digits two tell, of 16, of which each tenth ends so, five; if some others do not, more.
    """
    long = [label for label in labels if _LONG_LABEL.fullmatch(label)]
    found = [label for label in long if is_rounded(label)]
    if len(found) < _FEWEST or 2 * len(found) <= len(long):
        return []
    # Any more than half of them may be the rounded ones: two to the power of all, at the most.
    choices = 1 if len(found) == len(long) else 4
    likely = sum(min(0, log10(choices) + _likely(label.lstrip("0"))) for label in found)
    return found if likely <= _SELDOM else []


def _likely(digits: str) -> float:
    """Return the power of ten of the chance that a number is rounded as this one is."""
    if not digits[15:].strip("0"):
        return 15.0 - len(digits)
    return log10(2) * (53 - int(digits).bit_length())


class Steps:
    """Watch numbers of 16 and 17 digits, of which many are floats by chance, but never all."""

    def __init__(self) -> None:
        self.rows = self.printed = self._divisor = self._common = 0
        self._floats = self._zeros = 0
        self._ends: Counter[tuple[int, int]] = Counter()
        self._step = 1 << 56

    def add(self, texts: Iterable[str]) -> None:
        """Look at some numbers."""
        for digits in (text.lstrip("0") for text in texts):
            number = int(digits)
            self._common = gcd(self._common, number)
            floats, zeros = _chance(number, len(digits))
            self._floats += floats
            self._zeros += zeros
            self._ends[len(digits), number % 100] += 1
            if step := _step(number):
                self.rows += 1
                self.printed += _printed(digits)
                self._divisor = gcd(self._divisor, number)
                self._step = min(self._step, step)

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        return {
            "rows": self.rows,
            "printed": self.printed,
            "divisor": self._divisor,
            "step": self._step,
            "common": self._common,
            "floats": self._floats,
            "zeros": self._zeros,
            "ends": [[*end, rows] for end, rows in self._ends.items()],
        }

    def absorb(self, document: Mapping[str, Any]) -> None:
        """Add what was seen of other numbers."""
        for digits, end, rows in document["ends"]:
            self._ends[digits, end] += rows
        self.rows += document["rows"]
        self.printed += document["printed"]
        self._divisor = gcd(self._divisor, document["divisor"])
        self._step = min(self._step, document["step"])
        self._common = gcd(self._common, document["common"])
        self._floats += document["floats"]
        self._zeros += document["zeros"]

    def excess(self, rounded: int, of: int) -> bool:
        """Tell whether more of many numbers look rounded than chance and their own step explain."""
        floats = self._floats * gcd(self._common, 1 << 64)
        zeros = self._zeros * gcd(self._common, 10**18)
        chance = max(float(zeros), self._zeros_behind_an_index())
        expected: float = min(of, (floats + chance) / _MILLION)
        beyond = max(_EXCESS * of, _DEVIATIONS * expected**0.5 + LONG_NUMBERS)
        return of >= _MANY and rounded - expected > beyond

    def _zeros_behind_an_index(self) -> float:
        """Return of how many in a million zeros are chance, if all end in one digit of a few.

        Such a digit tells the items of an order apart: one in two ends in 0, and of these one in
        ten in 00.  Where some were rounded, the others end in any digit.
        """
        last = Counter[int]()
        for (_, end), rows in self._ends.items():
            last[end % 10] += rows
        others = last.total() - last[0]
        if len(last) > _INDEX or others < _FLOATS:
            return 0.0
        ending = ((digits, rows) for (digits, end), rows in self._ends.items() if end % 10 == 0)
        return sum(rows * _MILLION / 10.0 ** max(0, digits - 16) for digits, rows in ending)

    @property
    def rounded(self) -> bool:
        """Tell whether all of many are floats, and no other step, such as ten, is why."""
        return self.printed == self.rows >= _FLOATS and self._divisor <= self._step


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
