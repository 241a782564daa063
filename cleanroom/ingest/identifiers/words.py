"""Read a list of words as cells are compared with it."""

from __future__ import annotations

import re
import unicodedata


def words_in(text: str) -> frozenset[str]:
    """Return the words between bars and line ends, as ``nothing.bare`` gives them."""
    words = (word.strip() for word in re.split(r"[|\n]", text))
    return frozenset(unicodedata.normalize("NFKC", word).casefold() for word in words if word)
