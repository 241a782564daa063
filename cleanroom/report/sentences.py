"""Answer a question in one sentence, and say what stands under every result.

English sentences are the template's own, written with the result; the others are made from the
result's numbers here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cleanroom.report import Language, inert, said, word
from cleanroom.report.conditions import written_in_words
from cleanroom.report.labels import label_texts
from cleanroom.report.numbers import bounds, number

LEAST_LIVE_GROUP: Final = 10
"""A live room never shows smaller groups."""

Result = Mapping[str, Any]


def is_rehearsal(result: Result) -> bool:
    """Tell whether a result is a rehearsal's: marked so, without noise, or of groups below 10."""
    privacy = result.get("privacy", {})
    return bool(
        result.get("rehearsal")
        or privacy.get("noise") == "none"
        or privacy.get("k", LEAST_LIVE_GROUP) < LEAST_LIVE_GROUP
    )


def sentence(result: Result, language: Language) -> str:
    """Return the answer in words, and whom it counts if that is not everybody."""
    if language == "en":
        return inert(str(result.get("sentence", "")))
    make = SENTENCES.get(str(result.get("template")), _generic)
    return make(result, language) + restricted(result, language)


def notes(result: Result, language: Language) -> list[str]:
    """Return what a reader must know of the numbers: noise, threshold, what is held back, cost."""
    return [
        *noise_notes(result, language),
        *_suppressed(result, language),
        *_cost(result, language),
    ]


def restricted(result: Result, language: Language) -> str:
    """Say whom an answer counts, if not everybody."""
    texts = result.get("where")
    if not texts:
        return ""
    return word("where.note", language, conditions=written_in_words(texts, language))


def noise_notes(result: Result, language: Language) -> list[str]:
    """Return what must be known of the noise and of the threshold that came with it."""
    privacy = result.get("privacy", {})
    if privacy.get("noise", "none") == "none":
        return [word("rehearsal.note", language)]
    kind = said(f"noise.{privacy['noise']}", language)
    key = "noise.note.lift" if result.get("template") == "lift" else "noise.note"
    found = [word(key, language, noise=kind)]
    if is_rehearsal(result):
        found.append(word("rehearsal.k", language, k=privacy.get("k", 1)))
    if privacy.get("tau") is not None:
        values = {"tau": f"{privacy['tau']:,}", "k": f"{privacy['k']:,}"}
        found.append(word("threshold.note", language, **values))
    return found


def _suppressed(result: Result, language: Language) -> list[str]:
    suppressed = result.get("suppressed") or {}
    if not suppressed.get("groups"):
        return [word("suppressed.none", language)]
    between = "; " if language == "en" else "；"
    rules = between.join(_rule(rule, language) for rule in suppressed.get("rules", ()))
    key = "suppressed.one" if suppressed["groups"] == 1 else "suppressed.note"
    if not rules:
        key = "suppressed.bare"
    first = word(key, language, groups=f"{suppressed['groups']:,}", rules=rules)
    pooled = "pooled.note" if result.get("other") else "not_pooled.note"
    space = " " if language == "en" else ""
    return [f"{first}{space}{word(pooled, language)}"]


def _rule(rule: Mapping[str, Any], language: Language) -> str:
    values = {"groups": f"{rule['groups']:,}", "needed": f"{rule['needed']:,}"}
    if rule["rule"] in RULES:
        return word(f"rule.{rule['rule']}", language, **values)
    return word("rule.unknown", language, **values, rule=inert(str(rule["rule"])))


RULES: Final = ("minimum-group-size", "complementary", "other-withheld")


def _cost(result: Result, language: Language) -> list[str]:
    privacy = result.get("privacy", {})
    if not {"rho", "rho_left", "epsilon", "delta"} <= set(privacy):
        return []
    values = {name: f"{privacy[name]:.4g}" for name in ("rho", "epsilon", "delta")}
    return [word("cost.note", language, **values, left=f"{privacy['rho_left']:.4g}")]


