"""Turn columns of text into integers, exactly: measures, times and actions.

What a strict pattern accepts is converted in bulk; the rest once per distinct cell.  A cell that
cannot be used gets a reason, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.clock import (
    DAYS,
    OTHER_CALENDAR,
    UNITS,
    WITHOUT_DAY,
    YEAR_2000,
    NoTime,
    in_era,
    lacks_day,
    reader,
)
from cleanroom.ingest.identifiers.nothing import NO_OTHER_WORDS
from cleanroom.ingest.numbers import SHORTENED, cells_of, lost_digits, number
from cleanroom.ingest.seen import as_seen
from cleanroom.ingest.units import RECENT, SINCE_1960, fitting
from protocols.deferred import Deferred
from protocols.limits import VALUE_LIMIT

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.spec import ActionSpec, MeasureSpec, TimeSpec
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

MILLISECONDS = 10**10
"""A number of seconds from here on (the year 2286) is taken for milliseconds and refused."""

EARLIEST = 10**8
"""A number below (before March 1973) is not a count of seconds: a date, a day number or a blank."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DIGITS = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
# ISO 8601 means half an hour by T12.5; Python's parser reads half a second after 12.
_SHORT_FRACTION = re.compile(r"[T ]\d\d(?::?\d\d)?[.,]")
_ISO = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$"
_DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])(\d{4}(\d\d)?)?)?")
_DAY_NUMBER = range(10_000, 100_000)
_MEANT = "write 2026-06-04T12:30:00Z or Unix seconds, or declare format"
_DATE_IN_DIGITS = f"is a date written in digits: {_MEANT}"
_LONGEST = 64
_DATE_LENGTH = len("2026-06-04")
_FINER = "milliseconds or a finer unit"
_DATE_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{0,20})?")
_FURTHEST = 2**62

_NEITHER = (
    "is neither Unix seconds nor an ISO 8601 time: declare format and zone, "
    'such as "%Y/%m/%d %H:%M" and "Asia/Shanghai"'
)
_OFTEN_NONE = "is a time that programs write where there is none, such as 1970-01-01 or 0001-01-01"
_UTC = re.compile(r"(?<=[0-9])\s?(?:UTC|GMT|utc|Z|z)")
_OFFSET = re.compile(r"(?<=[0-9]) (?=[+-][0-9]{2}:?[0-9]{2}$)")

Unusable = NoTime
"""Why a cell cannot be used, as the end of a sentence that starts with its column."""


Fault = tuple[str, npt.NDArray[np.bool_]]
"""A reason, and for which rows it holds."""


@dataclass(frozen=True)
class Parsed:
    """Hold a parsed column; where a mask of ``faults`` is true, the value means nothing."""

    values: npt.NDArray[Any]
    faults: tuple[Fault, ...]


def _by_distinct(
    column: pa.Array, rows: npt.NDArray[np.int64], one: Callable[[str], int]
) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.int64]]]:
    """Apply ``one`` once per distinct cell of some rows; return values, and rows per reason."""
    odd = column.take(pa.array(rows)).dictionary_encode()
    values = np.zeros(len(odd.dictionary), dtype=np.int64)
    bad: dict[str, list[int]] = {}
    for index, cell in enumerate(odd.dictionary.to_pylist()):
        try:
            values[index] = one(cell)
        except Unusable as reason:
            bad.setdefault(str(reason), []).append(index)
    indices = odd.indices.to_numpy()
    return values[indices], {why: rows[np.isin(indices, which)] for why, which in bad.items()}


def _combine(
    name: str,
    column: pa.Array,
    values: npt.NDArray[np.int64],
    done: npt.NDArray[np.bool_],
    one: Callable[[str], int],
) -> Parsed:
    rows = np.flatnonzero(~done)
    if not len(rows):
        return Parsed(values, ())
    values = values.copy()
    values[rows], bad = _by_distinct(column, rows, one)
    faults = []
    for reason, where in bad.items():
        mask = np.zeros(len(values), dtype=np.bool_)
        mask[where] = True
        faults.append((f"{name} {reason}", mask))
    return Parsed(values, tuple(faults))


