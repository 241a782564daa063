"""What people read of profile, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.profile": ("Profile", "人群画像"),
    "asks.profile": (
        "Who are the people known to both, against a base?",
        "双方共有人群与基准相比有何特征？",
    ),
    "base_share": ("share of base", "基准占比"),
    "axis.tgi": ("TGI (100 = as in the base)", "TGI（100 = 与基准相同）"),
}
UNITS: Final = {
    "base_share": "share",
}
LEAKS: Final = {
    "people per label in the base": "基准人群中各标签人数",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
