"""Say who gets the credit of a conversion: the models, their parameters and the presets.

What each model means is in ``docs/reference/attribution-rules.md``; the arithmetic is in
``cleanroom.queries.credit.shares``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cleanroom.errors import InvalidInput
from cleanroom.queries.credit.ticks import parse_duration

QUANTA = 2520
"""A credit is counted in this many parts: the least number that 1 to 10 all divide."""

MAXIMUM_QUANTA = 1 << 20
"""Keeps conversions times parts inside a slot."""

MAXIMUM_CREDITS = 64
"""Longest credit vector of ``last_n``."""


class Model(StrEnum):
    """Name an attribution model."""

    LAST_TOUCH = "last_touch"
    FIRST_TOUCH = "first_touch"
    LAST_CLICK = "last_click"
    CLICK_THEN_VIEW = "click_then_view"
    LINEAR = "linear"
    LINEAR_DISTINCT = "linear_distinct"
    SHAPLEY = "shapley"
    TIME_DECAY = "time_decay"
    POSITION = "position"
    LAST_N = "last_n"
    MARKOV = "markov"
    SEQUENCE = "sequence"
    CHANNEL_PAIRS = "channel_pairs"

    @property
    def code(self) -> int:
        """Return the number that the compiled loops branch on."""
        return list(Model).index(self)


WINNER_MODELS = frozenset(
    {Model.LAST_TOUCH, Model.FIRST_TOUCH, Model.LAST_CLICK, Model.CLICK_THEN_VIEW, Model.MARKOV}
)
"""Models that give a conversion whole to one label."""

PATH_MODELS = frozenset({Model.MARKOV, Model.SEQUENCE, Model.CHANNEL_PAIRS})
"""Models whose labels are pairs of channels; one conversion per person."""

SEVEN_DAYS = parse_duration("7d")
ONE_DAY = parse_duration("1d")


@dataclass(frozen=True)
class Rule:
    """Hold one attribution rule, checked; durations are microseconds.

    ``quanta`` is Q, the parts that a conversion is cut into; 1 draws a single touch per piece
    with probability equal to its credit (the ``sampled`` profile).  ``by_action`` tells
    click-through from view-through: every campaign becomes two labels.  ``channels`` bounds the
    distinct channels of a person that ``channel_pairs`` counts, the most recent first.  Raise
    ``InvalidInput`` for whatever has no meaning.
    """

    model: Model
    click_window: int = SEVEN_DAYS
    view_window: int = SEVEN_DAYS
    strict: bool = False
    half_life: int | None = None
    weights: tuple[float, ...] = (40, 20, 40)
    credits: tuple[float, ...] = ()
    quanta: int = QUANTA
    by_action: bool = False
    channels: int = 4

    def __post_init__(self) -> None:
        if self.click_window < 0 or self.view_window < 0:
            raise InvalidInput("a window cannot be negative")
        if not 1 <= self.quanta <= MAXIMUM_QUANTA:
            raise InvalidInput(f"the parts of a credit must be 1 to {MAXIMUM_QUANTA}")
        if not 1 <= self.channels <= 16:
            raise InvalidInput("the channels per person must be 1 to 16")
        self._check_model()
        self._check_path()

    def _check_model(self) -> None:
        if self.model is Model.TIME_DECAY and (self.half_life is None or self.half_life <= 0):
            raise InvalidInput("time_decay needs a half_life longer than zero")
        if self.model is Model.POSITION:
            _check_weights(self.weights)
        if self.model is Model.LAST_N:
            _check_credits(self.credits)

    def _check_path(self) -> None:
        if self.model not in PATH_MODELS:
            return
        if self.by_action:
            raise InvalidInput(f"{self.model} cannot tell click-through from view-through")
        if self.click_window != self.view_window:
            raise InvalidInput(f"{self.model} needs one window for clicks and views")

    @property
    def units(self) -> int:
        """Return what the parts of one conversion add up to (1 for winners and for pairs)."""
        if self.model in WINNER_MODELS or self.model is Model.CHANNEL_PAIRS:
            return 1
        return self.quanta

    @property
    def one_conversion(self) -> bool:
        """Say whether only the first conversion of each person may enter."""
        return self.model in PATH_MODELS


def _check_weights(weights: Sequence[float]) -> None:
    if len(weights) != 3 or not all(math.isfinite(w) and w >= 0 for w in weights):
        raise InvalidInput("position needs three weights, none negative: first, middle, last")
    if not any(math.isclose(math.fsum(weights), whole, rel_tol=1e-9) for whole in (1, 100)):
        raise InvalidInput("the weights of position must add up to 1 or to 100")
    if weights[0] + weights[2] <= 0:
        raise InvalidInput("the weights of the first and the last touch cannot both be zero")


def _check_credits(credits: Sequence[float]) -> None:
    if not 1 <= len(credits) <= MAXIMUM_CREDITS:
        raise InvalidInput(f"last_n needs 1 to {MAXIMUM_CREDITS} credits, the most recent first")
    if not all(math.isfinite(c) and 0 < c <= 1e9 for c in credits):
        raise InvalidInput("every credit of last_n must be a number above 0, at most 10^9")


def _preset(model: Model, days: int) -> Rule:
    return Rule(model, click_window=days * ONE_DAY, view_window=ONE_DAY, strict=True)


PRESETS = {
    "meta:last_click_1d": _preset(Model.LAST_CLICK, 1),
    "meta:last_click_7d": _preset(Model.LAST_CLICK, 7),
    "meta:last_touch_1d": _preset(Model.CLICK_THEN_VIEW, 1),
    "meta:last_touch_7d": _preset(Model.CLICK_THEN_VIEW, 7),
}
"""Rules under the names that advertisers know from reports: strict windows, views for one day."""


def make_rule(
    model: str,
    *,
    window: str | None = None,
    click_window: str | None = None,
    view_window: str | None = None,
    boundary: str | None = None,
    half_life: str | None = None,
    weights: Sequence[float] | None = None,
    credits: Sequence[float] | None = None,
    profile: str = "exact",
    by_action: bool = False,
) -> Rule:
    """Read a job's fields; raise ``InvalidInput`` for what is unknown, missing or has no use.

    ``window`` stands for both windows (7 days unless told).  A preset fixes windows and boundary,
    so it takes neither.  A parameter that the model would ignore is refused, not ignored.
    """
    if profile not in ("exact", "sampled"):
        raise InvalidInput(f"unknown profile {profile!r}: exact or sampled")
    given = {"half_life": half_life, "weights": weights, "credits": credits}
    if model in PRESETS:
        if any(x is not None for x in (window, click_window, view_window, boundary)):
            raise InvalidInput(f"{model} fixes its windows and its boundary")
        _refuse_unused(model, given)
        return replace(PRESETS[model], by_action=by_action)
    if model not in list(Model):
        raise InvalidInput(f"unknown model {model!r}: one of {', '.join([*Model, *PRESETS])}")
    _refuse_unused(model, given)
    clicks, views = _windows(window, click_window, view_window)
    return Rule(
        Model(model),
        click_window=clicks,
        view_window=views,
        strict=_is_strict(boundary),
        half_life=None if half_life is None else parse_duration(half_life),
        weights=(40, 20, 40) if weights is None else tuple(weights),
        credits=() if credits is None else tuple(credits),
        quanta=1 if profile == "sampled" else QUANTA,
        by_action=by_action,
    )


USED_BY: Final = {
    "half_life": Model.TIME_DECAY,
    "weights": Model.POSITION,
    "credits": Model.LAST_N,
}
"""Parameters that one model alone uses."""
NEEDED: Final = ("half_life", "credits")
"""Those of them that this model cannot do without."""


def _refuse_unused(model: str, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value is not None and model != USED_BY[name]:
            raise InvalidInput(f"{name} belongs to {USED_BY[name]}, not to {model}")


def _windows(window: str | None, clicks: str | None, views: str | None) -> tuple[int, int]:
    if window is not None and not (clicks is None and views is None):
        raise InvalidInput("give window, or click_window and view_window, not both")
    both = SEVEN_DAYS if window is None else parse_duration(window)
    return (
        both if clicks is None else parse_duration(clicks),
        both if views is None else parse_duration(views),
    )


def _is_strict(boundary: str | None) -> bool:
    if boundary not in (None, "inclusive", "strict"):
        raise InvalidInput(f"unknown boundary {boundary!r}: inclusive or strict")
    return boundary == "strict"
