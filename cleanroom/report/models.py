"""Say and lay out what several attribution models make of the same conversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.report import Language, inert, said, word
from cleanroom.report.sentences import noise_notes
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.labels import label_text, label_texts
from cleanroom.words.numbers import number
from cleanroom.words.table import Cell, Table, cells

CONVERSIONS = "conversions"
MOST_NAMED = 3
"""Models that a sentence names before it counts the rest."""

Results = Sequence[Mapping[str, Any]]


def model_name(model: Mapping[str, Any], language: Language) -> str:
    """Return a model with its parameters: two half-lives are two models."""
    name = said(str(model.get("model", "")), language)
    rest = [_parameter(value) for key, value in model.items() if key != "model"]
    return f"{name} ({', '.join(rest)})" if rest else name


def _parameter(value: object) -> str:
    if isinstance(value, list | tuple):
        return " : ".join(f"{one:g}" for one in value)
    return inert(str(value))


def models_table(names: Sequence[str], results: Results) -> Table:
    """Return campaigns as rows, models as columns, then what nobody earned and all together."""
    by_model = [{_key(group): cells(group)[CONVERSIONS] for group in r["groups"]} for r in results]
    keys = tuple(dict.fromkeys(name for r in results for g in r["groups"] for name in g["key"]))
    campaigns = list(dict.fromkeys(key for found in by_model for key in found))
    rows = [(key, tuple(found.get(key, Cell(None)) for found in by_model)) for key in campaigns]
    groups = len(rows)
    for name, of in (("other", "other"), ("unattributed", "total"), ("attributed", "total")):
        line = tuple(
            _of(result, of, CONVERSIONS if name == "other" else name) for result in results
        )
        if any(cell.value is not None for cell in line):
            rows.append(((name, *("" for _ in keys[1:])), line))
    return Table("models", keys, tuple(names), tuple(rows), len(rows) - groups)


def _key(group: Mapping[str, Any]) -> tuple[str, ...]:
    return label_texts(group["key"].values())


def _of(result: Mapping[str, Any], part: str, name: str) -> Cell:
    return cells(result.get(part) or {}).get(name, Cell(None))


def models_sentence(names: Sequence[str], results: Results, language: Language) -> str:
    """Say who earns most under which model, and whose credit depends most on the choice.

    Models without a shown campaign are counted as such.  Nobody leads if the intervals of the first
    two overlap under one of the others, or if what is pooled there could be one campaign's.
    """
    leaders: dict[str, list[str]] = {}
    shown = [(name, one) for name, one in zip(names, results, strict=True) if one["groups"]]
    if not shown:
        return word("nothing", language)
    count = {"shown": len(shown), "count": len(results)}
    missing = word("models.missing", language, **count) if len(shown) < len(results) else ""
    for name, result in shown:
        best = _leader(result)
        if best is None:
            return f"{word('models.no_leader', language)}{missing}{_moves(results, language)}"
        leaders.setdefault(" · ".join(best), []).append(name)
    if len(leaders) == 1:
        key = "models.some_leader" if missing else "models.one_leader"
        first = word(key, language, campaign=inert(next(iter(leaders))), **count)
        return f"{first}{_moves(results, language)}"
    parts = [
        word("models.leader", language, campaign=inert(campaign), models=_named(of, language))
        for campaign, of in leaders.items()
    ]
    first = word("models.leaders", language, parts=word("models.between", language).join(parts))
    return f"{first}{missing}{_moves(results, language)}"


def _leader(result: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the campaign that earns most, None if the numbers do not tell it."""
    shown = [Estimate.read(group, CONVERSIONS) for group in result["groups"]]
    rivals = [Estimate.read(result["other"], CONVERSIONS)] if result.get("other") else []
    place = leading(shown, rivals)
    return None if place is None else _key(result["groups"][place])


def _named(names: Sequence[str], language: Language) -> str:
    """Return names in one line, the last joined by its own word; a long list is counted."""
    shown, rest = list(names[:MOST_NAMED]), len(names) - MOST_NAMED
    if rest > 0:
        between = word("models.comma", language)
        return word("models.and_more", language, names=between.join(shown), count=rest)
    return _listed(shown, language)


def _listed(names: Sequence[str], language: Language) -> str:
    """Return all names in one line, the last joined by its own word."""
    between, last = word("models.comma", language), word("models.and", language)
    return last.join(filter(None, (between.join(names[:-1]), names[-1])))


def _moves(results: Results, language: Language) -> str:
    """Return the campaign whose conversions surely differ most between the models.

    Nothing is said while a campaign is held back under one of them.
    """
    found: dict[tuple[str, ...], list[Estimate]] = {}
    for result in results:
        for group in result["groups"]:
            found.setdefault(_key(group), []).append(Estimate.read(group, CONVERSIONS))
    wide = list(found)
    pooled = any(result.get("other") for result in results)
    if pooled or any(len(every) < len(results) for every in found.values()):
        return ""
    place = leading([_apart(found[key]) for key in wide])
    if place is None or (_apart(found[wide[place]]).low or 0) <= 0:
        return ""
    most = found[wide[place]]
    low, high = (number(CONVERSIONS, end(one.value or 0 for one in most)) for end in (min, max))
    campaign = inert(" · ".join(wide[place]))
    key = "models.moves" if most[0].bound == "exact" else "models.moves_about"
    return word(key, language, campaign=campaign, low=low, high=high)


def _apart(every: Sequence[Estimate]) -> Estimate:
    """Return how far a campaign's conversions are apart between the models."""
    lows, highs = [one.low or 0 for one in every], [one.high or 0 for one in every]
    ends = (max(lows) - min(highs), max(highs) - min(lows))
    return Estimate(None, CONVERSIONS, None, None, ends)


def models_notes(names: Sequence[str], results: Results, language: Language) -> list[str]:
    """Return what to know of the noise, each model's own where they differ, and what all cost."""
    by_note: dict[str, list[str]] = {}
    for name, result in zip(names, results, strict=True):
        for note in noise_notes(result, language):
            by_note.setdefault(note, []).append(name)
    found = [
        note
        if len(of) == len(results)
        else word("models.note", language, models=_listed(of, language), note=note)
        for note, of in by_note.items()
    ]
    cost = sum(float(result.get("privacy", {}).get("rho", 0)) for result in results)
    if not cost:
        return found
    return [*found, word("models.cost", language, count=len(results), rho=f"{cost:.4g}")]


def models_spreadsheet(
    names: Sequence[str], results: Results
) -> tuple[list[str], list[list[object]]]:
    """Return header and rows for a CSV file: a line per campaign and model."""
    keys = tuple(dict.fromkeys(name for r in results for g in r["groups"] for name in g["key"]))
    ends = ("", "_sd", "_low", "_high")
    header = [*map(inert, keys), "model", *(f"{CONVERSIONS}{end}" for end in ends), "share"]
    rows: list[list[object]] = []
    for name, result in zip(names, results, strict=True):
        for group in result["groups"]:
            cell = cells(group)[CONVERSIONS]
            low, high = cell.interval or (None, None)
            labels = [inert(label_text(group["key"].get(key, ""))) for key in keys]
            line = [cell.value, cell.sd, low, high, group.get("share")]
            rows.append([*labels, name, *("" if one is None else one for one in line)])
    return header, rows
