"""What people read of health, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.health": ("Consumer-asset health", "消费者资产健康度"),
    "asks.health": ("How healthy are the consumer assets?", "消费者资产是否健康？"),
    "field.measure": ("Measure", "度量"),
}
LEAKS: Final = {
    "exact match counts per movement; no sums": "每种流转的精确匹配数；无合计值",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
