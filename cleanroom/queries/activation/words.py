"""What people read of activation, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.activation": ("Activation", "人群激活"),
    "asks.activation": (
        "Send the matched people to the platform as an audience.",
        "将匹配人群作为受众推送给平台。",
    ),
}

WORDS: Final = Words(MESSAGES)
