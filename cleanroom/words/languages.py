"""Name the languages that the product speaks."""

from __future__ import annotations

from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def code_of(text: str) -> str:
    """Return the code of a language without its country: zh of zh-CN."""
    return text.lower().replace("_", "-").split("-")[0]
