"""Notice identifiers that a program has made of others, made up, or mixed with those of devices.

Most columns have none of it, so that a few of their values are looked at first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.texts import Column, chosen, like, number_like, parts, some
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_RUN = 10
"""Numbers that follow each other, row by row, from which on that is hardly chance."""

_MOST = 0.8
"""The greatest share of them: where all count up, they are a block of one firm's, or a trial's."""

_FEWEST, _SHARE, _MANY = 3, 0.02, 50
"""Values of a kind that tell, their share of those looked at, and values that say what all are."""

_DEVICE = (
    r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|^\$device:|^GA1\.[0-9]\."
)
"""What analytics name a device, or a visit, by: UUIDs of Mixpanel, Segment and others."""

_CIPHER = "^(?:#.{20,}#[0-9]*#{0,2}|~.{20,}~[0-9]*~{0,2}|[$].{20,}[$][0-9]*[$]{0,2})$"
"""Ciphertexts of Douyin, Taobao and Pinduoduo: between signs, with the number of a key."""

_LOWERED = (
    "^o[0-9a-z_-]{27}$",
    "^(?:00[1356kqtu]|500|701|80[01])[0-9a-z]{12}(?:[0-9a-z]{3})?$",
)
"""WeChat's openid, and records of Salesforce, in small letters alone: some are capitals."""

_OPENID = "^o[A-Za-z0-9_-]{27}$"
_APP, _APPS, _OF_APPS = 6, 20, 0.9
"""The letters by which an openid says its app, the most apps of a file, and the share of all
openids that they have: values of others only look like such."""

_PLUS_LOST = "^(?:[A-Za-z0-9+/]{10,} [A-Za-z0-9+/ ]*|[A-Za-z0-9+/]* [A-Za-z0-9+/ ]{10,})={1,2}$"
"""Base64 of which + became a blank, as where a web address is decoded."""

_BLOCKED, _ALIKE, _INSIDE, _AT_END, _SIDES = 20, 0.95, 3, 4, 10
"""Numbers of one width that tell, the share of them with a digit that all have, such digits inside
and at the end, and different digits beside them."""

_LOST, _BY_CHANCE, _PARTLY, _SPREAD, _WIDEST = "00000", 1 / 5_000, 0.05, 2_000, 40
"""Zeros at the end that few numbers have, what share has them by chance at most, the share that
tells of other digits, how many of each part are looked at, and digits that no number has."""

_DIGITS_FOR_OTHERS = (
    f"^(?:[+]?86)?1[3-9][0-9](?:{'|'.join(f'{digit}{{4}}' for digit in range(10))}|1234)[0-9]{{4}}$"
)
"""A Chinese number with digits that masks are made of in the place of those that are hidden."""

_NEGATIVE = "^-[0-9]{1,10}$"
_BITS = ((16, 200), (32, 20))
"""Bits of integers that programs cast to, and how many numbers tell that they did."""

_POINTED = r"^[0-9]+\.[0-9]+$"


def counting_up(values: Column) -> pa.Array:
    """Return the numbers, in the order of their rows, of which ten or more count up by one."""

    def marks(part: pa.Array) -> pa.Array:
        numbers = pc.utf8_ltrim(part, "+").cast(pa.int64()).to_numpy()
        follows = np.diff(numbers, prepend=numbers[:1]) == 1
        begins = np.flatnonzero(~follows)
        lengths = np.diff(np.append(begins, len(numbers)))
        return pa.array(np.repeat(lengths >= _RUN, lengths))

    found = chosen(values, marks)
    return found if len(found) <= _MOST * len(values) else values[:0]


def same_digits(values: Column) -> pa.Array:
    """Return the telephone numbers with the same digits in the middle or at the end.

    Digits before and behind them vary: a block of one firm's has the same ones at its start.
    """
    groups = defaultdict(list)
    for one in some(values).to_pylist():
        groups[len(one), one[:3] if one.startswith("+") else ""].append(one)
    for (width, start), few in groups.items():
        block = _block(np.array(few).view("U1").reshape(-1, width)) if len(few) >= _BLOCKED else ""
        if block:
            return like(values, f"^{re.escape(start)}{block[len(start) :]}$")
    return _in_part(values)


