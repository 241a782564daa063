"""What people read of aipl flow, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.aipl_flow": ("AIPL flow", "AIPL 人群流转"),
    "asks.aipl_flow": ("How did people move between two snapshots?", "两个时点之间人群如何流转？"),
    "axis.before": ("before", "之前"),
    "axis.after": ("after", "之后"),
    "moved_up": ("moved up", "向上流转"),
    "stayed": ("stayed", "保持不变"),
    "moved_down": ("moved down", "向下流转"),
}
LEAKS: Final = {
    "exact match counts per move; no sums": "每种流转的精确匹配数；无合计值",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
