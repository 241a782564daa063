"""What people read of purchase intent, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.queries.credit.words import NOTE
from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "noise.note.purchase_intent": NOTE,
    "template.purchase_intent": ("Purchase intent index", "购买意向指数"),
    "asks.purchase_intent": ("Which campaign moved intent?", "哪个活动提升了购买意向？"),
    "field.industry": ("Industry", "行业"),
    "field.interaction": ("Column of interactions", "互动类型列"),
    "weighted_interactions": ("weighted interactions", "加权互动数"),
}
UNITS: Final = {
    "weighted_interactions": "number",
}
LEAKS: Final = {
    "people reached per campaign": "各活动触达人数",
    "if receiver: exact, sealed to it": "若为接收方：精确值，仅其可解封",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
