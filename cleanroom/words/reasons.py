"""Say why a party's agent refused a question: the log has one English sentence for each rule."""

from __future__ import annotations

from typing import Final

from cleanroom.words.languages import LANGUAGES, Language

WHY: Final = {
    "not-allowed": (
        "the signed documents, or what it declared, do not allow the question",
        "已签署的文件或其声明不允许该查询",
    ),
    "rho-budget": (
        "its own ledger does not cover the question",
        "其自身账本的预算不足以支付该查询",
    ),
    "jobs-max": (
        "it has approved as many questions as the agreement allows",
        "其批准的查询已达协议允许的次数",
    ),
    "not-approved": ("it has not approved the question", "其未批准该查询"),
    "no-earlier-result": (
        "it has no such earlier result to build on",
        "其没有该查询所依据的先前结果",
    ),
    "peer-fault": ("another member or the mediator broke the protocol", "其他成员或中介方违反协议"),
    "agent-gave-up": ("its agent has tried as often as it should", "其代理多次尝试未成"),
}
"""What stands after the name of the party that refused."""


def why(rule: str, reason: str, language: Language = "en") -> str:
    """Return what follows "NAME refused"; what a person, or the mediator, wrote stays as it is."""
    known = WHY.get(rule)
    return known[LANGUAGES.index(language)] if known else reason


def refused(rule: str, reason: str, party: str, language: Language = "en") -> str:
    """Return a whole sentence; without a party, for then the mediator refused, the reason alone."""
    if not party:
        return reason
    form = ("{party} refused: {why}", "{party} 拒绝：{why}")[LANGUAGES.index(language)]
    return form.format(party=party, why=why(rule, reason, language))
