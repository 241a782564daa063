"""The stages of AIPL, and how a party derives them from its own events."""

from collections.abc import Collection

STAGES = ("none", "A", "I", "P", "L")
"""Awareness, interest, purchase, loyalty (认知、兴趣、购买、忠诚), lowest first, after no stage."""

OPPORTUNITY = ("none", "O", "A", "I", "P", "L")
"""The stages with opportunity (机会) before awareness: people of the category, not of the brand."""

ASSETS = ("A", "I", "P", "L")
"""The stages at which a person is an asset of the brand."""

EARLY = frozenset(("none", "O"))
"""The stages at which a person is none."""


def ladder_of(values: Collection[str]) -> tuple[str, ...]:
    """Return the stages of a column or of rules that have these values."""
    return OPPORTUNITY if "O" in values else STAGES
