"""What people read of lookalike, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.lookalike": ("Lookalike audience", "相似人群扩展"),
    "asks.lookalike": ("Find people like these.", "寻找相似人群。"),
    "field.features": ("Features", "特征"),
    "field.expansion": ("Expansion (% of the base)", "扩展比例（% 基础人群）"),
    "field.minimum": ("Seed, at least", "种子人数下限"),
}
LEAKS: Final = {
    "features of people": "人群特征",
    "size and sum of features of the matched seed: noised, from the minimum on": (
        "匹配种子的规模与特征合计：加噪，达到最小规模才给出"
    ),
    "exact number of matched seeds; no sums": "匹配种子的精确数量；无合计值",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
