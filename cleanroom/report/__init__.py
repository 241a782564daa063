"""Say things in the user's language: English or 中文.

Each table has both languages in one row, so that a translation cannot be forgotten.  Labels of
parties are data and never looked up here.
"""

from __future__ import annotations

from typing import Final

from cleanroom.errors import InvalidInput
from cleanroom.report.act_words import ACTS
from cleanroom.report.amendment_words import AMENDMENT
from cleanroom.report.concern_words import CONCERNS
from cleanroom.report.consent_words import CONSENT
from cleanroom.report.console import CONSOLE
from cleanroom.report.dataset_words import DATASET
from cleanroom.report.names import NAMES
from cleanroom.report.parameters import PARAMETERS
from cleanroom.report.results import RESULTS
from cleanroom.report.spend_words import SPEND
from cleanroom.report.standing_words import STANDING
from cleanroom.words.inert import columns, inert, shorten, wrap
from cleanroom.words.languages import LANGUAGES, Language

__all__ = [
    "LANGUAGES",
    "Language",
    "columns",
    "inert",
    "language",
    "said",
    "shorten",
    "word",
    "wrap",
]

TABLE: Final = {
    **DATASET,
    **CONCERNS,
    **NAMES,
    **RESULTS,
    **CONSOLE,
    **CONSENT,
    **STANDING,
    **AMENDMENT,
    **ACTS,
    **SPEND,
    **PARAMETERS,
}


def language(text: str) -> Language:
    """Return the language of a code such as ``zh`` or ``zh-CN``; raise ``InvalidInput``."""
    code = text.lower().replace("_", "-").split("-")[0]
    if code not in LANGUAGES:
        raise InvalidInput(
            f"There is no language {inert(text)}.", remedy=f"Use {' or '.join(LANGUAGES)}."
        )
    return code


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
