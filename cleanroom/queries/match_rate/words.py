"""What people read of match rate, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.match_rate": ("Match rate", "标识匹配率"),
    "asks.match_rate": (
        "By which kind of identifier do both sides know people, and how many of them?",
        "双方按每种标识各能匹配多少人？",
    ),
}
LEAKS: Final = {
    "by which kind of identifier people match": "按哪种标识匹配",
    "exact match counts of opaque kinds; not which of them belong to one person": (
        "不透明标识种类的精确匹配数；不知哪些属于同一人"
    ),
    "who has which kinds of identifier": "谁有哪些标识",
    "nothing: all have a row of each": "无：每人每种标识各有一行",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
