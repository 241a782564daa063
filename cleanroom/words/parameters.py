"""Names of the templates' parameters and of what can be chosen for them, in two languages."""

from __future__ import annotations

from typing import Final

PARAMETERS: Final = {
    "field.group_by": ("Group by", "分组标签"),
    "field.measures": ("Sum", "合计度量"),
    "field.from": ("Stages before", "之前的阶段"),
    "field.to": ("Stages after", "之后的阶段"),
    "field.match_by": ("Join people by", "匹配所用标识"),
    "field.where": ("Only people with", "仅限人群"),
    "field.start": ("From", "开始时间"),
    "field.end": ("Until", "结束时间"),
    "field.model": ("Model", "归因模型"),
    "field.window": ("Window", "归因窗口"),
    "field.click_window": ("Window of clicks", "点击窗口"),
    "field.view_window": ("Window of views", "浏览窗口"),
    "field.resolution": ("Resolution", "时间精度"),
    "field.max_conversions": ("Conversions per person, at most", "每人最多转化数"),
    "field.max_frequency": ("Highest frequency", "最高频次"),
    "field.campaigns": ("Campaigns", "活动"),
    "field.boundary": ("Ends of a window", "窗口边界"),
    "field.by_action": ("Tell clicks from views", "区分点击与浏览"),
    "field.max_value_per_person": ("Value per person, at most", "每人最大金额"),
    "field.purpose": ("Purpose", "用途"),
    "field.holdout": ("Held out for the test (%)", "留作检验（%）"),
    "field.max_channels": ("Channels per person, at most", "每人最多渠道数"),
    "field.cap": ("Impressions that count, at most", "计入的曝光上限"),
}

CHOICES: Final = {
    "boundary.inclusive": ("belong to it", "包含边界"),
    "boundary.strict": ("do not belong to it", "不含边界"),
    "count.closed": ("whoever took every step before it too", "完成此前全部步骤者"),
    "count.open": ("whoever took it", "完成该步骤者"),
    "denominator.arm": ("everybody in the group", "整组"),
    "denominator.matched": ("those whom both sides know", "双方共有者"),
    "known_to.all": ("all of the platforms", "全部平台"),
    "known_to.first-only": ("the first platform alone", "仅第一个平台"),
    "match_by.email": ("e-mail addresses", "邮箱地址"),
    "match_by.phone": ("phone numbers", "手机号"),
    "profile.exact": ("each touch its share", "按各触点份额"),
    "profile.sampled": ("one touch, drawn by its share", "按份额抽取一个触点"),
    "split.information-gain": ("information gain", "信息增益"),
    "split.gain-ratio": ("gain ratio", "增益率"),
    "split.gini": ("Gini impurity", "基尼不纯度"),
}
"""Choices by parameter and value; a value that is a text of a party's is none."""

LENGTHS: Final = {
    "s": ("second", "秒"),
    "m": ("minute", "分钟"),
    "h": ("hour", "小时"),
    "d": ("day", "天"),
    "w": ("week", "周"),
}
OF_TIME: Final = ("window", "click_window", "view_window", "half_life", "resolution")
"""Parameters that are lengths of time."""
