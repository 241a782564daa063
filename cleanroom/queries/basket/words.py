"""What people read of basket, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.basket": ("Market basket", "购物篮关联"),
    "asks.basket": (
        "Which categories do people known to both buy together?",
        "双方共有人群会一起购买哪些品类？",
    ),
    "field.category": ("Column of categories", "品类列"),
    "field.categories": ("Categories", "品类"),
    "field.number_of_categories": ("Number of categories", "品类数"),
    "field.max_categories": ("Categories per person, at most", "每人最多品类数"),
    "categories": ("categories", "各品类"),
    "bought_with": ("bought with", "同时购买"),
    "support": ("support", "支持度"),
    "basket_lift": ("lift", "提升度"),
    "dropped_categories": ("dropped categories", "已剔除的品类"),
    "clamped_people": ("people with more categories than count", "品类数超出上限的人数"),
    "axis.basket_lift": (
        "lift (1 = as often as if independent)",
        "提升度（1 = 相互独立时的频次）",
    ),
}
UNITS: Final = {
    "support": "share",
    "basket_lift": "ratio",
    "dropped_categories": "events",
    "clamped_people": "people",
}
LEAKS: Final = {
    "what a person bought": "个人购买的品类",
    "a person's labels": "个人的标签",
    "names of categories": "品类名称",
    "own and asked": "己方的与被查询的",
    "the list asked about": "被查询的清单",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
