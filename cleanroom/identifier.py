"""Recognise what rooms, questions and datasets are known by: the first half of a SHA-256."""

from __future__ import annotations

import re

PATTERN = "[0-9a-f]{32}"


def is_identifier(text: str) -> bool:
    """Tell whether a text is an identifier, and not a name."""
    return re.fullmatch(PATTERN, text) is not None
