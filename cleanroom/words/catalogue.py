"""Keep the messages of the product, each once, in English and 中文.

A table has both languages in one row, so that a translation cannot be forgotten.  Labels of parties
are data and never looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cleanroom.words.inert import inert
from cleanroom.words.languages import LANGUAGES, Language
from cleanroom.words.leaks import LEAKS
from cleanroom.words.names import NAMES
from cleanroom.words.parameters import CHOICES, PARAMETERS
from cleanroom.words.results import RESULTS
from cleanroom.words.units import FIELDS

Messages = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Words:
    """What people read of one question, beside what all questions have.

    ``messages`` are its name, what it asks and its own fields; ``units`` say what its own
    numbers count (``cleanroom.words.units``); ``leaks`` are its cells of the leak table in Chinese.
    """

    messages: Messages
    units: Mapping[str, str] = field(default_factory=dict)
    leaks: Mapping[str, str] = field(default_factory=dict)


TABLE: Final[dict[str, tuple[str, str]]] = {}
"""Every message by its key: what is said of any answer, and what ``add`` put here."""


def add(messages: Messages) -> None:
    """Add messages; raise ``ValueError`` for a key that stands for something else already."""
    _put(TABLE, messages)


def learn(words: Words) -> None:
    """Add what people read of one question; raise ``ValueError`` as ``add`` does."""
    add(words.messages)
    _put(FIELDS, words.units)
    _put(LEAKS, words.leaks)


def _put(table: dict[str, Any], found: Mapping[str, Any]) -> None:
    for key, value in found.items():
        if table.setdefault(key, value) != value:
            raise ValueError(f"{key} stands for something else already")


for _messages in (NAMES, RESULTS, PARAMETERS, CHOICES):
    add(_messages)


def word(key: str, language: Language = "en", **values: object) -> str:
    """Return a message, with ``values`` filled in; raise ``KeyError`` for a key that no table has.

    Values are put in as they are and are not read as messages again.
    """
    return TABLE[key][LANGUAGES.index(language)].format(**values)


def said(name: str, language: Language = "en") -> str:
    """Return the word for a field's name, or the name itself, made inert, if there is none.

    For names that come with the data: a stage, a field of a result, a template of another version.
    """
    if name in TABLE:
        return word(name, language)
    return inert(name)


def parameter_name(name: str, language: Language = "en") -> str:
    """Return the word for a template's parameter, or its own name without underscores."""
    key = f"field.{name}"
    return word(key, language) if key in TABLE else inert(name.replace("_", " "))
