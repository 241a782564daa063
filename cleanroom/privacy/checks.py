"""Refuse numbers that the privacy mathematics must never see."""

import math
import sys
from typing import Final

from cleanroom.errors import InvalidInput

LARGEST_NUMBER: Final = 1e18
"""Bound on every real number that enters: what is larger is a mistake or an attack."""


def positive(name: str, value: float) -> float:
    """Return ``value`` if it is a positive, normal, finite number.

    Raises:
        InvalidInput: for NaN, infinity, zero, a negative or denormal number, a truth value, or
            anything that is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{name} must be a number")
    if not sys.float_info.min <= value <= LARGEST_NUMBER:
        raise InvalidInput(f"{name} must be positive, finite and at most {LARGEST_NUMBER:g}")
    return value


def non_negative(name: str, value: float) -> float:
    """Return ``value`` if it is zero or passes ``positive``."""
    if not isinstance(value, bool) and value == 0:
        return 0.0
    return positive(name, value)


def finite(name: str, value: float) -> float:
    """Return ``value`` if it is a finite number of either sign."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{name} must be a number")
    if not math.isfinite(value):
        raise InvalidInput(f"{name} must be finite")
    return value


def whole(name: str, value: int, least: int) -> int:
    """Return ``value`` if it is an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(f"{name} must be an integer of at least {least}")
    return value


def probability(name: str, value: float) -> float:
    """Return ``value`` if it lies strictly between 0 and 1."""
    if positive(name, value) >= 1:
        raise InvalidInput(f"{name} must be below 1")
    return value
