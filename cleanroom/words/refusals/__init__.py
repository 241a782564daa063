"""Say a refusal in the reader's language: errors are raised in English, whoever meets them.

The tables have the English as it is raised, with {} for what is filled in.  What none of them has,
a library's words or another mediator's, is shown as it is and said to be the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from cleanroom.errors import CleanroomError
from cleanroom.words.languages import Language
from cleanroom.words.names import NAMES
from cleanroom.words.reasons import WHY
from cleanroom.words.refusals import (
    agent,
    commands,
    console,
    files,
    mediator,
    questions,
    room,
    said_elsewhere,
    sql,
)

TABLE: Final[dict[str, str]] = {}
for _part in (said_elsewhere, console, agent, questions, room, files, mediator, commands, sql):
    TABLE.update(_part.REFUSALS)
TABLE.update(WHY.values())

LONGEST: Final = 1000
"""Characters of a refusal that is looked up; another mediator may write more."""
ORIGINAL: Final = "未能完成。原文：{}"
_GAP: Final = re.compile(r"\{(\d*)\}")
_ENDS: Final = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_HAN: Final = re.compile("[\u3000-\u9fff“]")
"""How a message begins that was written in the reader's language already."""
_SIDES: Final = ("brand", "platform", "agency", "auditor")


def in_words(text: str, language: Language) -> str:
    """Return a refusal, or a way out of it, in a language; what is filled in stays as it is."""
    found = if_known(text, language)
    translated = language == "en" or not text or found != text or _HAN.match(text)
    return found if translated else ORIGINAL.replace("{}", text)


def if_known(text: str, language: Language) -> str:
    """Return the same for what may be a person's own words: those stay as they are."""
    if language == "en" or len(text) > LONGEST:
        return text
    return _ROWS.told(text) or text


def refusal_in_words(error: CleanroomError, language: Language) -> str:
    """Return the place, the sentence and the way out of an error in a language.

    A sentence that nobody knows stands behind what kind of error it is.
    """
    if language == "en":
        return str(error)
    place, remedy = (getattr(error, name, None) or "" for name in ("place", "remedy"))
    sentence, kind = error.sentence, if_known(error.title, language)
    told = if_known(sentence, language)
    if told == sentence and not _HAN.match(sentence):
        told = f"{kind}。原文：{sentence}"
    end = "" if not remedy or told.endswith(("。", "？", "！", ".", "：")) else "。"
    return f"{place}{'：' * bool(place)}{told}{end}{if_known(remedy, language)}"


class Rows:
    """Look texts up in a table that has the English, with {} for what is filled in, and Chinese."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table

    def told(self, text: str) -> str | None:
        """Return a sentence, several, or one after the place it is about; None if unknown."""
        found = self._sentence(text)
        if found is not None:
            return found
        every = _ENDS.split(text)
        if len(every) > 1:
            told = [one for one in map(self.told, every) if one is not None]
            if len(told) == len(every):
                return "".join(told)
        place, colon, rest = text.partition(": ")
        after = self.told(rest) if colon else None
        return None if after is None else f"{self._filled(place)}：{after}"

    def _sentence(self, text: str) -> str | None:
        if text in self._table:
            return self._table[text]
        for pieces, chinese in self._gapped:
            parts = _between(pieces, text)
            if parts is not None:
                return _put_in(chinese, [self._filled(part) for part in parts])
        return None

    def _filled(self, part: str) -> str:
        """Return what is filled in: a side by its word, a refusal in words, data as it is."""
        if part in _SIDES:
            return NAMES[part][1]
        return (self._sentence(part) if " " in part else None) or part

    @cached_property
    def _gapped(self) -> list[tuple[list[str], str]]:
        """Return what has gaps, that with the most words of its own first."""
        found = [(english.split("{}"), chinese) for english, chinese in self._table.items()]
        with_gaps = [row for row in found if len(row[0]) > 1]
        return sorted(with_gaps, key=lambda row: sum(map(len, row[0])), reverse=True)


_ROWS: Final = Rows(TABLE)


def _put_in(chinese: str, parts: Sequence[str]) -> str:
    """Fill gaps in their order, or each with the part that it numbers."""
    order = iter(range(len(parts)))
    return _GAP.sub(lambda gap: parts[int(gap[1] or next(order))], chinese)


def _between(pieces: Sequence[str], text: str) -> list[str] | None:
    """Return what stands between pieces that a text is made of, None if it is not.

    Each piece is looked for once from the left, so no text takes long.
    """
    start, end = len(pieces[0]), len(text) - len(pieces[-1])
    if start > end or not text.startswith(pieces[0]) or not text.endswith(pieces[-1]):
        return None
    found = []
    for piece in pieces[1:-1]:
        at = text.find(piece, start, end)
        if at < 0:
            return None
        found.append(text[start:at])
        start = at + len(piece)
    return [*found, text[start:end]]
