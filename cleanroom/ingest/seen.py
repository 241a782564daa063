"""Read a label as a person does who looks at it."""

from __future__ import annotations

import re
import unicodedata

UNKNOWN_LABEL = "unknown"
"""The label of a row whose label cell is empty."""

LABEL_LENGTH = 128
"""Most characters of a label's value."""

UNSEEN = dict.fromkeys([0x00AD, 0x061C, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0xFEFF])
UNSEEN |= dict.fromkeys([0x2060, *range(0x2066, 0x206A)])
"""Marks of direction and of no width, which address books put around numbers (Unicode 6.3)."""

# Capitals and small letters that most typefaces draw like Latin ones (Unicode TS 39, intentional).
LATIN = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo"
)

_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN = dict.fromkeys([*UNSEEN, 0x00AD, 0x200C, 0x200D])
"""Soft hyphens and joiners too: no label differs from another by what nobody sees."""

_LOST = re.compile("\ufffd|\u951f\u65a4\u62f7|[\u00a1-\u00ff]{4}")
"""What is left of letters after two conversions: U+FFFD, its bytes in GBK, GBK as Latin-1."""
_SECOND = re.compile("[\u00c2-\u00f4].")

_FORMULA = re.compile(r'=\s*"([^"]*)"')


def as_seen(cell: str) -> str:
    """Return a label as a reader sees it: every kind of blank is one, what is unseen is gone.

    Letters are composed (Unicode NFC), and ``="gold"`` is how shops keep a spreadsheet from
    changing ``gold``; WeChat Pay writes a backquote before it.
    """
    seen = unicodedata.normalize("NFC", _BLANK.sub(" ", cell.translate(_UNSEEN))).strip()
    if seen.count("`") == 1 and seen[0] == "`":
        seen = seen[1:].strip()
    formula = _FORMULA.fullmatch(seen)
    return formula[1].strip() if formula else seen


def misread(text: str) -> bool:
    """Tell whether a text is UTF-8 that was read as Windows-1252 or Latin-1: ``MÃ¼nchen``."""
    if _SECOND.search(text) is None:
        return False
    for encoding in ("cp1252", "latin-1"):
        try:
            return not text.encode(encoding).decode().isascii()
        except UnicodeError:
            continue
    return False


def damaged(text: str) -> bool:
    """Tell whether letters of a label were lost or changed when it was converted."""
    return _LOST.search(text) is not None or misread(text)
