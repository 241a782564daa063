"""What people read of channel flow, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.channel_flow": ("AIPL flow by channel", "分渠道人群流转"),
    "asks.channel_flow": (
        "How did people seen in each channel move between two snapshots?",
        "各渠道触达的人群在两个时点之间如何流转？",
    ),
    "axis.coefficient": (
        "rate of a move up, against all channels (1 = as all)",
        "关系加深流转率与全部渠道之比（1 = 与整体相同）",
    ),
}
LEAKS: Final = {
    "a person's channels": "个人的渠道",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
