"""Read numbers exactly, in the notation that a dataset declares, and say why a cell is none.

``1.000`` is one in some countries and a thousand in others.  Where nothing is declared and no
other cell of the column tells, the file is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.clock import NoTime as Unusable
from cleanroom.ingest.identifiers.nothing import NO_OTHER_WORDS
from cleanroom.ingest.identifiers.steps import POWER
from cleanroom.ingest.report import Concern
from cleanroom.isolated.signs import UNSEEN
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import NumberSpec
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LONGEST = 64
_BETWEEN: Final = {" ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]", ",": ",", ".": r"\."}
_SEPARATED = re.compile("[+-]?[0-9][0-9.,'\u2019 \u00a0\u2009\u202f]*[0-9]")
_NEGATIVE = re.compile(r"\(\s*[0-9][0-9.,]*\s*\)|[0-9][0-9.,]*\s*-")

_GROUPED = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{2}0$"
_SHORT = r"^[+-]?[0-9]+\.[0-9]{1,2}$"
_POINTED = r"^[+-]?[0-9]*\.[0-9]*$"
_DIGITS = "^[+-]?[., '\u2019\u00a0\u2009\u202f]*[0-9][0-9., '\u2019\u00a0\u2009\u202f]*$"
_ODD = re.compile("\0([.,])([., ']?)\0(.*)", re.DOTALL)
"""A cell of digits that are not written as declared, behind its decimal and thousands signs."""
_FROM_ZERO = re.compile(r"[+-]?0[0-9]{0,2}[^0-9](?:[0-9]{2}[^0-9])*[0-9]{3}(?![0-9])")

SEPARATED = "has commas, spaces or more than one point in it: declare decimal and thousands"
NEGATIVE = "is negative by brackets or by a sign after it: write -12.50"
WITH_LETTERS = "has letters, a currency or a percent sign"
SHORTENED = "has an exponent, and too few digits to be exact: export all its digits"
QUOTED = 'is in quotes that CSV does not know: export with " or with none'
DASHED = "has a dash before it that is not a minus sign: write -12.50"
INFINITE = "is infinite, as a division by zero is: leave the cell empty, or fix the division"
INFINITE_SHAPE = re.compile(r"\s*[+-]?\s*(inf|infinity|\u221e|1\.#inf)\s*", re.IGNORECASE)
OTHER_DIGITS = "has digits of another script, or raised ones: write 0 to 9"
_QUOTED = re.compile(
    "['`\u00b4\u2018\u201c\u00ab\u201e\"].*['`\u00b4\u2019\u201d\u00bb\"]|[0-9.,]+['`]", re.S
)
_DASHED = re.compile(r"[\u2010-\u2015]\s*[0-9.,].*|-\s+[0-9].*")
_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x2212: "-", 0xFE63: "-"}
_PLAIN |= dict.fromkeys(UNSEEN)
_SAME = str.maketrans("\u00a0\u2009\u202f\u2019", "   '")
POINTS = (
    'has three digits after every point: if 1.000 is a thousand, declare thousands = ".", else'
    ' decimal = "."'
)
"""Why a column is refused in which a point may be either."""


def cells_of(column: pa.Array) -> pa.Array:
    """Return a column as text without what exports put around a cell; no cell is the empty text.

    ``="8"``, ``'8`` and the backquote of WeChat Pay keep a spreadsheet from changing 8.
    """
    text = pc.utf8_trim_whitespace(pc.fill_null(column.cast(pa.string()), ""))
    if not pc.any(pc.match_substring_regex(text, "^[='`]")).as_py():
        return text
    text = pc.replace_substring_regex(text, r'^=\s*"([^"]*)"$', r"\1")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(text, "^['`]", ""))


def numbers_of(column: pa.Array) -> pa.Array:
    """Return a column as ``cells_of``, in plain digits and signs, without marks of no width.

    Full-width ones mean the same, and so does the minus sign of mathematics (U+2212), which
    browsers write in some languages.
    """
    text = cells_of(column)
    foreign = pc.invert(pc.string_is_ascii(text))
    if not pc.any(foreign).as_py():
        return text
    plain = [cell.translate(_PLAIN) for cell in text.filter(foreign).to_pylist()]
    return cells_of(pc.replace_with_mask(text, foreign, pa.array(plain, pa.string())))


def plainly(column: pa.Array, spec: NumberSpec) -> pa.Array:
    """Return numbers of the declared notation with a decimal point and nothing between thousands.

    What is not written so is handed on, to be refused by ``number``.
    """
    text = numbers_of(column)
    if spec.decimal is None and spec.thousands is None:
        return text
    whole, mark = "[0-9]+", spec.decimal or "."
    between = _BETWEEN[spec.thousands] if spec.thousands else None
    if between:
        # Thousands and, as in India, lakhs and crores: 12,34,567.  None begins with 0.
        lakhs = "[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}|" if spec.thousands == "," else ""
        whole = f"(?:[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+|{lakhs}{whole})"
    right = pc.match_substring_regex(text, rf"^[+-]?(?:{whole})?(?:{_BETWEEN[mark]}[0-9]*)?$")
    digits = pc.match_substring_regex(text, _DIGITS)
    signs = pa.scalar(f"\0{mark}{spec.thousands or ''}\0")
    odd = pc.binary_join_element_wise(signs, text, "")
    plain = pc.replace_substring_regex(text, between, "") if between else text
    plain = pc.replace_substring(plain, mark, ".")
    return pc.if_else(right, plain, pc.if_else(digits, odd, text))


def number(cell: str) -> Decimal:
    """Return a number that is written plainly; raises ``Unusable`` with the reason."""
    if not cell:
        raise Unusable("is empty")
    if len(cell) > _LONGEST:
        raise Unusable(f"has more than {_LONGEST} characters")
    if _NUMBER.fullmatch(cell) is None:
        raise Unusable(_why_none(cell))
    return Decimal(cell)


def lost_digits(value: Decimal, cell: str) -> Decimal:
    """Return what the last digit of a number with an exponent stands for; 0 if it has none.

    Spreadsheets and ``%g`` write 1780654321 as ``1.7807E+09``: the digits behind are lost.
    """
    exponent = value.as_tuple().exponent
    scientific = "e" in cell.lower() and value and isinstance(exponent, int)
    return Decimal((0, (1,), int(exponent))) if scientific else Decimal(0)


def _why_none(cell: str) -> str:
    odd = _ODD.fullmatch(cell)
    if odd:
        return _why_odd(odd[3], odd[1], odd[2])
    for shape, why in _SHAPES:
        if shape.fullmatch(cell):
            return why
    nothing = NO_OTHER_WORDS.reason(cell)
    if nothing is not None:
        return nothing
    digits = [sign for sign in cell if sign.isdigit()]
    if not all(map(str.isascii, digits)):
        return OTHER_DIGITS
    beside = any(
        sign.isalpha() or sign in "%\u2030\uff05" or unicodedata.category(sign) == "Sc"
        for sign in cell
    )
    return WITH_LETTERS if beside and digits else "is not a number"


_SHAPES = (
    (INFINITE_SHAPE, INFINITE),
    (POWER, SHORTENED),
    (_QUOTED, QUOTED),
    (_DASHED, DASHED),
    (_NEGATIVE, NEGATIVE),
    (_SEPARATED, SEPARATED),
)


def _why_odd(cell: str, mark: str, thousands: str) -> str:
    """Return which of the declared signs a number has not, or at another place, and the form."""
    signs = [sign for sign in cell.translate(_SAME) if sign in ".,' "]
    strange = [sign for sign in signs if sign not in (mark, thousands)]
    if strange:
        why = f'has "{strange[0]}" in it, which is not declared'
    elif signs.count(mark) > 1:
        why = f'has the decimal sign "{mark}" twice'
    elif mark in signs and thousands in signs[signs.index(mark) :]:
        why = f'has "{mark}" before "{thousands}", which is the other way round'
    elif _FROM_ZERO.match(cell):
        why = f'has "{thousands}" behind a first 0, as no thousands have: write 0{mark}5 for a half'
    else:
        why = f'has "{thousands}" not before three digits each'
    return f"{why}; the declared form is 1{thousands}234{mark}56"


class Points:
    """Watch a column of which no notation is declared: may its points stand between thousands?

    They may if three digits are behind each, and no number starts with 0.  ``mixed`` counts the
    numbers whose three digits end with 0, as no program writes a fraction beside ``12.5``.
    """

    def __init__(self) -> None:
        self.mixed = 0
        self.first_mixed = self.first_short = -1
        """The first row with such a number, and with one of fewer digits; negative for none."""
        self._rows: list[npt.NDArray[np.int64]] = []
        self._settled = False

    def add(self, column: pa.Array, first: int) -> None:
        """Look at the cells of a batch whose rows start at ``first``."""
        text = numbers_of(column)
        if not pc.any(pc.match_substring(text, ".")).as_py():
            return
        self._count(text, first)
        if self._settled:
            return
        grouped = pc.match_substring_regex(text, _GROUPED)
        self._settled = bool(
            pc.any(pc.and_not(pc.match_substring_regex(text, _POINTED), grouped)).as_py()
        )
        self._rows.append(first + np.flatnonzero(grouped.to_numpy(zero_copy_only=False)))

    def _count(self, text: pa.Array, first: int) -> None:
        # Few cells end so where it does not matter, and an expression costs more.
        zeros = pc.indices_nonzero(pc.ends_with(text, "0"))
        mixed = pc.match_substring_regex(text.take(zeros), _THOUSANDS)
        self.mixed += int(pc.sum(mixed).as_py() or 0)
        if self.mixed and self.first_mixed < 0:
            self.first_mixed = first + zeros[pc.index(mixed, True).as_py()].as_py()
        if self.first_short < 0:
            short = pc.index(pc.match_substring_regex(text, _SHORT), True).as_py()
            self.first_short = first + short if short >= 0 else short

    def document(self) -> dict[str, Any]:
        """Return all that was seen, in plain values."""
        return {
            "mixed": self.mixed,
            "first_mixed": self.first_mixed,
            "first_short": self.first_short,
            "doubtful": self.doubtful.tolist(),
            "settled": self._settled,
        }

    def absorb(self, document: Mapping[str, Any], before: int) -> None:
        """Add what was seen of rows that stand behind ``before`` others."""
        self.mixed += int(document["mixed"])
        if self.first_mixed < 0 <= document["first_mixed"]:
            self.first_mixed = before + int(document["first_mixed"])
        if self.first_short < 0 <= document["first_short"]:
            self.first_short = before + int(document["first_short"])
        self._rows.append(before + np.array(document["doubtful"], dtype=np.int64))
        self._settled = self._settled or bool(document["settled"])

    def concerns(self, column: str, of: int) -> Iterator[tuple[Concern, int]]:
        """Yield that some points may stand between thousands, though another cell says no."""
        if min(self.first_mixed, self.first_short) >= 0:
            places = (self.first_short,)
            yield Concern("mixed-points", column, self.mixed, of, places=places), self.first_mixed

    @property
    def doubtful(self) -> npt.NDArray[np.int64]:
        """Return the rows whose number is one of two; none if another cell tells which."""
        rows = [] if self._settled else self._rows
        return np.concatenate([np.zeros(0, dtype=np.int64), *rows])
