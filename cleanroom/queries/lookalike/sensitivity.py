"""Bound what one person can change in an answer to lookalike."""

from __future__ import annotations

import math

from cleanroom.privacy.checks import whole
from cleanroom.privacy.noise import Delta
from cleanroom.queries.sensitivity import Sensitivity, tables


def lookalike(scale: int, dimensions: int) -> Sensitivity:
    """Derive ``lookalike``: a vector clipped to norm 1, times ``scale``, floored to integers.

    Flooring moves each coordinate by less than 1, so the norm is below scale + sqrt(dimensions),
    and L1 at most sqrt(dimensions) times that (Cauchy and Schwarz).  The seed's size is a count: 1.
    """
    root = math.sqrt(whole("dimensions", dimensions, 1))
    norm = whole("scale", scale, 1) + root
    return Sensitivity(tables(1), {"features": Delta(root * norm, norm)})
