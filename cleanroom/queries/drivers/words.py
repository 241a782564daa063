"""What people read of drivers, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.drivers": ("Drivers", "转化驱动因素"),
    "asks.drivers": (
        "Which attributes set people with an outcome apart?",
        "哪些属性能区分符合目标的人群？",
    ),
    "field.outcome": ("People with the outcome are those with", "目标人群的条件"),
    "field.attributes": ("Attributes that may set them apart", "可能的区分属性"),
    "field.depth": ("Splits from everybody to a leaf, at most", "树的最大深度"),
    "field.split": ("Rule of splitting", "拆分准则"),
    "field.min_leaf": ("People of a branch, at least", "分支最少人数"),
    "with_outcome": ("with the outcome", "符合目标人数"),
    "split_by": ("split by", "拆分属性"),
    "everybody": ("Everybody", "全体"),
    "axis.outcome": (
        "share with the outcome; bars begin at everybody's",
        "符合目标的比例；条形自全体比例起",
    ),
    "axis.gain": ("gain of a split of everybody", "按该属性拆分全体的增益"),
}
UNITS: Final = {
    "with_outcome": "people",
}
LEAKS: Final = {
    "who has the outcome": "谁符合目标",
    "of opaque matched rows, from the labels that pass": "由符合的标签得知不透明匹配行是否符合目标",
    "if receiver: noised, thresholded in every table": "若为接收方：加噪，每张表各自经门槛过滤",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
