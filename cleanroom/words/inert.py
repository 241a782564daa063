"""Make text of strangers safe to show: on a terminal, in a picture, in a spreadsheet.

A terminal obeys control characters, a reader's eye the marks that turn the writing direction
(Unicode Technical Report 36, section 2.10.3), and the picture's renderer aborts the whole process
on a character that XML does not have.  So none of them is ever passed on.
"""

from __future__ import annotations

import textwrap
import unicodedata

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


def _whole(head: str, line: str) -> str:
    """Return a line's head without the number or word at its end that goes on after it."""
    kept = head
    while kept and f"{kept[-1]}{line[len(kept)]}".isascii() and kept[-1] != " ":
        kept = kept[:-1]
    return kept or head


def wrap(text: str, width: int) -> list[str]:
    """Return inert text in lines of at most ``width`` columns; Chinese breaks anywhere."""
    lines = []
    for line in textwrap.wrap(inert(text), width) or [""]:
        while columns(line) > width:
            head = _whole(_fit(line, width), line)
            lines.append(head)
            line = line[len(head) :]  # noqa: PLW2901 - the rest of the same line
        lines.append(line)
    return lines
