"""Check e-mail addresses: none is taken that may be read as another person's."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.seen import LATIN
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import email_validator
else:
    email_validator = Deferred("email_validator")

MIXED = "has letters of another script that look like Latin ones: write it in one script"
LOST = "has a question mark, as a lost letter leaves behind: export it as UTF-8"
TYPOGRAPHIC = (
    "has a curly quote, a long dash or another character of word processors: write the plain one"
)
AROUND = "has a name, angle brackets or mailto: around it: export the address alone"
SHORT = "ends with one letter behind its last point, which no domain does: was it cut off?"
GUEST = "is a guest's sign-in name of Microsoft 365 (#EXT#): export the address itself"

INVALID = (
    "ends with .invalid, which no address does: a sandbox of Salesforce writes so, and WooCommerce"
    " for an erased customer"
)


def split_address(value: str) -> tuple[str, str]:
    """Return what stands before and behind the only @; raise ``NotNormalisable`` without one."""
    local, at, domain = value.partition("@")
    if not at or "@" in domain:
        raise NotNormalisable("is not an e-mail address: it needs exactly one @")
    return local, domain


def _validated(address: str) -> str:
    try:
        return email_validator.validate_email(address, check_deliverability=False).normalized
    except email_validator.EmailNotValidError:
        # Its message may repeat parts of the address, so it is not passed on.
        raise NotNormalisable("is not a valid e-mail address") from None


def one_domain(value: str) -> str:
    """Write an international domain in its own letters, whichever way it was written."""
    local, domain = split_address(value)
    if domain.isascii() and "xn--" not in domain:
        return value
    return f"{local}@{_validated('a@' + domain).partition('@')[2]}"


# A parser that takes them reads every address that shows the same letters as one person's.
_MASKED_LOCAL = re.compile(r"[*\u2022\u25cf\u2026\u00b7\u00d7\u25cb\u2217]|##|%[0-9a-f]{2}")
_AROUND = re.compile(r".*[<>]|(mailto|smtp):", re.DOTALL)
_GUEST = re.compile(r".*#ext#", re.DOTALL)


_LOOKALIKES = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Scripts of which letters look like Latin ones (Unicode TS 39)."""


def _scripts(word: str) -> set[str]:
    """Return the first word of each letter's Unicode name: its script."""
    return {unicodedata.name(sign, "?").split()[0] for sign in word if sign.isalpha()}


def _check_letters(local: str, domain: str) -> None:
    """Raise for an address that looks like another one: scripts are mixed, or letters styled."""
    for word in (local, *domain.split(".")):
        scripts = _scripts(word)
        if "LATIN" in scripts and scripts & set(_LOOKALIKES):
            raise NotNormalisable(MIXED)
    foreign = not local.isascii() and local.translate(LATIN).isascii()
    if (foreign and domain.isascii()) or unicodedata.normalize("NFKC", local) != local:
        raise NotNormalisable(MIXED)


def check_address(value: str) -> str:
    """Return an address as it is delivered to; raise ``NotNormalisable`` for any other text."""
    local, domain = split_address(value)
    if _AROUND.match(value):
        raise NotNormalisable(AROUND)
    if domain[-2:-1] == "." and domain[-1].isascii() and domain[-1].isalpha():
        raise NotNormalisable(SHORT)
    if domain.endswith(".invalid"):
        raise NotNormalisable(INVALID)
    if _GUEST.fullmatch(local):
        raise NotNormalisable(GUEST)
    if "?" in value:
        raise NotNormalisable(LOST)
    if not value.isascii():
        _check_letters(local, domain)
    if _MASKED_LOCAL.search(local):
        raise NotNormalisable("is masked, or has characters that no address has")
    # RFC 6531 lets them in; RFC 8265 (section 3.3.1), by which names are compared, does not.
    if any(not sign.isascii() and unicodedata.category(sign)[0] in "PS" for sign in local):
        raise NotNormalisable(TYPOGRAPHIC)
    if "i\u0307" in value:
        # What is left of a capital I with a dot: in Turkish capitals every i has become one.
        raise NotNormalisable("is in Turkish capitals: write it in small letters")
    return _validated(value)
