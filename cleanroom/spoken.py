"""Know the language of the command that runs, for what is said outside of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

from cleanroom.errors import CleanroomError
from cleanroom.words.languages import Language, code_of

OPTION: Final = "--language"
VARIABLE: Final = "CLEANROOM_LANGUAGE"

SPOKEN: Final[ContextVar[Language]] = ContextVar("spoken", default="en")
"""What ``asked`` found, while a command runs."""


def asked(arguments: Sequence[str]) -> Language:
    """Return the language that a command line, or else the environment, asks for.

    English where it is no language of the product: the command refuses that itself.
    """
    found = os.environ.get(VARIABLE, "")
    for at, argument in enumerate(arguments):
        if argument == OPTION:
            found = "".join(arguments[at + 1 : at + 2])
        elif argument.startswith(f"{OPTION}="):
            found = argument.removeprefix(f"{OPTION}=")
    return "zh" if code_of(found) == "zh" else "en"


def told(what: CleanroomError | str, language: Language) -> str:
    """Return a refusal or a sentence in a language."""
    if language == "en":
        return str(what)
    from cleanroom.words.refusals import in_words, refusal_in_words  # noqa: PLC0415 (a long table)

    return in_words(what, language) if isinstance(what, str) else refusal_in_words(what, language)
