"""What people read of cross attribution, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.cross_attribution": ("Attribution over several platforms", "跨平台归因"),
    "asks.cross_attribution": (
        "Which platforms earned the conversion?",
        "哪些平台带来了转化？",
    ),
}
LEAKS: Final = {
    "which platforms touched a person in time": "哪些平台在窗口期内触达过个人",
    "noised, thresholded credit": "加噪并经门槛过滤的归因份额",
    "own touches; of others nothing": "己方触点；其他平台的一无所知",
    "per opaque conversion, which platforms, each under an opaque label": (
        "每一不透明转化与哪些平台相遇，各以不透明标签表示"
    ),
    "times and order of touches": "触点的时间与顺序",
    "nothing: neither of touches, nor between platforms": "无：既无触点时间，也无平台间顺序",
}

WORDS: Final = Words(MESSAGES, leaks=LEAKS)
