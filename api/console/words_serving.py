"""Words of questions about single people."""

from __future__ import annotations

from typing import Final

SERVING: Final[dict[str, tuple[str, str]]] = {
    "serving.title": ("Questions about single people", "单人在线查询"),
    "serving.lead": (
        "What this home counted. The log has the number of people asked about in each minute, and"
        " nobody is told more.",
        "以下为本目录的计数。日志仅记录每分钟询问的人数，其他信息不会告知任何一方。",
    ),
    "serving.line": (
        "{platform} asks about {brand}.{audience}",
        "{platform} 查询 {brand}.{audience}",
    ),
    "serving.near": (
        "The day's quota is nearly used up: soon questions get the default answer.",
        "当日配额即将用尽：此后的查询将返回默认答案。",
    ),
    "serving.runs": ("Publication {number} is served.", "第 {number} 次发布正在服务。"),
    "serving.ended": ("Nothing is served any more.", "服务已结束。"),
    "serving.nothing": ("Nothing has been published.", "尚未发布。"),
    "serving.waiting": (
        "{count} minutes are tallied by one side only.",
        "{count} 个分钟的计数仅一方签署。",
    ),
    "serving.today": (
        "Asked about today (UTC): {asked} of {most} people, {share} %.",
        "今日（UTC）已询问 {asked}/{most} 人（{share}%）。",
    ),
    "serving.hits": (
        "Of those asked about in these minutes, {share} % have a label.",
        "下列分钟内询问的人中 {share}% 带有标签。",
    ),
    "serving.minutes": ("The latest minutes with questions", "最近有查询的分钟"),
    "serving.minute": ("Minute (UTC)", "分钟（UTC）"),
    "serving.questions": ("People answered for", "已回答人数"),
    "serving.lost": ("Without an answer", "未获回答人数"),
    "serving.time": ("Mean time of an answer (ms)", "平均回答时间（毫秒）"),
    "serving.none": ("Nothing is served in this room.", "此数据房间没有单人在线查询。"),
}
