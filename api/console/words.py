"""The console's own words, both languages in one row; all others are ``cleanroom.report``."""

from __future__ import annotations

from typing import Final

from api.console.words_ask import ASK
from api.console.words_audit import AUDIT
from api.console.words_data import DATA
from api.console.words_delegations import DELEGATIONS
from api.console.words_party import PARTY
from api.console.words_proposal import PROPOSE
from api.console.words_serving import SERVING
from cleanroom.report import LANGUAGES, Language, said, word
from cleanroom.report import TABLE as PRODUCT

TABLE: Final = {**PARTY, **ASK, **DATA, **PROPOSE, **AUDIT, **DELEGATIONS, **SERVING}


def say(key: str, language: Language, **values: object) -> str:
    """Return a message of the console or of the product; raise ``KeyError`` for an unknown one."""
    if key in TABLE:
        return TABLE[key][LANGUAGES.index(language)].format(**values)
    return word(key, language, **values)


def field_name(name: str, language: Language) -> str:
    """Return the label of a template's parameter; its own name if it has no other."""
    outer, dot, inner = name.partition(".")
    label = known(f"field.{outer}", outer.replace("_", " "), language)
    return f"{label} · {said(inner, language)}" if dot else label


def field_hint(name: str, language: Language) -> str:
    """Return what helps to fill a parameter in, empty if nothing is needed."""
    return known(f"hint.{name}", "", language)


def raw(key: str, language: Language) -> str:
    """Return a message whose values a script of the page fills in."""
    return TABLE[key][LANGUAGES.index(language)]


def known(key: str, otherwise: str, language: Language) -> str:
    """Return a message of the console, or another text where it has none: names come with data."""
    return say(key, language) if key in TABLE or key in PRODUCT else otherwise
