"""What people read of overlap, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.overlap": ("Overlap", "人群重合"),
    "asks.overlap": (
        "How many of the brand's people does the platform know, in all and per label?",
        "品牌人群中有多少为平台所知？总体及各标签分布如何？",
    ),
}

WORDS: Final = Words(MESSAGES)
