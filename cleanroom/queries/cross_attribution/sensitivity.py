"""Bound what one person can change in an answer to cross attribution."""

from __future__ import annotations

from cleanroom.privacy.checks import whole
from cleanroom.queries.sensitivity import Bounds, Sensitivity, over, tables


def cross_attribution(max_conversions: int, bounds: Bounds) -> Sensitivity:
    """Derive ``cross_attribution``: credit of at most m conversions, each divided into parts.

    A person of the hub adds m conversions, whose parts add up to one each: m, all in one cell at
    worst.  A person of a platform joins s others that share a conversion: it gains 1 / (s + 1) and
    they lose as much together, which is 1 at most, or takes a conversion that was nobody's, 1.
    People are counted in the same parts: honestly by one conversion, but a changed agent of the
    hub may let all m of them count, so this is m, too.
    """
    most = float(whole("conversions per person", max_conversions, 1))
    return Sensitivity(tables(1, most), over(1, bounds))
