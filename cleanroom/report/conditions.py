"""Say the conditions of a question in plain words, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.queries.where import Condition, parse, quoted
from cleanroom.report import Language, inert, word


def in_words(conditions: Sequence[Condition], language: Language) -> str:
    """Return conditions as a person says them: the tier is gold, and the age is 25 or more."""
    between = "；" if language == "zh" else "; and "
    return between.join(_one(condition, language) for condition in conditions)


def written_in_words(texts: Sequence[str], language: Language) -> str:
    """Return conditions that were written as text in plain words."""
    return in_words(parse(texts), language)


def _one(condition: Condition, language: Language) -> str:
    # In quotes, as they are written: a value may hold words that read like another condition.
    values = [quoted(inert(value)) for value in condition.values]
    kind = "is" if condition.test == "in" else "is_not"
    between = "、" if language == "zh" else ", "
    last = " 或 " if language == "zh" else " or "
    *most, final = values
    listed = between.join(most) + last + final if most else final
    return word(f"where.{kind}", language, column=inert(condition.written_column), values=listed)