def _scaled(text: pa.Array, pattern: str, decimals: int) -> tuple[pa.Array, pa.Array]:
    """Return integers for the cells that match a plain decimal, 0 elsewhere, and the match."""
    plain = pc.match_substring_regex(text, pattern)
    kind = pa.decimal128(38, decimals)
    exact = pc.if_else(plain, text, "0").cast(kind)
    # A decimal128 is a little-endian integer of 16 bytes; these ones fit the lower 8.
    words = np.frombuffer(exact.buffers()[1], dtype="<i8")
    start = 2 * exact.offset
    return words[start : start + 2 * len(exact) : 2], plain.to_numpy(zero_copy_only=False)


def _measure_cell(cell: str, decimals: int) -> int:
    value = number(cell)
    with localcontext(prec=2500):
        if lost_digits(value, cell).scaleb(decimals) > 1:
            raise Unusable(SHORTENED)
        scaled = value.scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise Unusable(
                f"has more than {decimals} decimals: round it on export, or declare more"
            )
        return int(max(min(scaled, Decimal(VALUE_LIMIT)), Decimal(-VALUE_LIMIT)))


def parse_measure(column: pa.Array, spec: MeasureSpec) -> Parsed:
    """Return scaled integers: ``19.99`` with two decimals is 1999, without ever being a float.

    Magnitudes from 2^61 on are cut to 2^61, which every declared range clamps or rejects.
    """
    text = cells_of(column)
    fraction = rf"(\.\d{{1,{spec.decimals}}}0{{0,9}})?" if spec.decimals else r"(\.0{1,9})?"
    pattern = rf"^-?\d{{1,{18 - spec.decimals}}}{fraction}$"
    values, done = _scaled(text, pattern, spec.decimals)
    return _combine(
        spec.column, text, values, done, lambda cell: _measure_cell(cell, spec.decimals)
    )


def parse_bucket(column: pa.Array, name: str, edges: Sequence[Decimal]) -> Parsed:
    """Return the place of the last edge that is not above each number, ``len(edges)`` for no cell.

    Numbers are compared exactly: cut down to nine decimals, of which no edge has more.
    """
    text = cells_of(column)
    empty = pc.equal(text, "").to_numpy(zero_copy_only=False)
    values, done = _scaled(text, r"^-?\d{1,9}(\.\d{1,9})?$", BUCKET_DECIMALS)
    finite = [edge for edge in edges if edge.is_finite()]
    found = _combine(name, text, values, done | empty, partial(_bucket_cell, edges=finite))
    limits = [int(edge.scaleb(BUCKET_DECIMALS)) for edge in finite]
    place = np.searchsorted(np.array(limits, dtype=np.int64), found.values, side="right")
    place = place - (len(limits) == len(edges))
    below = (f"{name} is below the first edge", (place < 0) & ~empty)
    return Parsed(np.where(empty, len(edges), place).astype(np.int32), (*found.faults, below))


def _bucket_cell(cell: str, edges: Sequence[Decimal]) -> int:
    value = number(cell)
    with localcontext(prec=2500):
        lost = lost_digits(value, cell)
        if any(value - lost < edge < value + lost or edge == value for edge in edges if lost):
            raise Unusable(SHORTENED)
        scaled = value.scaleb(BUCKET_DECIMALS)
        return int(max(min(scaled, Decimal(VALUE_LIMIT)), Decimal(-VALUE_LIMIT)).__floor__())


BUCKET_DECIMALS = 9


def _seconds_cell(cell: str, latest: int) -> int:
    value = number(cell)
    if lost_digits(value, cell) > 1:
        raise Unusable(SHORTENED)
    if _DATE.fullmatch(cell):
        raise Unusable(_DATE_IN_DIGITS)
    if value < EARLIEST:
        day = int(value) in _DAY_NUMBER
        what = "the day number of a spreadsheet" if day else "before 1973 if read as Unix seconds"
        raise Unusable(f"is {what}: {_MEANT}")
    if value >= MILLISECONDS:
        raise Unusable(f"is not a time in seconds, but fits {fitting(value, latest) or _FINER}")
    with localcontext(prec=2500):
        return int((value.scaleb(6)).__floor__())


