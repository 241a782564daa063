"""What people read of reach frequency, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.reach_frequency": ("Reach and frequency", "触达与频次"),
    "asks.reach_frequency": (
        "How many people did each campaign reach, how often?",
        "各活动触达多少人、频次如何？",
    ),
    "field.max_campaigns": ("Campaigns per person, at most", "每人最多活动数"),
    "field.max_impressions": ("Impressions per person, at most", "每人最多曝光数"),
}
LEAKS: Final = {
    "a person's campaigns and frequency": "个人的活动与频次",
    "opaque rows that it cannot join to one person": "无法归并到同一人的不透明行",
    "impressions of a campaign": "活动的曝光数",
    "if receiver and granted (public-base): exact, of released groups": (
        "若为接收方且获授权（public-base）：已发布分组的精确值"
    ),
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
