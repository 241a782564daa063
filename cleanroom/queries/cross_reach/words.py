"""What people read of cross reach, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.cross_reach": ("Reach over several platforms", "跨平台去重触达"),
    "asks.cross_reach": (
        "How many people did several parties reach together, and how often?",
        "多方合计触达了多少人（去重），频次如何？",
    ),
    "incremental": ("reached by it alone", "独家触达"),
    "axis.build": (
        "people reached at least once, one party after the other",
        "逐方累计触达人数（人）",
    ),
}
UNITS: Final = {
    "incremental": "people",
}
LEAKS: Final = {
    "how often one of several datasets reached a person": "各数据集触达个人的次数",
    "noised, thresholded counts of contacts over all of them": (
        "加噪并经门槛过滤的合计触达次数分布"
    ),
    "per opaque row made for the question, up to max_frequency": (
        "为本次提问生成的每一不透明行的次数，至多 max_frequency"
    ),
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
