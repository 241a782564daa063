"""What people read of sequence, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.queries.credit.words import NOTE
from cleanroom.words.catalogue import Words
from cleanroom.words.parameters import PARAMETERS

MESSAGES: Final = {
    "noise.note.sequence": NOTE,
    "template.sequence": ("Sequence of channels", "触点序列"),
    "asks.sequence": ("In which order do channels work?", "渠道以何种顺序发挥作用？"),
    "field.synergy": ("Ask for pairs that work together", "同时查询渠道协同"),
    "field.channels": PARAMETERS["field.max_channels"],
    "synergy": ("pairs of channels", "渠道组合"),
    "expected": ("expected if independent", "相互独立时的预期"),
}
UNITS: Final = {
    "expected": "conversions",
}

WORDS: Final = Words(MESSAGES, units=UNITS)
