"""Mask cells as soon as they are looked at, to the kinds of their signs: no identifier is kept."""

from __future__ import annotations

import re
import unicodedata

from cleanroom.ingest.identifiers.nothing import WORDS, bare
from cleanroom.ingest.identifiers.totals import SINGLE

_LONGEST = 40

KINDS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "phone": r"^(\+[0-9][0-9 ()-]{7,18}|\+[0-9]+[ .][0-9 ()-]+[ .][0-9 ().-]{2,15}|"
    r"((\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4})$",
    "digest": r"^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[A-Za-z0-9+/_-]{43}=?)$",
    "device": r"^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
}
"""What identifiers look like.

Points of a telephone number are two at least: DB2 writes +000000019.99 for an amount.
"""


_AT = re.compile(r"@|%40")
_DIGITS = re.compile(r"[0-9](?:[ ()./-]{0,2}[0-9]){7,}")
"""Digits as of a telephone number, a card or a device, wherever they are cut."""
_DATE = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[0-9]{4}|[0-9]{6})?|(?:19|20)[0-9]{2}([-./ ])[0-9]{1,2}\1[0-9]{1,2}"
    r"|[0-9]{1,2}([-./ ])[0-9]{1,2}\2(?:19|20)[0-9]{2})(?![0-9])"
)
_BAND = re.compile(r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]+)? ?[-/] ?[1-9][0-9]{0,6}(?:\.[0-9]+)?")
_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")
_TURN = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_TURNS = 4
"""Turns between digits and letters: ``summer2026_v2`` has three, a random text of 16 signs more."""


def masked(text: str) -> str:
    """Return the kinds of a cell's signs: ``x``, ``X``, ``9``; other scripts are ``*``.

    A public word for no value, or for a total, is shown as it is.
    """
    if bare(text) in WORDS | SINGLE:
        return text.strip()[:_LONGEST]
    shown = "".join(map(_masked_sign, text[:_LONGEST]))
    return shown + "…" * (len(text) > _LONGEST)


def looks_like_identifier(text: str) -> bool:
    """Tell whether an address, or the number or digest of a person or a device, is in a text.

    Numbers as a country writes its own are, too; dates and bands of amounts are none.
    """
    plain = unicodedata.normalize("NFKC", text)
    runs = (found[0] for found in _DIGITS.finditer(_DATE.sub("/ /", plain)))
    return (
        any(re.match(pattern, plain) for pattern in KINDS.values())
        or _AT.search(plain) is not None
        or any(not _BAND.fullmatch(run) for run in runs)
        or any(len(_TURN.findall(token)) >= _TURNS for token in _TOKEN.findall(plain))
    )


def shown_label(text: str) -> str:
    """Return a label, masked if it looks like an identifier; a number may be a code, as EAN's."""
    is_code = re.fullmatch("[0-9]{1,13}", text) and not re.match(KINDS["phone"], text)
    return text if is_code or not looks_like_identifier(text) else masked(text)


def _masked_sign(sign: str) -> str:
    if sign.isascii():
        if sign.isalpha():
            return "X" if sign.isupper() else "x"
        return "9" if sign.isdigit() else sign
    return "*" if sign.isalnum() or sign.isprintable() else sign