def counted(shown: Result, name: str, language: Language) -> str:
    """Return a number in words, with its interval if it has one."""
    if shown.get(name) is None:
        return word("unknown", language)
    text = number(name, shown[name])
    if name == "people":
        text = word("person_of" if text == "1" else "people_of", language, people=text)
    if not shown.get(f"{name}_interval"):
        return text
    low, high = bounds(name, shown[f"{name}_interval"])
    return word("between", language, value=text, low=low, high=high)


def _generic(result: Result, language: Language) -> str:
    total = result.get("total") or {}
    if total.get("people") is None:
        return ""
    return word("sentence.generic", language, people=counted(total, "people", language))


def _overlap(result: Result, language: Language) -> str:
    return word("sentence.overlap", language, people=counted(result["total"], "people", language))


def _profile(result: Result, language: Language) -> str:
    known = [group for group in result["groups"] if group.get("tgi_index") is not None]
    if not known:
        return _overlap(result, language)
    most = max(known, key=lambda group: float(group["tgi_index"]))
    shown = {**most, "tgi_index_interval": most.get("tgi_interval")}
    return word(
        "sentence.profile",
        language,
        people=counted(result["total"], "people", language),
        label=inert("、".join(label_texts(most["key"].values()))),
        share=number("share", most["share"]),
        base=number("share", most["base_share"]),
        tgi=counted(shown, "tgi_index", language),
    )


def _aipl(result: Result, language: Language) -> str:
    people = counted(result["aipl_total"], "people", language)
    return word("sentence.aipl", language, people=people)


def _flow(result: Result, language: Language) -> str:
    found = result["conversion"]
    return word(
        "sentence.rate",
        language,
        part=number("people", found["people"]),
        whole=number("people", found["of"]),
        rate=counted(found, "rate", language),
    )


def _health(result: Result, language: Language) -> str:
    spend = result["purchasing_power"]
    return word(
        "sentence.health",
        language,
        people=counted(result["aipl_total"], "people", language),
        rate=counted(result["conversion"], "rate", language),
        measure=inert(str(spend["measure"])),
        mean=counted(spend, "mean", language),
    )


def _reach(result: Result, language: Language) -> str:
    if result["total"]["people"] is None:
        return word("sentence.reach_none", language)
    every = [one for one in result.get("campaigns", ()) if one["campaign"] == "all"]
    least = any(one.get("reach_lower_bound") for one in every)
    key = "sentence.reach_least" if least else "sentence.reach"
    return word(key, language, people=counted(result["total"], "people", language))


def _funnel(result: Result, language: Language) -> str:
    steps = result["total"].get("steps")
    if not steps:
        return _generic(result, language)
    first, last = steps[0], steps[-1]
    return word(
        "sentence.funnel",
        language,
        first=said(str(first["step"]), language),
        last=said(str(last["step"]), language),
        begun=counted(first, "people", language),
        ended=counted(last, "people", language),
    )


def _attribution(result: Result, language: Language) -> str:
    total = result["total"]
    if total.get("conversions") is None:
        attributed = counted(total, "attributed", language)
        return word("sentence.attributed", language, attributed=attributed)
    return word(
        "sentence.attribution",
        language,
        attributed=counted(total, "attributed", language),
        total=number("conversions", total["conversions"]),
    )


def chance(shown: Result, language: Language) -> str:
    """Return a p-value in words, nothing if there is none."""
    if shown.get("p_value") is None:
        return ""
    text = number("p_value", shown["p_value"])
    return word("below_p" if text.startswith("<") else "at_p", language, p=text.lstrip("< "))


def _lift(result: Result, language: Language) -> str:
    total = result["total"]
    if total.get("relative_lift") is None:
        return word("sentence.no_lift", language)
    effect = counted(total, "relative_lift", language)
    return word("sentence.lift", language, lift=effect, p=chance(total, language))


SENTENCES: Final[dict[str, Callable[[Result, Language], str]]] = {
    "overlap": _overlap,
    "profile": _profile,
    "aipl": _aipl,
    "aipl_flow": _flow,
    "health": _health,
    "reach_frequency": _reach,
    "funnel": _funnel,
    "attribution": _attribution,
    "lift": _lift,
}
