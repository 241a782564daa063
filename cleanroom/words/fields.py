"""Name the fields of an answer in words."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import TABLE, said, word
from cleanroom.words.inert import inert, shorten
from cleanroom.words.languages import Language
from cleanroom.words.units import OF_MEASURES


def field(name: str, language: Language) -> str:
    """Return a dotted field in words; a measure keeps its own name."""
    if name in TABLE:
        return word(name, language)
    first, _, rest = name.partition(".")
    if not rest:
        return _single(first, language)
    if first == "total":
        return field(rest, language)
    if first == "measures":
        measure, _, leaf = rest.rpartition(".")
        return f"{_measure(measure)} · {field(leaf, language)}"
    if first in OF_MEASURES:
        return f"{said(first, language)} {_measure(rest)}"
    return f"{said(first, language)} · {field(rest, language)}"


def _single(name: str, language: Language) -> str:
    side, _, number = name.partition("-")
    if side in TABLE and number.isdecimal():  # the second of several platforms
        return f"{word(side, language)} {number}"
    return said(name, language).replace("_", " ")


def _measure(name: str) -> str:
    return shorten(name, 40)


def text(name: str, value: str, language: Language) -> str:
    """Return a text of a result: one of the product's own in the reader's language."""
    first, _, leaf = name.rpartition(".")
    own = leaf in OWN_TEXTS or first == "base"
    return said(value, language) if own else inert(value)


OWN_TEXTS: Final = {"model", "kind", "side", "denominator"}
"""Fields whose texts are the product's own words; other texts are a stranger's."""
