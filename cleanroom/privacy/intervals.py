"""Say how far noise may have moved a released number.

The intervals cover the noise alone, at 95 %; sampling error is the reader's own (``combined_sd``
joins it).  Ratios use Fieller's theorem (Fieller 1954, Journal of the Royal Statistical Society
B 16, 175-185), which holds its level where the delta method fails: near a denominator of zero.
"""

import math
from typing import Final

from cleanroom.privacy.checks import finite, non_negative, whole
from cleanroom.privacy.noise import QUANTILE_GAUSSIAN, NoiseSpec

Interval = tuple[float, float]
"""Lower and upper end, both included."""

INDEX: Final = 100.0
"""The target group index (TGI) of a label that is as frequent as in the base."""


def released_sd(noise: NoiseSpec, cells: int = 1, givers: int = 1) -> float:
    """Return the standard deviation of a released number that sums up ``cells`` cells.

    The mediator adds one share to every cell (it needs them for the threshold), and each of
    ``givers``, the parties that do not receive, one share to the number that leaves:
    sqrt(cells + givers) shares, sqrt(2) for a plain group of two parties.
    """
    return noise.sd * math.sqrt(whole("cells", cells, 1) + whole("givers", givers, 1))


def combined_sd(*sds: float) -> float:
    """Return the standard deviation of a sum of independent errors."""
    return math.hypot(*(non_negative("standard deviation", sd) for sd in sds))


def interval(value: float, sd: float, quantile: float = QUANTILE_GAUSSIAN) -> Interval:
    """Return value +- quantile standard deviations; pass ``NoiseSpec.quantile``.

    For whole numbers the grid moves the true coverage up to three points to either side of 95 %
    from a sigma of 2 on, and further below that.
    """
    half = quantile * non_negative("standard deviation", sd)
    return finite("value", value) - half, value + half


def difference_interval(
    a: float, a_sd: float, b: float, b_sd: float, *, quantile: float = QUANTILE_GAUSSIAN
) -> Interval:
    """Return the interval of a - b, two numbers with independent noise."""
    return interval(finite("value", a) - finite("value", b), combined_sd(a_sd, b_sd), quantile)


def ratio_interval(
    a: float,
    a_sd: float,
    b: float,
    b_sd: float,
    *,
    covariance: float = 0.0,
    quantile: float = QUANTILE_GAUSSIAN,
) -> Interval | None:
    """Return Fieller's interval of a / b.

    ``covariance`` is that of the two numbers' noise, ``a_sd ** 2`` where b contains a.  None if
    the noise does not tell the denominator from zero: then no bounded interval is right.
    """
    for name, number in (("a", a), ("b", b), ("covariance", covariance)):
        finite(name, number)
    scaled = quantile * quantile
    spread_a = scaled * non_negative("standard deviation", a_sd) ** 2
    spread_b = scaled * non_negative("standard deviation", b_sd) ** 2
    leading = b * b - spread_b
    if leading <= 0:
        return None
    middle = a * b - scaled * covariance
    # Not negative while leading is positive and |covariance| <= a_sd b_sd, but for rounding.
    root = math.sqrt(max(0.0, middle * middle - leading * (a * a - spread_a)))
    return (middle - root) / leading, (middle + root) / leading


def share_interval(
    part: float,
    part_sd: float,
    total: float,
    total_sd: float,
    *,
    quantile: float = QUANTILE_GAUSSIAN,
) -> Interval | None:
    """Return the interval of part / total, where the total is a sum with the part in it."""
    return ratio_interval(part, part_sd, total, total_sd, covariance=part_sd**2, quantile=quantile)


def share_sd(part: float, part_sd: float, total: float, total_sd: float) -> float | None:
    """Return the delta method's standard deviation of part / total, a sum with the part in it.

    None for a total that is not positive.
    """
    if finite("total", total) <= 0:
        return None
    share = finite("part", part) / total
    variance = part_sd**2 - 2 * share * part_sd**2 + (share * total_sd) ** 2
    return math.sqrt(max(0.0, variance)) / total


def tgi_interval(
    share: float,
    sd: float,
    base_share: float,
    base_sd: float,
    *,
    quantile: float = QUANTILE_GAUSSIAN,
) -> Interval | None:
    """Return the interval of ``tgi_index`` = 100 share / base_share.

    The standard deviations come from ``share_sd``, 0 for a public base; overlap and base carry
    independent noise.  None if the base share may be zero.
    """
    bounds = ratio_interval(share, sd, base_share, base_sd, quantile=quantile)
    return bounds and (INDEX * bounds[0], INDEX * bounds[1])


def relative_lift_interval(
    test: float,
    test_sd: float,
    control: float,
    control_sd: float,
    *,
    quantile: float = QUANTILE_GAUSSIAN,
) -> Interval | None:
    """Return the interval of test / control - 1, two rates of disjoint groups of people.

    Pass standard deviations that join sampling and privacy noise (``combined_sd``).
    """
    bounds = ratio_interval(test, test_sd, control, control_sd, quantile=quantile)
    return bounds and (bounds[0] - 1, bounds[1] - 1)
