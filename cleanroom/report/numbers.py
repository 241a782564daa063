"""Write numbers the way a reader of their field expects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

_PERCENT = ("share", "lift", "share_up_to_cap")
_WHOLE = ("people", "impressions", "reach", "groups", "size", "_rows", "counted_up_to")
_GREEK = ("rho", "epsilon", "delta")
_COUNTS = ("conversions", "attributed")
_NEVER_NEGATIVE = (
    *("people", "conversions", "impressions", "share", "rate", "reach", "index"),
    *("attributed", "to_all"),
)


def number(name: str, value: float) -> str:
    """Return a number as text: counts whole, shares in percent, money with two decimals.

    ``name`` is the field, such as ``people``, ``sums.spend``, ``tgi_index`` or ``row_rate``.
    """
    leaf = _leaf(name)
    for fits, write in WAYS:
        if fits(name, leaf):
            return write(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _is_sum(name: str) -> bool:
    return name.startswith("sums.")


def _of_measure(name: str) -> bool:
    return "measures." in name


def _points(value: float) -> str:
    return f"{100 * value:+,.2f} pp"


Fits = Callable[[str, str], bool]
WAYS: Final[tuple[tuple[Fits, Callable[[float], str]], ...]] = (
    (lambda name, _: _is_sum(name), lambda value: f"{value:,.2f}"),
    (lambda _, leaf: leaf == "p_value", lambda v: "< 0.0001" if v < 0.0001 else f"{v:.4f}"),
    (lambda name, leaf: leaf == "difference" and not _of_measure(name), _points),
    (lambda _, leaf: leaf.endswith("rate"), lambda value: f"{100 * value:,.2f} %"),
    (lambda _, leaf: leaf.endswith(_PERCENT), lambda value: f"{100 * value:,.1f} %"),
    (lambda _, leaf: leaf.endswith("index"), lambda value: f"{value:,.1f}"),
    (lambda _, leaf: leaf.startswith(_GREEK), lambda value: f"{value:.4g}"),
    (lambda _, leaf: leaf.endswith(_WHOLE), lambda value: f"{value:,.0f}"),
)
"""How a field is written, by the first that fits; ``sums.rate`` is a measure of that name."""


def bounds(name: str, interval: Sequence[float]) -> tuple[str, str]:
    """Return both ends of an interval as text; what cannot be below zero is not shown there."""
    low, high = interval
    if _leaf(name).endswith(_NEVER_NEGATIVE) and not _is_sum(name):
        low, high = max(0.0, low), max(0.0, high)
    if _leaf(name).endswith(_COUNTS) and not _is_sum(name):
        return f"{low:,.0f}", f"{high:,.0f}"
    return number(name, float(low)), number(name, float(high))


def _leaf(name: str) -> str:
    return name.rsplit(".", 1)[-1]
