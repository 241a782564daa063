"""What people read of lift, in two languages."""

from __future__ import annotations

from typing import Final

from cleanroom.words.catalogue import Words

MESSAGES: Final = {
    "template.lift": ("Lift", "增量提升"),
    "asks.lift": ("What did the campaign cause?", "活动带来了多少增量？"),
    "field.test": ("Label of the test group", "实验组标签"),
    "field.control": ("Label of the control group", "对照组标签"),
    "field.denominator": ("Rates are of", "比率的分母"),
    "arm": ("group", "组别"),
    "test_rate": ("rate of test group", "实验组转化率"),
    "control_rate": ("rate of control group", "对照组转化率"),
    "test_mean": ("mean of test group", "实验组均值"),
    "control_mean": ("mean of control group", "对照组均值"),
    "arm_people": ("people in the group", "组内人数"),
    "denominator": ("rates over", "比率基数"),
    "difference": ("difference", "差值"),
    "relative_lift": ("relative lift", "相对提升"),
    "axis.rate": ("conversion rate", "转化率"),
    "axis.difference": ("difference, in percentage points", "差值（百分点）"),
    "axis.relative_lift": ("relative lift", "相对提升"),
    "no_effect": ("no effect", "无效果"),
    "at_p": ("p = {p}", "p = {p}"),
    "below_p": ("p < {p}", "p < {p}"),
    "noise.note.lift": (
        "Lines and ranges are 95 % intervals of sampling error and "
        "privacy noise ({noise}) together.",
        "图中线段与数字旁的范围为抽样误差与隐私噪声（{noise}）合并后的 95 % 区间。",
    ),
}
UNITS: Final = {
    "arm_people": "people",
    "relative_lift": "lift",
    "test_rate": "rate",
    "control_rate": "rate",
    "difference": "points",
    "test_mean": "sum",
    "control_mean": "sum",
}
LEAKS: Final = {
    "exact match counts of the two opaque arms; no sums": "两个不透明组的精确匹配数；无合计值",
    "times of conversions and assignments": "转化与分组的时间",
    "own assignments": "己方分组",
    "padded groups of opaque tokens, which of them matched, in which opaque arm": (
        "已填充的不透明令牌组、其中哪些匹配、属于哪个不透明组"
    ),
    "a person's arm": "个人所属组别",
    "size of an arm": "组的规模",
    "if denominator is arm: noised": "若以组为分母：加噪",
}

WORDS: Final = Words(MESSAGES, units=UNITS, leaks=LEAKS)
