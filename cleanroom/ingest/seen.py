"""Read a label as a person does who looks at it."""

from __future__ import annotations

import re
import unicodedata
from codecs import getincrementaldecoder

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

WESTERN = ("cp1252", "latin-1")
_ENCODINGS = (
    *WESTERN,
    *("gbk", "cp932", "big5", "cp949", "mac_roman", "cp1250", "cp1251", "cp437", "cp866"),
)
"""In which programs read a file that does not say that it is UTF-8."""
_WITHIN = re.compile("[A-Za-z][\u4e00-\u9fff][a-z]")

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


def meant(text: str, encodings: tuple[str, ...] = ()) -> str:
    """Return what a text was before its UTF-8 was read as something else: ``MÃ¼nchen``, ``涓婃捣``.

    Empty if it is no such text.  ``encodings`` are the ones tried, by default all that programs
    take a file to be in.
    """
    # A last byte without its other half is written as a question mark.
    whole = text.rstrip("?")
    for encoding in (encodings or _ENCODINGS) if not text.isascii() else ():
        try:
            found = getincrementaldecoder("utf-8")().decode(whole.encode(encoding), whole == text)
        except UnicodeError:
            continue
        if encoding in WESTERN or _is_likely(whole, found):
            return found if not found.isascii() else ""
    return ""


def _is_likely(read: str, found: str) -> bool:
    """Tell whether what comes of a text is hardly chance, as of two letters it may be."""
    letters = [sign for sign in found if not sign.isascii()]
    european = all("À" <= sign <= "ſ" for sign in letters)
    if len(found) == len(read):
        return european and _WITHIN.search(read) is not None
    return len(letters) > 1 or (european and found.isupper() == read.isupper())


def damaged(text: str) -> bool:
    """Tell whether letters of a label were lost or changed when it was converted."""
    return _LOST.search(text) is not None or meant(text) != ""
