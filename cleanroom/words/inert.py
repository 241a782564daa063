"""Make text of strangers safe to show: on a terminal, in a picture, in a spreadsheet.

A terminal obeys control characters, a reader's eye the marks that turn the writing direction
(Unicode Technical Report 36, section 2.10.3), and the picture's renderer aborts the whole process
on a character that XML does not have.  So none of them is ever passed on.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_CONTROL_PICTURES = 0x2400
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ELLIPSIS = "…"
_JOINERS = "\u200c\u200d"
"""Persian and Indic writing need them, and they do nothing else."""


def inert(text: str) -> str:
    """Return text with every control, format, surrogate and unassigned character made visible.

    C0 controls become their picture (ESC is ␛), all others U+FFFD.  White space other than the
    space becomes a space.
    """
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character in _JOINERS:
        return character
    if ord(character) < 0x20:
        return chr(_CONTROL_PICTURES + ord(character))
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Cn"):
        return _REPLACEMENT
    return " " if category in ("Zl", "Zp", "Zs") else character


def plain(value: object) -> str:
    """Return a value as inert text; its lines stay lines."""
    return "\n".join(inert(line) for line in str(value).split("\n"))


def columns(text: str) -> int:
    """Return the width of text in columns of a terminal: a Chinese character takes two."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    none = sum(bool(unicodedata.combining(character)) for character in text)
    return len(text) + wide - none


def shorten(text: str, width: int) -> str:
    """Return inert text of at most ``width`` columns, with an ellipsis where its middle was.

    The end stays: long names often differ there.
    """
    text = inert(text)
    if columns(text) <= width:
        return text
    kept = width - 1
    tail = _fit(text[::-1], kept // 3)[::-1]
    return _fit(text, kept - columns(tail)) + _ELLIPSIS + tail


def _fit(text: str, width: int) -> str:
    end = used = 0
    while end < len(text) and (used := used + columns(text[end])) <= width:
        end += 1
    return text[:end]


_OPENING = "([{（［｛《〈「『【〔“‘"
_CLOSING = ")]},.;:!?%）］｝》〉」』】〕”’，。、；：！？％…·"
_WIDE = "\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\U00020000-\U0003fffd"
_PIECE = re.compile(
    rf"[{re.escape(_OPENING)}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)?(?:[{re.escape(_CLOSING)}]| %)*\s*"
)
"""What no line breaks in: a word or a Chinese character, with the marks around it."""


def breaks(text: str, width: int) -> list[int]:
    """Return where lines of at most ``width`` columns begin in inert text, the first left out.

    Chinese breaks anywhere but before a mark that closes and after one that opens (GB/T 15834);
    words and numbers stay whole unless they alone are wider than a line.
    """
    found: list[int] = []
    begin = at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        end = match.end() if match and match.end() > at else at + 1
        if columns(text[begin:end].rstrip()) > width and at > begin:
            found.append(at)
            begin = at
        while columns(text[begin:end].rstrip()) > width:
            begin += max(1, len(_fit(text[begin:end], width)))
            found.append(begin)
        at = end
    return found


def wrap(text: str, width: int) -> list[str]:
    """Return inert text in lines of at most ``width`` columns."""
    text = " ".join(inert(text).split())
    ends = [0, *breaks(text, width), len(text)]
    return [text[start:end].strip() for start, end in pairwise(ends)]