def _with_offset(cell: str) -> str:
    """Write UTC, and a blank before an offset, as ISO 8601 does."""
    utc = _UTC.search(cell)
    return (
        cell[: utc.start()] + "+00:00" if utc and utc.end() == len(cell) else _OFFSET.sub("", cell)
    )


def _time_cell(cell: str, spec: TimeSpec, latest: int) -> int:
    if not cell or _DIGITS.fullmatch(cell):
        return _seconds_cell(cell, latest)
    if _SHORT_FRACTION.search(cell):
        raise Unusable(_NEITHER)
    try:
        moment = datetime.fromisoformat(_with_offset(cell))
    except ValueError:
        lost = WITHOUT_DAY if lacks_day(cell) else _NEITHER
        lost = OTHER_CALENDAR if in_era(cell) else lost
        raise Unusable(NO_OTHER_WORDS.reason(cell) or lost) from None
    if moment.tzinfo is not None:
        return (moment - _EPOCH) // _MICROSECOND
    if len(cell) <= _DATE_LENGTH:
        raise Unusable(
            "is a day without a time, as some programs write midnight: write 00:00:00 behind it;"
            ' if all are days, declare format = "%Y-%m-%d" and zone'
        )
    if spec.clock is None:
        raise Unusable('has no offset from UTC: declare zone, such as "Asia/Shanghai"')
    return spec.clock.instant(moment)


def _declared_cell(read: Callable[[str], int], cell: str, counted: str, latest: int) -> int:
    if not cell:
        raise Unusable("is empty")
    if len(cell) > _LONGEST:
        raise Unusable("is longer than any time")
    if counted:
        _check_unit(cell, counted, read, latest)
    try:
        moment = read(cell)
    except NoTime:
        nothing = NO_OTHER_WORDS.reason(cell)
        if nothing is None:
            raise
        raise Unusable(nothing) from None
    if moment < EARLIEST * 10**6:
        raise Unusable(_OFTEN_NONE)
    return min(moment, _FURTHEST)


def _check_unit(cell: str, counted: str, read: Callable[[str], int], latest: int) -> None:
    """Raise ``Unusable`` for a number that is a time in another unit than the declared one."""
    if _NUMBER.fullmatch(cell) is None:
        return
    fits: str | None = None
    if _DATE.fullmatch(cell):
        form = _DATE_FORMATS.get(len(cell))
        fits = f'a date in digits: declare format = "{form}"' if form else "a month without a day"
    elif not EARLIEST * 10**6 <= _or_none(read, cell) <= latest:
        fits = fitting(Decimal(cell), latest)
    if fits:
        raise Unusable(f"is not a time in {counted}, but fits {fits}")


def _or_none(read: Callable[[str], int], cell: str) -> int:
    try:
        return read(cell)
    except NoTime:
        return 0


def parse_time(column: pa.Array, spec: TimeSpec | str, latest: int) -> Parsed:
    """Return microseconds since 1970; finer parts are cut off.

    ``spec`` is a column's name alone or with a format and a zone.  Without a format: Unix seconds
    from ``EARLIEST`` on, or ISO 8601 with an offset or in the declared zone.  Later than
    ``latest`` (microseconds) is refused, and so are 1970-01-01T00:00:00 and all before.
    """
    if isinstance(spec, str):
        from cleanroom.ingest.spec import TimeSpec  # noqa: PLC0415 (slow to import)

        spec = TimeSpec(column=spec)
    parsed = _parse_instants(column) if pa.types.is_timestamp(column.type) else None
    parsed = parsed or _parse_times(column, spec, latest)
    name, empty = spec.column, _nulls(column)
    bad = empty | np.logical_or.reduce([mask for _, mask in parsed.faults] or [empty])
    none, late = (parsed.values <= 0) & ~bad, parsed.values > latest
    faults = ((f"{name} is empty", empty), *parsed.faults, (f"{name} {_OFTEN_NONE}", none))
    if spec.format is None:
        numbers = _late_numbers(name, column, parsed.values, latest)
        faults = (*faults, *numbers)
        late = late & ~np.logical_or.reduce([mask for _, mask in numbers] or [empty & ~empty])
    abroad = late & _in_other_years(parsed.values, spec, latest)
    faults = (*faults, (f"{name} {OTHER_CALENDAR}", abroad))
    faults = (*faults, (f"{name} is in the future", late & ~abroad))
    return Parsed(parsed.values, _each_reason_once(faults))


