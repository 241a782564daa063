"""Mask cells as soon as they are looked at, to the kinds of their signs: no identifier is kept."""

from __future__ import annotations

import re

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


def masked(text: str) -> str:
    """Return the kinds of a cell's signs: ``x``, ``X``, ``9``; other scripts are ``*``.

    A public word for no value, or for a total, is shown as it is.
    """
    if bare(text) in WORDS | SINGLE:
        return text.strip()[:_LONGEST]
    shown = "".join(map(_masked_sign, text[:_LONGEST]))
    return shown + "…" * (len(text) > _LONGEST)


def looks_like_identifier(text: str) -> bool:
    """Tell whether a text is an address, a telephone number, a digest or a device's number."""
    return any(re.match(pattern, text) for pattern in KINDS.values())


def _masked_sign(sign: str) -> str:
    if sign.isascii():
        if sign.isalpha():
            return "X" if sign.isupper() else "x"
        return "9" if sign.isdigit() else sign
    return "*" if sign.isalnum() or sign.isprintable() else sign
