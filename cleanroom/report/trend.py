"""Put answers of one question on several versions of the data beside each other, with intervals.

This only reads what was released, so it costs no privacy.  The noise of two answers is independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import hypot
from typing import Any

from cleanroom.errors import InvalidInput
from cleanroom.privacy.intervals import interval
from cleanroom.privacy.noise import QUANTILE_GAUSSIAN, QUANTILE_LAPLACE
from cleanroom.report import Language, inert
from cleanroom.report.sentences import is_rehearsal, noise_notes
from cleanroom.words.estimate import Estimate
from cleanroom.words.tell import tell

Result = Mapping[str, Any]
Key = tuple[tuple[str, Any], ...]

FIGURES = ("aipl_total", "conversion", "purchasing_power")
"""Numbers of assets beside the groups and the total, by their field."""


def trend(answers: Sequence[tuple[str, Result]]) -> dict[str, Any]:
    """Return answers beside each other, the oldest first, and how the last differs from the first.

    Laid out like a result: ``groups`` are those of every answer, ``answers`` the totals of each and
    ``changes`` the people of each group in the last answer less those in the first; ``change`` is
    that of all people, None where the question has no total of them.  Raises ``InvalidInput`` for
    fewer than two answers, and for answers of other questions or other noise.
    """
    _check(answers)
    (_, first), (_, last) = answers[0], answers[-1]
    begun, ended = _by_key(first), _by_key(last)
    quantile = QUANTILE_LAPLACE if _noise(first) == "discrete-laplace" else QUANTILE_GAUSSIAN
    changes = [
        {"key": dict(key), **_change(begun[key], ended[key], quantile).fields("people_change")}
        for key in ended
        if key in begun
    ]
    counted = all("people" in (one["total"] or {}) for one in (first, last))
    every = _change(first["total"], last["total"], quantile) if counted else None
    return {
        "template": first["template"],
        "receiver": first["receiver"],
        "privacy": {"noise": _noise(first)},
        **({"where": first["where"]} if "where" in first else {}),
        "groups": [
            {**group, "key": {**group["key"], "answer": name}}
            for name, result in answers
            for group in result["groups"]
        ],
        "other": None,
        "total": None,
        "answers": [{"key": {"answer": name}, **_figures(result)} for name, result in answers],
        "changes": changes,
        "change": every and every.fields("people_change"),
        "names": [name for name, _ in answers],
    }


def trend_sentence(found: Result, language: Language) -> str:
    """Say how many more or fewer people the last answer counts, or that the noise hides it."""
    names = found["names"]
    ends = {"first": str(names[0]), "last": str(names[-1])}
    if found["change"] is None:
        return tell(
            language,
            "{first} and {last} have no total of people; the changes are shown by group.",
            "{first} 与 {last} 没有总人数；各组的变化见下。",
            **ends,
        )
    change = Estimate.read(found["change"], "people_change", "more_people")
    if change.low is None or change.high is None:
        return tell(
            language,
            "What was released does not show how many more people {last} counts than {first}.",
            "已公布的数字不足以得出 {last} 与 {first} 的人数之差。",
            **ends,
        )
    if change.low <= 0 <= change.high and change.bound != "exact":
        return tell(
            language,
            "The noise hides whether {last} counts more people than {first}: {change}.",
            "噪声掩盖了 {last} 与 {first} 的人数之差：{change}。",
            change=change,
            **ends,
        )
    return tell(
        language,
        "People of {last} against {first}: {change}.",
        "{last} 与 {first} 相比的人数变化：{change}。",
        change=change,
        **ends,
    )


def trend_notes(found: Result, language: Language) -> list[str]:
    """Return what to know of numbers that stand beside each other."""
    if is_rehearsal(found):
        return noise_notes(found, language)
    return [
        *noise_notes(found, language),
        tell(
            language,
            "Every answer has noise of its own, and each change holds with 95 % by itself: of "
            "twenty that are nothing but noise, one looks real.",
            "每个结果的噪声相互独立，每项变化各自有 95 % 的把握：二十项纯噪声中约有一项看似真实。",
        ),
    ]


def _check(answers: Sequence[tuple[str, Result]]) -> None:
    names = [name for name, _ in answers]
    if len(answers) < 2 or len(set(names)) != len(names):  # noqa: PLR2004
        raise InvalidInput("a trend takes two or more answers, each once")
    name, first = answers[0]
    for other, result in answers[1:]:
        for field in ("template", "where", "receiver"):
            if result.get(field) != first.get(field):
                raise InvalidInput(f"{inert(other)} has a different {field} from {inert(name)}")
        if _noise(result) != _noise(first):
            raise InvalidInput(f"{inert(other)} has different noise from {inert(name)}")
        if _columns(result) != _columns(first) and result["groups"] and first["groups"]:
            raise InvalidInput(f"{inert(other)} has different groups from {inert(name)}")
    if any("people" not in group for _, result in answers for group in result["groups"]):
        raise InvalidInput(
            f"{first['template']} does not count people by group, so it has no trend"
        )


def _noise(result: Result) -> str:
    return str(result.get("privacy", {}).get("noise", "none"))


def _columns(result: Result) -> set[str]:
    return {name for group in result["groups"] for name in group["key"]}


def _by_key(result: Result) -> dict[Key, Result]:
    return {tuple(group["key"].items()): group for group in result["groups"]}


def _figures(result: Result) -> dict[str, Any]:
    """Return everybody of one answer, and its own figures under their names."""
    found = {name: value for name, value in result["total"].items() if name.startswith("people")}
    for name in FIGURES:
        if isinstance(result.get(name), Mapping):
            found[name] = {key: value for key, value in result[name].items() if key != "measure"}
    return found


def _change(before: Result, after: Result, quantile: float) -> Estimate:
    """Return the people after less those before; a range where one of them is a bound."""
    one, other = (Estimate.read(entry, "people", "people") for entry in (before, after))
    if one.value is None or other.value is None:
        return Estimate(None, "more_people")
    found = Estimate(other.value - one.value, "more_people")
    if one.sd is not None or other.sd is not None:
        sd = hypot(one.sd or 0, other.sd or 0)
        found = replace(found, sd=sd, interval=interval(other.value - one.value, sd, quantile))
    if one.bounds or other.bounds:
        low = None if other.low is None or one.high is None else other.low - one.high
        high = None if other.high is None or one.low is None else other.high - one.low
        found = replace(found, bounds=(low, high))
    return found
