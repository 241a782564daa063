"""The cells of the leak tables in Chinese; English is what the templates say."""

from __future__ import annotations

from typing import Final

from cleanroom.words.languages import Language

LEAKS: Final[dict[str, str]] = {
    "their number": "其数量",
    "raw identifiers": "原始标识",
    "own": "仅己方",
    "nothing": "无",
    "both": "双方",
    "yes": "可见",
    "purpose": "用途",
    "yes, in the log": "可见（在日志中）",
    "sizes of uploads, padded": "上传规模（已填充）",
    "a person's measure": "个人的度量值",
    "labels that a condition names": "条件所用的标签",
    "own and asked; of asked ones whether they are declared": (
        "己方的与被查询的；被查询的是否已声明"
    ),
    "the columns, and which opaque labels pass; no names": (
        "列名，以及哪些不透明标签符合；无标签名称"
    ),
    "the columns alone: rows are left out at home": "仅列名：行在各方本地剔除",
    "labels of the people who matched": "匹配人群的标签",
    "own; if the brand asks with a condition on its labels, that these people fulfil it": (
        "己方的；若品牌方以己方标签为条件提交，则得知这些人符合条件"
    ),
    "nothing beyond the opaque labels": "不透明标签之外无",
    "who is in the overlap": "谁在重合人群中",
    "which of its own rows matched, if the size reaches the minimum": (
        "己方哪些行匹配（达到最小规模时）"
    ),
    "positions of opaque rows": "不透明行的位置",
    "aggregates": "汇总结果",
    "the size, noised": "规模（加噪）",
    "the size, exactly": "规模（精确）",
    "if receiver: noised, thresholded": "若为接收方：加噪并经门槛过滤",
    "who is at which stage": "谁处于哪个阶段",
    "own records'": "己方记录中的",
    "if receiver: the platform's, noised or by its grant exact": (
        "若为接收方：平台方的，加噪或经其授权为精确值"
    ),
    "if receiver: the brand's, noised or by its grant exact": (
        "若为接收方：品牌方的，加噪或经其授权为精确值"
    ),
    "nothing: the counts are sealed": "无：计数已密封",
    "the stages of opaque matched rows: the map of pairs of stages has a public shape": (
        "不透明匹配行的阶段：阶段组合映射的形状是公开的"
    ),
    "exact match counts of opaque groups; no sums": "不透明分组的精确匹配数；无合计值",
    "exact match counts of opaque labels; no sums": "不透明标签的精确匹配数；无合计值",
    "times, order and paths": "时间、顺序与路径",
    "steps of all paths": "全部路径的各步",
    "if receiver: exact": "若为接收方：精确值",
    "own conversions": "己方转化",
    "own touches": "己方触点",
    "padded groups of opaque tokens, which of them matched, under which opaque label": (
        "已填充的不透明令牌组、其中哪些匹配、属于哪个不透明标签"
    ),
    "number of rows and of labels of a job": "任务的行数与标签数",
    "what the documents give": "仅由已签署文件决定的数值",
    "credit per label": "每个标签的归因份额",
    "opaque rows, unlinked": "不透明且不可关联的行",
    "noised, thresholded": "加噪并经门槛过滤",
    "the model and the scored base": "模型与打分后的人群",
    "which of several datasets hold a person": "个人出现在哪些数据集中",
    "noised, thresholded counts": "加噪并经门槛过滤的人数",
    "per opaque row of the hub, made for the question, in which datasets it is": (
        "为本次提问生成的每一不透明行出现在哪些数据集中"
    ),
    "labels of the hub that a condition names": "条件所涉的 hub 标签",
    "the columns": "列名",
}


def leak(text: str, language: Language) -> str:
    """Return a cell of a leak table in a language; as it was written if nobody translated it."""
    return LEAKS.get(text, text) if language == "zh" else text
