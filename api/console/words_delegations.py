"""Words of delegations."""

from __future__ import annotations

from typing import Final

DELEGATIONS: Final[dict[str, tuple[str, str]]] = {
    "delegations.title": ("Delegations to agencies", "对代理商的授权"),
    "delegations.lead": (
        "A brand declares what an agency may ask in its place. The brand receives the answers"
        " and hands them on, until it takes the delegation back.",
        "品牌方写明代理商可代其提交的查询。结果由品牌方接收并转交，直至收回授权。",
    ),
    "delegations.line": ("{agency} for {brand}", "{agency} 代表 {brand}"),
    "delegations.asks": ("What may be asked", "可提交的查询"),
    "delegations.about": ("About these datasets", "涉及的数据集"),
    "delegations.left": ("{left} of {rho} rho left.", "剩余 {left}/{rho} rho。"),
    "delegations.stands": ("In force.", "有效。"),
    "delegations.back": ("Taken back.", "已收回。"),
    "delegations.over": ("Expired.", "已到期。"),
    "delegations.revoke": ("Take it back", "收回授权"),
    "delegations.revoke.hint": (
        "Running questions under it end, and what they cost stays spent. Answers that were"
        " handed on stay known.",
        "据此提交且尚未完成的查询将终止，已消耗的预算不退还。已转交的结果无法收回。",
    ),
    "delegations.grant": ("Delegate more", "新增授权"),
    "delegations.grant.hint": (
        "Only what is ticked is delegated. Your signature approves every question that the"
        " delegation covers.",
        "未勾选的不在授权之内。签署即批准授权范围内的所有查询。",
    ),
    "delegations.rho": ("rho that all its questions may spend", "全部查询可消耗的 rho"),
    "delegations.rho.wrong": ("rho must be a number.", "rho 应为数字。"),
    "delegations.until": ("First day on which it may not ask (UTC)", "授权截止日（UTC，当日失效）"),
    "delegations.until.wrong": ("Write the day like 2027-01-31.", "日期格式如 2027-01-31。"),
    "delegations.sign": ("Sign this delegation", "签署授权"),
}
