"""Draw the people whom both sides know, or whom each set of platforms knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cleanroom.drawing.canvas import Panel
from cleanroom.drawing.groups import group_bars
from cleanroom.drawing.upset import is_of_sets, upset
from cleanroom.queries.overlap.venn import venn
from cleanroom.words.languages import Language


def overlap(result: Mapping[str, Any], language: Language) -> list[Panel]:
    """Draw two circles if both sides' sizes are known, and bars if there are groups."""
    if is_of_sets(result):
        return upset(result, language)
    circles = venn(result, language)
    found = [circles] if circles else []
    if circles is None or any(group["key"] for group in result["groups"]):
        found += group_bars(result, language)
    return found


CHART = overlap
