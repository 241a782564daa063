"""The cells of the templates' leak tables in Chinese; English is what the templates say."""

from __future__ import annotations

from typing import Final

LEAKS: Final[dict[str, str]] = {
    "raw identifiers": "原始标识",
    "by which kind of identifier people match": "按哪种标识匹配",
    "exact match counts of opaque kinds; not whose several are": (
        "不透明标识种类的精确匹配数；不知哪些属于同一人"
    ),
    "who has which kinds of identifier": "谁有哪些标识",
    "nothing: all have a row of each": "无：每人每种标识各有一行",
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
    "who has the outcome": "谁符合目标",
    "of opaque matched rows, from the labels that pass": "由符合的标签得知不透明匹配行是否符合目标",
    "if receiver: noised, thresholded in every table": "若为接收方：加噪，每张表各自经门槛过滤",
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
    "opaque pairs of stages per matched row; without sides their stages, from the map": (
        "每个匹配行的不透明阶段组合；不分所属时可由映射得知阶段"
    ),
    "exact match counts of stages, of opaque pairs of them with sides; no sums": (
        "各阶段的精确匹配数（分所属时为不透明组合）；无合计值"
    ),
    "people per stage of one side": "单方各阶段人数",
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
    "exact match counts per move; no sums": "每种流转的精确匹配数；无合计值",
    "exact match counts per movement; no sums": "每种流转的精确匹配数；无合计值",
    "exact match counts of opaque groups; no sums": "不透明分组的精确匹配数；无合计值",
    "exact match counts of opaque labels; no sums": "不透明标签的精确匹配数；无合计值",
    "times, order and paths": "时间、顺序与路径",
    "own conversions": "己方转化",
    "own touches": "己方触点",
    "padded groups of opaque tokens, which of them matched, under which opaque label": (
        "已填充的不透明令牌组、其中哪些匹配、属于哪个不透明标签"
    ),
    "number of rows and of labels of a job": "任务的行数与标签数",
    "what the documents give": "仅由已签署文件决定的数值",
    "credit per label": "每个标签的归因份额",
    "a person's step and channel": "个人所处步骤与渠道",
    "own step": "己方步骤",
    "opaque rows, unlinked": "不透明且不可关联的行",
    "a person's channels": "个人的渠道",
    "what a person bought": "个人购买的品类",
    "a person's labels": "个人的标签",
    "noised, thresholded": "加噪并经门槛过滤",
    "names of categories": "品类名称",
    "own and asked": "己方的与被查询的",
    "the list asked about": "被查询的清单",
    "their number": "其数量",
    "names of steps": "步骤名称",
    "the list, and which of them the asking side records": "步骤清单，以及提问方记录了哪些步骤",
    "exact match counts of the two opaque arms; no sums": "两个不透明组的精确匹配数；无合计值",
    "times of conversions and assignments": "转化与分组的时间",
    "own assignments": "己方分组",
    "padded groups of opaque tokens, which of them matched, in which opaque arm": (
        "已填充的不透明令牌组、其中哪些匹配、属于哪个不透明组"
    ),
    "a person's arm": "个人所属组别",
    "size of an arm": "组的规模",
    "if denominator is arm: noised": "若以组为分母：加噪",
    "features of people": "人群特征",
    "size and sum of features of the matched seed: noised, from the minimum on": (
        "匹配种子的规模与特征合计：加噪，达到最小规模才给出"
    ),
    "exact number of matched seeds; no sums": "匹配种子的精确数量；无合计值",
    "the model and the scored base": "模型与打分后的人群",
    "held-out seed by band, noised, thresholded": "按分数段的留出种子，加噪并经门槛过滤",
    "exact match counts of opaque bands; no sums": "不透明分数段的精确匹配数；无合计值",
    "people per label in the base": "基准人群中各标签人数",
    "a person's campaigns and frequency": "个人的活动与频次",
    "opaque rows that it cannot join to one person": "无法归并到同一人的不透明行",
    "people reached per campaign": "各活动触达人数",
    "if receiver: exact, sealed to it": "若为接收方：精确值，仅其可解封",
    "impressions of a campaign": "活动的曝光数",
    "if receiver and granted (public-base): exact, of released groups": (
        "若为接收方且获授权（public-base）：已发布分组的精确值"
    ),
    "which of several datasets hold a person": "个人出现在哪些数据集中",
    "noised, thresholded counts": "加噪并经门槛过滤的人数",
    "per opaque row of the hub, made for the question, in which datasets it is": (
        "为本次提问生成的每一不透明行出现在哪些数据集中"
    ),
    "how often a platform reached a person": "平台触达个人的次数",
    "noised, thresholded counts of contacts over all platforms": (
        "加噪并经门槛过滤的跨平台触达次数分布"
    ),
    "per opaque row made for the question, up to max_frequency": (
        "为本次提问生成的每一不透明行的次数，至多 max_frequency"
    ),
    "which platforms touched a person in time": "哪些平台在窗口期内触达过个人",
    "noised, thresholded credit": "加噪并经门槛过滤的归因份额",
    "own touches; of others nothing": "己方触点；其他平台的一无所知",
    "per opaque conversion, which platforms, each under an opaque label": (
        "每一不透明转化与哪些平台相遇，各以不透明标签表示"
    ),
    "times and order of touches": "触点的时间与顺序",
    "nothing: neither of touches, nor between platforms": "无：既无触点时间，也无平台间顺序",
    "who is in the segment": "谁属于该人群",
    "the first one: which of its own rows are, if the size reaches the minimum,"
    " and so that all others know these people, or none of them; the others: nothing": (
        "首个平台：达到最小规模时得知己方哪些行属于该人群，从而得知其"
        "他平台都认识或都不认识这些人；其他平台：无"
    ),
    "the first one: the size, exactly": "首个平台：精确规模",
    "labels of the hub that a condition names": "条件所涉的 hub 标签",
    "the columns": "列名",
}
