"""Hold the signs of Unicode that nobody sees, and its blanks, as a reader of a file takes them."""

from __future__ import annotations

JOINERS = frozenset({0x200C, 0x200D})
"""Two of them that Persian and Indic words need, and pictures of several people."""

_IGNORABLE = (
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5),
    *(*range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x202A, 0x202F)),
    *(*range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B)),
    *range(0xE0000, 0xE1000),
)
"""Unicode 17.0, DerivedCoreProperties: Default_Ignorable_Code_Point."""

UNSEEN = frozenset({*_IGNORABLE, *range(0xFFF9, 0xFFFD)}) - JOINERS
"""Those, and the marks around an annotation and for a picture that a text does not have."""

BLANKS = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x2800, 0x3000)
"""Every blank of Unicode but the plain one, and a cell of Braille without a dot."""
