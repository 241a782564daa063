"""Write numbers the way a reader of their field expects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final, NamedTuple

from cleanroom.words.units import unit_of


class Way(NamedTuple):
    """How a unit is written: times a scale, with so many decimals, before its sign."""

    decimals: int
    scale: int = 1
    sign: str = ""
    plus: str = ""
    negative: bool = False
    """Whether the truth can be below zero."""


WAYS: Final[dict[str, Way]] = {
    "people": Way(0),
    "events": Way(0),
    "groups": Way(0),
    "rows": Way(0),
    "share": Way(1, 100, " %"),
    "lift": Way(1, 100, " %", "+", True),
    "rate": Way(2, 100, " %"),
    "points": Way(2, 100, " pp", "+", True),
    "index": Way(1),
    "more_people": Way(1, 1, "", "+", True),
    "more_conversions": Way(1, 1, "", "+", True),
    "ratio": Way(2),
    "gain": Way(4),
    "sum": Way(2, negative=True),
    "number": Way(2, negative=True),
}
"""How the numbers of a unit are written; the others have a way of their own below."""


def number(name: str, value: float) -> str:
    """Return a number as text: counts whole, shares in percent, money with two decimals.

    ``name`` is the field, such as ``people``, ``sums.spend``, ``tgi_index`` or ``row_rate``.
    """
    return unit_text(unit_of(name), value)


def bounds(name: str, interval: Sequence[float]) -> tuple[str, str]:
    """Return both ends of an interval as text; what cannot be below zero is not shown there."""
    unit = unit_of(name)
    return end_text(unit, interval[0], up=False), end_text(unit, interval[1], up=True)


def unit_text(unit: str, value: float) -> str:
    """Return a number of a unit as text."""
    if unit in OTHERS:
        return OTHERS[unit](value)
    if unit == "number" and isinstance(value, int):
        return f"{value:,}"
    return _written(WAYS[unit], value, ROUND_HALF_EVEN)


def end_text(unit: str, value: float, *, up: bool) -> str:
    """Return an end of a range, rounded so that what is written holds the truth as well.

    Fractions are rounded outwards; a whole number lies in a range whichever way its ends are.
    """
    if unit == "conversions":
        return _written(Way(0), max(0.0, value), ROUND_CEILING if up else ROUND_FLOOR)
    if unit not in WAYS:
        return unit_text(unit, value)
    way = WAYS[unit]
    if not way.negative:
        value = max(0.0, value)
    outwards = ROUND_CEILING if up else ROUND_FLOOR
    return _written(way, value, outwards if way.decimals else ROUND_HALF_EVEN)


def _written(way: Way, value: float, rounding: str) -> str:
    # Beyond twelve digits there is noise of the floating point itself, which moves no end.
    exact = Decimal(f"{value * way.scale:.12g}") if rounding != ROUND_HALF_EVEN else None
    if exact is None or not exact.is_finite():
        return f"{value * way.scale:{way.plus},.{way.decimals}f}{way.sign}"
    rounded = exact.quantize(Decimal(1).scaleb(-way.decimals), rounding=rounding)
    return f"{rounded:{way.plus},.{way.decimals}f}{way.sign}"


def _conversions(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _chance(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


OTHERS: Final[dict[str, Callable[[float], str]]] = {
    "conversions": _conversions,
    "p_value": _chance,
    "privacy": lambda value: f"{value:.4g}",
}