def _in_part(values: Column) -> pa.Array:
    """Return numbers with a mask's digits inside, or one end, if many have them and differ else.

    Or those that end in five zeros, as what has lost digits does, if they are no chance.
    """
    spread = (np.arange(0, len(part), len(part) // _SPREAD + 1) for part in parts(values))
    taken = [part.take(rows) for part, rows in zip(parts(values), spread, strict=True)]
    few = pa.concat_arrays(taken or [values[:0]])
    ends = pc.value_counts(pc.utf8_slice_codeunits(few, -_AT_END, _WIDEST))
    least = max(_RUN, _PARTLY * len(few))
    counts = ends.field("counts")
    # Switchboards have many ends in 000; a mask has one, or two.
    third = np.sort(counts.to_numpy())[-3] if len(counts) > 2 else 0
    often = ends.field("values").filter(pc.greater_equal(counts, max(least, 3 * third)))
    for pattern in (_DIGITS_FOR_OTHERS, *(f"{end}$" for end in often.to_pylist())):
        found = like(few, pattern)
        if len(found) >= least and len(pc.unique(pc.utf8_slice_codeunits(found, 0, -8))) > 1:
            return like(values, pattern)
    zeros = chosen(values, lambda part: pc.ends_with(part, _LOST))
    return zeros if len(zeros) >= max(_FEWEST, _BY_CHANCE * len(values)) else values[:0]


def _block(signs: npt.NDArray[np.str_]) -> str:
    """Return the pattern of numbers, one a row of signs, that have such digits; empty if none."""
    usual: list[str] = []
    for column in signs.T:
        found, counts = np.unique(column, return_counts=True)
        often = counts.max() >= _ALIKE * len(signs)
        usual.append(str(found[counts.argmax()]) if often else ".")
    for run in re.finditer("[0-9]+", "".join(usual)):
        start, stop = run.span()
        at_end = stop == signs.shape[1]
        wide = stop - start >= (_AT_END if at_end else _INSIDE)
        sides = [signs[:, :start]] + ([] if at_end else [signs[:, stop:]])
        if wide and start and all(len(np.unique(one, axis=0)) >= _SIDES for one in sides):
            return "".join(["." * start, run[0], "." * (signs.shape[1] - stop)])
    return ""


def wrapped(values: Column) -> pa.Array:
    """Return the negative numbers, if all fit into an integer of so few bits, and reach its ends.

    Such an integer has no larger number than 2,147,483,647 and begins anew at the lowest one.
    """
    if number_like(some(values), _NEGATIVE) < _FEWEST:
        return values[:0]
    negative = like(values, _NEGATIVE)
    numbers = like(values, "^-?[0-9]{1,10}$").cast(pa.int64()).to_numpy()
    if len(numbers) < _ALIKE * len(values) or len(negative) < _SHARE * len(values):
        return values[:0]
    least, most = int(numbers.min()), int(numbers.max())
    for bits, fewest in _BITS:
        half = 1 << (bits - 1)
        if -half <= least < -(half >> 4) and half >> 4 < most < half and len(numbers) >= fewest:
            return negative
    return values[:0]


def of_devices(values: Column) -> pa.Array:
    """Return the numbers of devices or visits, if others are there as well."""
    few = some(values)
    devices = number_like(few, _DEVICE)
    least = max(_FEWEST, _SHARE * len(few))
    return like(values, _DEVICE) if least <= devices <= len(few) - least else values[:0]


def encrypted(values: Column) -> pa.Array:
    """Return the ciphertexts: who encrypts has one for an order, or a key of his own."""
    return _many(values, _CIPHER, _SHARE)


def plus_lost(values: Column) -> pa.Array:
    """Return the values in base64 that have blanks for +."""
    return _many(values, _PLUS_LOST, _SHARE)


def lowered(values: Column) -> pa.Array:
    """Return identifiers of WeChat or Salesforce, if all are in small letters."""
    found = (_many(values, pattern, 1) for pattern in _LOWERED if len(values) >= _MANY)
    return next((one for one in found if _have_letters(one)), values[:0])


def _have_letters(values: pa.Array) -> bool:
    """Tell whether nearly all values have letters: numbers alone are no capitals that were lost."""
    return len(values) > 0 and number_like(values, "[a-z]") >= _ALIKE * len(values)


def openids(values: Column) -> pa.Array:
    """Return the openids of WeChat of all apps but the one that has most, if there are several.

    A unionid looks like one of another app.
    """
    begins: Counter[str] = Counter()
    for part in parts(values):
        found = part.filter(pc.match_substring_regex(part, _OPENID))
        counts = pc.value_counts(pc.utf8_slice_codeunits(found, 0, _APP))
        begins.update({one["values"]: one["counts"] for one in counts.to_pylist()})
    apps = [one for one, count in begins.most_common(_APPS) if count >= _FEWEST]
    if len(apps) < 2 or sum(begins[one] for one in apps) < _OF_APPS * begins.total():
        return values[:0]
    return like(values, f"^(?:{'|'.join(apps[1:])}).{{{28 - _APP}}}$")


def without_last_zero(values: Column) -> pa.Array:
    """Return the numbers that lack digits behind their point, if none ends with 0: 12.1 of 12.10.

    All have such a point; a number of which a spreadsheet takes no zero is as long as the longest.
    """
    few = some(values).to_pylist()
    ends = [one.rpartition(".")[2] for one in few if re.search(_POINTED, one)]
    width = max(map(len, ends), default=0)
    short = sum(len(end) < width for end in ends)
    enough = (
        len(few) >= _MANY and len(ends) == len(few) and short >= max(_FEWEST, _SHARE * len(few))
    )
    if not enough or any(end.endswith("0") for end in ends):
        return values[:0]
    return like(values, rf"\.[0-9]{{0,{width - 1}}}$")


def _many(values: Column, pattern: str, share: float) -> pa.Array:
    """Return the values like a pattern, if they have a share of those that are looked at."""
    few = some(values)
    found = number_like(few, pattern)
    return like(values, pattern) if found >= max(_FEWEST, share * len(few)) else values[:0]
