"""Words of plans: columns, axes, and what such numbers cannot say, in both languages."""

from __future__ import annotations

from typing import Final

SPEND: Final[dict[str, tuple[str, str]]] = {
    "spend.title": ("What to spend", "预算分配"),
    "spend_today": ("today's split", "现有分配"),
    "spend_suggested": ("suggested", "建议分配"),
    "spend_up_to": ("not worse up to", "不变差的界限"),
    "reach_change": ("more reach", "触达变化"),
    "conversions_change": ("more conversions", "转化变化"),
    "reach_per_thousand": ("more reach per 1,000 of money", "每增加 1,000 花费的触达"),
    "conversions_per_thousand": ("more conversions per 1,000 of money", "每增加 1,000 花费的转化"),
    "elasticity": ("assumed elasticity", "假定的弹性"),
    "axis.money": ("money", "花费"),
    "spend.now": ("today's", "现有"),
    "spend.whole": ("each person once, today's proportions", "每人计一次，按现有比例"),
    "spend.joint": (
        "The ranges of what more or less money does hold jointly with 95 % confidence: they"
        " include privacy noise ({noise}), what is held back, and the chance of who sees an ad.",
        "花费变动影响的各区间同时成立的概率为 95 %，已计入隐私噪声（{noise}）、被隐藏的"
        "分组和曝光的随机性。",
    ),
    "spend.joint.exact": (
        "The ranges of what more or less money does hold jointly with 95 % confidence: they"
        " include what is held back and the chance of who sees an ad.",
        "花费变动影响的各区间同时成立的概率为 95 %，已计入被隐藏的分组和曝光的随机性。",
    ),
    "spend.joint.conversions": (
        "The ranges of what more or less money does hold jointly with 95 % confidence: they"
        " include privacy noise ({noise}) and what is held back, but not that another period"
        " would bring other numbers.",
        "花费变动影响的各区间同时成立的概率为 95 %，已计入隐私噪声（{noise}）和被隐藏的分组；"
        "未计入不同时期之间的波动。",
    ),
    "spend.joint.conversions.exact": (
        "The ranges of what more or less money does allow for what is held back, but not that"
        " another period would bring other numbers.",
        "花费变动影响的各区间已计入被隐藏的分组；未计入不同时期之间的波动。",
    ),
    "spend.model": (
        "The curves assume that impressions reach each person independently, at a rate that"
        " grows only with the money: same audience, same price, no cap on frequency. One answer"
        " cannot show whether that is so.",
        "曲线假定：每个人的曝光相互独立，曝光速度只随花费增长，即人群与价格不变、不设频控。"
        "仅凭一次结果无法检验该假定。",
    ),
    "spend.twice": (
        "A person whom two campaigns reach counts once for each of them, so a split may move reach "
        "without reaching anybody new.",
        "被两个活动触达的人在两个活动中各计一次，因此重新分配可能只是转移触达，而没有触达新的人。",
    ),
    "spend.cause.reach": (
        "Reach is not effect: only a lift test shows what an ad causes.",
        "触达不等于效果：广告带来了什么，只有提升测试能够说明。",
    ),
    "spend.cause.conversions": (
        "Credit is not effect: people who saw an ad may have bought without it, and only a lift"
        " test shows what an ad causes.",
        "归因不等于效果：看过广告的人可能本来就会购买。广告带来了什么，只有提升测试能够说明。",
    ),
    "spend.point": (
        "One period shows one point of each curve and not its shape. It is assumed that"
        " conversions grow with the money to the power of {elasticity}, the same for all"
        " campaigns.",
        "一个时期只给出每条曲线上的一个点，无法看出形状。“转化随花费的 {elasticity} 次方增长，"
        "且各活动相同”只是假定。",
    ),
    "spend.tolerates": (
        "Within the ranges, the suggested split is not worse than today's for any elasticity from "
        "{low} to {high}.",
        "在上述区间内，弹性取 {low} 至 {high} 之间的任何值，建议分配都不比现有分配差。",
    ),
    "spend.alone": (
        "Campaigns are assumed neither to help nor to hinder each other.",
        "假定各活动之间既不促进也不妨碍。",
    ),
    "spend.furthest": (
        "“{column}” is how far the same shift can go on before it may be worse than today's split.",
        "“{column}”为沿同一方向继续调整、仍不比现有分配差的界限。",
    ),
    "spend.without_cost": (
        "Left out, because no cost was given: {names}.",
        "未提供花费，未纳入：{names}。",
    ),
    "spend.held_back": (
        "Nothing was released for {names}: held back, spelt differently in the data, or not"
        " among the campaigns asked about.",
        "{names} 没有公布任何数字：已被隐藏、与数据中的写法不同，或不在查询范围内。",
    ),
}
