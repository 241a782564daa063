"""What people read of funnel, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.funnel": ("Funnel", "转化漏斗"),
    "asks.funnel": ("Where do people drop out?", "人群在哪一步流失？"),
    "field.steps": ("Steps", "步骤"),
    "field.count": ("Who is counted at a step", "步骤计数方式"),
    "field.known_steps": ("Steps that both sides know", "双方已知的步骤"),
    "field.number_of_steps": ("Number of steps", "步骤数"),
    "field.step": ("Column of steps", "步骤列"),
    "step_rate": ("of the step before", "占上一步"),
    "to_all": ("against all channels", "与全渠道之比"),
    "all_channels": ("All channels", "全部渠道"),
    "against_mean": ("{ratio} × all channels", "全渠道均值的 {ratio} 倍"),
}
UNITS: Final = {
    "step_rate": "rate",
    "to_all": "ratio",
}
LEAKS: Final = {
    "a person's step and channel": "个人所处步骤与渠道",
    "own step": "己方步骤",
    "names of steps": "步骤名称",
    "the list, and which of them the asking side records": "步骤清单，以及提问方记录了哪些步骤",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
