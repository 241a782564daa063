"""What people read of joint activation, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.joint_activation": ("Joint activation", "联合人群激活"),
    "asks.joint_activation": (
        "Send the people whom the platforms know together, or one of them alone, to one of them",
        "将各平台共同认识或仅其中一家认识的人群推送给该平台",
    ),
}
LEAKS: Final = {
    "who is in the segment": "谁属于该人群",
    "the first one: which of its own rows are, if the size reaches the minimum,"
    " and so that all others know these people, or none of them; the others: nothing": (
        "首个平台：达到最小规模时得知己方哪些行属于该人群，从而得知其"
        "他平台都认识或都不认识这些人；其他平台：无"
    ),
    "the first one: the size, exactly": "首个平台：精确规模",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