_BUDDHIST = 198_327 * 86_400 * 10**6
"""543 years, by which the Buddhist calendar is ahead, in microseconds."""


def _in_other_years(
    values: npt.NDArray[np.int64], spec: TimeSpec, latest: int
) -> npt.NDArray[np.bool_]:
    """Tell which times are recent ones with a Buddhist year; numbers have no years."""
    recent = values - _BUDDHIST
    found: npt.NDArray[np.bool_] = (recent >= YEAR_2000 * 10**6) & (recent <= latest)
    return found & (spec.format not in {*UNITS, DAYS})


_SAS = "is not a time in seconds, but fits seconds since 1960 (SAS): export it as text"
_HOUR = r"^20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])$"


def _late_numbers(
    name: str, column: pa.Array, values: npt.NDArray[np.int64], latest: int
) -> tuple[Fault, ...]:
    """Return the numbers that lie in the future as Unix seconds, and not as something else."""
    late = values > latest
    if not late.any() or not pa.types.is_string(column.type):
        return ()
    text = cells_of(column)
    hours, numbers = (
        late & pc.match_substring_regex(text, shape).to_numpy(zero_copy_only=False)
        for shape in (_HOUR, r"^[0-9]+(\.[0-9]*)?$")
    )
    since = values - SINCE_1960 * 10**6
    recent = (since <= latest) & (since >= latest - RECENT * 10**6)
    return (f"{name} {_DATE_IN_DIGITS}", hours), (f"{name} {_SAS}", numbers & recent & ~hours)


def _each_reason_once(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    merged: dict[str, npt.NDArray[np.bool_]] = {}
    for why, mask in faults:
        merged[why] = merged[why] | mask if why in merged else mask
    return tuple(merged.items())


def _nulls(column: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return found


def _parse_instants(column: pa.Array) -> Parsed:
    return Parsed(pc.fill_null(column.cast(pa.int64()), 0).to_numpy(), ())


def _parse_times(column: pa.Array, spec: TimeSpec, latest: int) -> Parsed:
    text = cells_of(column)
    if spec.format is not None:
        counted = spec.format if spec.format in (*UNITS, DAYS) else ""
        read = reader(spec.format, spec.clock)
        one = partial(_declared_cell, read, counted=counted, latest=latest)
        nothing = np.zeros(len(text), dtype=np.int64)
        return _combine(spec.column, text, nothing, nothing > 0, one)
    values, done = _scaled(text, r"^[1-9]\d{8,9}(\.\d{1,6}0{0,9})?$", 6)
    iso = pc.match_substring_regex(text, _ISO)
    if pc.any(iso).as_py():
        moments, right = _iso_times(pc.if_else(iso, text, "1970-01-01T00:00:00Z"))
        values = np.where(iso.to_numpy(zero_copy_only=False), moments, values)
        done = done | (iso.to_numpy(zero_copy_only=False) & right)
    return _combine(spec.column, text, values, done, partial(_time_cell, spec=spec, latest=latest))


def _iso_times(text: pa.Array) -> tuple[npt.NDArray[np.int64], bool]:
    try:
        moments = text.cast(pa.timestamp("us", tz="UTC"))
    except pa.ArrowInvalid:  # a thirteenth month somewhere: each cell is looked at alone
        return np.zeros(len(text), dtype=np.int64), False
    return moments.cast(pa.int64()).to_numpy(), True


def parse_action(column: pa.Array, spec: ActionSpec) -> Parsed:
    """Return 1 for a click and 0 for a view; any other value is unusable."""
    cells = cells_of(column).dictionary_encode()
    seen = [as_seen(cell) for cell in cells.dictionary.to_pylist()]
    text = pa.array(seen, pa.string()).take(cells.indices)
    click = pc.equal(text, spec.click).to_numpy(zero_copy_only=False)
    view = pc.equal(text, spec.view).to_numpy(zero_copy_only=False)
    fault = (f"{spec.column} is neither the click's nor the view's value", ~(click | view))
    return Parsed(click.astype(np.uint8), (fault,))
