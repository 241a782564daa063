"""Show results and messages in English or 中文: terminal, HTML, pictures and files."""

from __future__ import annotations

import cleanroom.queries  # noqa: F401 - brings the words of every question
from cleanroom.errors import InvalidInput
from cleanroom.report.act_words import ACTS
from cleanroom.report.amendment_words import AMENDMENT
from cleanroom.report.command_words import COMMANDS
from cleanroom.report.concern_words import CONCERNS
from cleanroom.report.concern_words_of_numbers import NUMBER_CONCERNS
from cleanroom.report.concern_words_of_rows import ROW_CONCERNS
from cleanroom.report.consent_words import CONSENT
from cleanroom.report.console import CONSOLE
from cleanroom.report.dataset_words import DATASET
from cleanroom.report.spend_words import SPEND
from cleanroom.report.standing_words import STANDING
from cleanroom.report.steps import step
from cleanroom.words.catalogue import TABLE, add, parameter_name, said, word
from cleanroom.words.inert import columns, inert, plain, shorten, wrap
from cleanroom.words.languages import LANGUAGES, Language, code_of
from cleanroom.words.leaks import leak
from cleanroom.words.reasons import refused, why
from cleanroom.words.refusals import if_known, in_words
from cleanroom.words.tell import people
from cleanroom.words.times import LENGTHS, length, measured

__all__ = [
    "LANGUAGES",
    "LENGTHS",
    "TABLE",
    "Language",
    "columns",
    "if_known",
    "in_words",
    "inert",
    "language",
    "leak",
    "length",
    "measured",
    "parameter_name",
    "people",
    "plain",
    "refused",
    "said",
    "shorten",
    "step",
    "why",
    "word",
    "wrap",
]

for _messages in (
    COMMANDS,
    DATASET,
    CONCERNS,
    NUMBER_CONCERNS,
    ROW_CONCERNS,
    CONSOLE,
    CONSENT,
    STANDING,
    AMENDMENT,
    ACTS,
    SPEND,
):
    add(_messages)


def language(text: str) -> Language:
    """Return the language of a code such as ``zh`` or ``zh-CN``; raise ``InvalidInput``."""
    code = code_of(text)
    if code not in LANGUAGES:
        raise InvalidInput(
            f"There is no language {inert(text)}.", remedy=f"Use {' or '.join(LANGUAGES)}."
        )
    return code
