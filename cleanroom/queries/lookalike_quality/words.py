"""What people read of lookalike quality, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.lookalike_quality": ("Lookalike quality", "相似人群质量评估"),
    "asks.lookalike_quality": (
        "How well does the lookalike model tell the brand's people from others?",
        "相似人群模型区分品牌人群与其他人的效果如何？",
    ),
    "field.bands": ("Bands of score", "分数段数"),
    "auc": ("scores above the base (AUC)", "得分高于基准的比例 (AUC)"),
}
UNITS: Final = {
    "auc": "share",
}
LEAKS: Final = {
    "held-out seed by band, noised, thresholded": "按分数段的留出种子，加噪并经门槛过滤",
    "exact match counts of opaque bands; no sums": "不透明分数段的精确匹配数；无合计值",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
