"""Choose the picture that fits a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cleanroom.drawing.canvas import Panel, draw, panel, words_at
from cleanroom.drawing.groups import group_bars
from cleanroom.drawing.sheets import WIDE, Sheet, drawn_on
from cleanroom.drawing.style import SOFT
from cleanroom.errors import InvalidInput
from cleanroom.queries.attribution.chart import models
from cleanroom.queries.registry import find_chart
from cleanroom.report import Language, said, shorten, word
from cleanroom.report.charts.budget import budget_line
from cleanroom.report.charts.spending import spending
from cleanroom.report.models import models_notes, models_sentence
from cleanroom.report.sentences import is_rehearsal, notes, sentence
from cleanroom.report.spending import spend_notes, spend_sentence


def picture(result: Mapping[str, Any], language: Language = "en", on: Sheet = WIDE) -> str:
    """Return a result as SVG: heading, answer, picture, notes.

    Labels are data and stay text.  Raises ``InvalidInput`` for a job that has no result.
    """
    if result.get("status", "SUCCESS") != "SUCCESS":
        raise InvalidInput("Only a job that succeeded has a picture.")
    title = said(f"template.{result.get('template', '')}", language)
    heading = " · ".join((title, shorten(str(result.get("name", "")), 60)))
    mark = word("rehearsal", language) if is_rehearsal(result) else ""
    chart = find_chart(str(result.get("template"))) or group_bars
    with drawn_on(on):
        found = chart(result, language) or [_nothing(language)]
        return draw(heading, sentence(result, language), found, notes(result, language), mark)


def models_picture(
    results: Sequence[Mapping[str, Any]],
    language: Language = "en",
    names: Sequence[str] = (),
    on: Sheet = WIDE,
) -> str:
    """Return several attribution results of the same conversions as one SVG, model by model.

    ``names`` are those of the models, in the results' order, where the results do not tell them
    apart.
    """
    if not results or any(result.get("template") != "attribution" for result in results):
        raise InvalidInput("Only results of attribution stand side by side.")
    called = list(names) or [said(str(one.get("model", "")), language) for one in results]
    answer = models_sentence(called, results, language)
    mark = word("rehearsal", language) if any(map(is_rehearsal, results)) else ""
    title = word("models.title", language)
    with drawn_on(on):
        found = models(called, results, language) or [_nothing(language)]
        return draw(title, answer, found, models_notes(called, results, language), mark)


def spend_picture(plan: Mapping[str, Any], language: Language = "en", on: Sheet = WIDE) -> str:
    """Return a plan of spending as SVG: a curve per campaign, today's split and the suggested."""
    mark = word("rehearsal", language) if is_rehearsal(plan) else ""
    title, answer = word("spend.title", language), spend_sentence(plan, language)
    with drawn_on(on):
        return draw(title, answer, spending(plan, language), spend_notes(plan, language), mark)


def budget_picture(
    points: Sequence[tuple[datetime, float]],
    budget: float,
    language: Language = "en",
    on: Sheet = WIDE,
) -> str:
    """Return the spending of a room's privacy budget as SVG; points as in ``budget_line``."""
    spent = points[-1][1] if points else 0.0
    numbers = {"spent": spent, "budget": budget, "left": budget - spent}
    texts = {name: f"{value:.4g}" for name, value in numbers.items()}
    sentence = word("budget.sentence", language, **texts)
    title = word("budget.title", language)
    with drawn_on(on):
        return draw(title, sentence, budget_line(points, budget, language), ())


def _nothing(language: Language) -> Panel:
    return panel([words_at([(0.0, 10.0, word("nothing", language))], color=SOFT)], 24)
