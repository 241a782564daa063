"""Answer a question in one sentence, and say what stands under every result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cleanroom.report import TABLE, Language, inert, said, word
from cleanroom.report.conditions import written_in_words
from cleanroom.words.estimate import Estimate
from cleanroom.words.numbers import number
from cleanroom.words.table import has_intervals
from cleanroom.words.tell import tell

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
    """Return the answer in words, and whom it counts if that is not everybody.

    The English one was kept with the result; its template makes the other from the same numbers.
    """
    if language == "en":
        return inert(str(result.get("sentence", "")))
    from cleanroom.queries.registry import find_template  # noqa: PLC0415 (slow to import)

    found = find_template(str(result.get("template")))
    made = found.sentence(result, language) if found else _generic(result, language)
    return made + restricted(result, language)


def notes(result: Result, language: Language) -> list[str]:
    """Return what a reader must know of the numbers: noise, threshold, what is held back, cost."""
    return [
        *noise_notes(result, language),
        *_cut(result, language),
        *_costs(result, language),
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
        key = "rehearsal.ranges" if _has_intervals(result) else "rehearsal.note"
        return [word(key, language)]
    kind = said(f"noise.{privacy['noise']}", language)
    own = f"noise.note.{result.get('template')}"
    found = [word(own if own in TABLE else "noise.note", language, noise=kind)]
    if is_rehearsal(result):
        found.append(word("rehearsal.k", language, k=privacy.get("k", 1)))
    if privacy.get("tau") is not None:
        other = giver(result, language)
        values = {"tau": f"{privacy['tau']:,}", "k": f"{privacy['k']:,}", "other": other}
        found.append(word("threshold.note", language, **values))
    return found


def giver(result: Result, language: Language) -> str:
    """Return who is not the receiver: by name where the answer has it, else by role."""
    receiver = str(result.get("receiver", "brand"))
    named = result.get("members") or result.get("parties") or {}
    others = [name for side, name in named.items() if side not in (receiver, name)]
    if others:
        return inert(", ".join(others))
    return word(f"other.{OTHER.get(receiver, 'brand')}", language)


OTHER: Final = {"brand": "platform", "platform": "brand"}


def _has_intervals(result: Result) -> bool:
    return any(map(has_intervals, result.get("groups", ())))


def _cut(result: Result, language: Language) -> list[str]:
    """Say of each measure how many values count as its bound: no interval covers what they lost.

    Whoever does not know the file is told the bounds alone.
    """
    quality, declared = result.get("quality") or {}, result.get("declared") or {}
    cut, side = quality.get("cut") or {}, declared.get("side")
    found = [
        word("cut.note", language, measure=inert(name), count=f"{count:,}")
        for name, count in cut.items()
    ]
    if f"{side}_rows" in quality:
        return found
    owner = (result.get("parties") or {}).get(side, side)
    for name, ends in declared.get("bounds", {}).items():
        low, high = (number("sum", end) for end in ends)
        values = {"measure": inert(name), "low": low, "high": high, "owner": inert(str(owner))}
        found.append(word("cut.unknown", language, **values))
    return found


def _costs(result: Result, language: Language) -> list[str]:
    """Name what a cost was given for and the answer has no number of."""
    unmatched = result.get("unmatched_costs")
    if not unmatched:
        return []
    comma = ", " if language == "en" else "、"
    shown = [str(name) for group in result["groups"] for name in list(group["key"].values())[:1]]
    names = {"names": unmatched, "shown": list(dict.fromkeys(shown))}
    values = {name: comma.join(map(inert, some)) for name, some in names.items()}
    held = (result.get("suppressed") or {}).get("groups") or not shown
    return [word("costs.held_back" if held else "costs.unknown", language, **values)]


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


def _generic(result: Result, language: Language) -> str:
    total = result.get("total") or {}
    if total.get("people") is None:
        return ""
    people = Estimate.read(total, "people", "people")
    return tell(language, "In all: {people}.", "合计 {people}。", people=people)
