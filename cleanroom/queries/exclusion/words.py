"""What people read of exclusion, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.exclusion": ("Exclusion", "人群排除"),
    "asks.exclusion": ("Leave the matched people out of a campaign.", "在投放中排除匹配人群。"),
}

WORDS: Final = Words(MESSAGES)
