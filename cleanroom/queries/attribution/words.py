"""What people read of attribution, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.queries.credit.words import NOTE
from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "noise.note.attribution": NOTE,
    "template.attribution": ("Attribution", "归因"),
    "asks.attribution": ("Which touch earned the conversion?", "哪次触点带来了转化？"),
    "field.half_life": ("Half-life", "半衰期"),
    "field.weights": ("Weights", "权重"),
    "field.credits": ("Credits", "分配"),
    "field.profile": ("Sharing of credit", "归因分摊方式"),
    "field.brand_costs": ("Costs", "成本"),
    "field.platform_costs": ("Costs", "成本"),
    "cost_per_conversion": ("cost per conversion", "单次转化成本"),
    "return_on_spend": ("return on spend", "投入产出比"),
}
UNITS: Final = {
    "cost_per_conversion": "sum",
    "return_on_spend": "ratio",
}

WORDS: Final = Words(MESSAGES, units=UNITS)
