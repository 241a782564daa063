"""The stages of AIPL, and how a party derives them from its own events."""

STAGES = ("none", "A", "I", "P", "L")
"""Awareness, interest, purchase, loyalty (认知、兴趣、购买、忠诚), lowest first, after no stage."""
