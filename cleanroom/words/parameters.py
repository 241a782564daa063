"""Names of the templates' parameters, in two languages."""

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
