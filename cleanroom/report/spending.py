"""Say a plan in words: what is suggested, and what its numbers cannot say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cleanroom.report import Language, inert, said, word
from cleanroom.report.sentences import restricted
from cleanroom.words.estimate import Estimate
from cleanroom.words.tell import tell

Plan = Mapping[str, Any]


def spend_sentence(plan: Plan, language: Language) -> str:
    """Say what another split would change, or that the numbers support none."""
    total, measure = plan["total"], plan["measure"]
    budget = Estimate(total["spend_today"], "sum")
    low, high = total[f"{measure}_change_bounds"]
    values = {
        "budget": budget,
        "change": Estimate(
            None, "people" if measure == "reach" else "conversions",
            bounds=(math.floor(low), None if high is None else math.ceil(high)),
        ),
    }  # fmt: skip
    return _sentence(plan, low, values, language) + restricted(plan, language)


def _sentence(plan: Plan, low: float, values: Mapping[str, Estimate], language: Language) -> str:
    if low < 1:
        return tell(
            language,
            "What was released supports no split of {budget} other than today's.",
            "已公布的数字不足以支持改变 {budget} 的现有分配。",
            budget=values["budget"],
        )
    if plan["measure"] == "reach":
        return tell(
            language,
            "The suggested split of {budget} reaches {change} more than today's, added up over the "
            "campaigns.",
            "按建议分配 {budget}，各活动触达合计比现有分配多 {change}。",
            **values,
        )
    return tell(
        language,
        "If conversions grow with the money to the power of {elasticity}, the suggested split of "
        "{budget} earns {change} more of them than today's.",
        "若转化随花费的 {elasticity} 次方增长，按建议分配 {budget}，转化比现有分配多 {change} 次。",
        elasticity=Estimate(plan["elasticity"], "ratio"),
        **values,
    )


def spend_notes(plan: Plan, language: Language) -> list[str]:
    """Return what a reader must know before money moves."""
    measure = plan["measure"]
    found = [_joint(plan, language)]
    if measure == "reach":
        found += [word("spend.model", language), word("spend.twice", language)]
    else:
        assumed = f"{plan['elasticity']:.2f}"
        found.append(word("spend.point", language, elasticity=assumed))
        if plan.get("elasticity_bounds"):
            low, high = (f"{end:.2f}" for end in plan["elasticity_bounds"])
            found.append(word("spend.tolerates", language, low=low, high=high))
        found.append(word("spend.alone", language))
    found.append(word(f"spend.cause.{measure}", language))
    if plan["total"][f"{measure}_change_bounds"][0] >= 1:
        found.append(word("spend.furthest", language, column=word("spend_up_to", language)))
    for name in ("without_cost", "held_back"):
        if plan[name]:
            names = ("、" if language == "zh" else ", ").join(map(inert, plan[name]))
            found.append(word(f"spend.{name}", language, names=names))
    return found


def _joint(plan: Plan, language: Language) -> str:
    noise = plan.get("privacy", {}).get("noise", "none")
    key = "spend.joint" if plan["measure"] == "reach" else "spend.joint.conversions"
    if noise == "none":
        return word(f"{key}.exact", language)
    return word(key, language, noise=said(f"noise.{noise}", language))
