"""What people read of aipl, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.aipl": ("AIPL stages", "AIPL 人群资产"),
    "asks.aipl": ("How many people are at each stage?", "各阶段有多少人？"),
    "field.stage": ("Column of stages", "阶段列"),
    "field.sides": ("Count people known to one side alone too", "同时统计仅一方已知的人群"),
}
LEAKS: Final = {
    "opaque pairs of stages per matched row; without sides their stages, from the map": (
        "每个匹配行的不透明阶段组合；不分所属时可由映射得知阶段"
    ),
    "exact match counts of stages, of opaque pairs of them with sides; no sums": (
        "各阶段的精确匹配数（分所属时为不透明组合）；无合计值"
    ),
    "people per stage of one side": "单方各阶段人数",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
