"""Cells to integers: exact decimals, moments, and every reason for leaving one out."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanroom.ingest.identifiers.nothing import ERROR, WORD
from cleanroom.ingest.numbers import INFINITE, NEGATIVE, SEPARATED, WITH_LETTERS
from cleanroom.ingest.parse import parse_measure, parse_time
from cleanroom.ingest.spec import DatasetSpec, MeasureSpec

NOON = 1_780_315_200
LATEST = (NOON + 86_400) * 1_000_000


def too_many(decimals):
    return f"m has more than {decimals} decimals: round it on export, or declare more"


MANY = too_many(2)


def measure(cell, decimals=2):
    spec = MeasureSpec(column="m", max=1, decimals=decimals)
    parsed = parse_measure(pa.array([cell, "0"], type=pa.string()), spec)
    bad = [reason for reason, mask in parsed.faults if mask[0]]
    assert not any(mask[1] for _, mask in parsed.faults)
    assert parsed.values[1] == 0
    return bad[0] if bad else int(parsed.values[0])


def moment(cell):
    column = cell if isinstance(cell, pa.Array) else pa.array([cell, "100000000"], type=pa.string())
    parsed = parse_time(column, "ts", LATEST)
    bad = [reason for reason, mask in parsed.faults if mask[0]]
    assert not any(mask[1] for _, mask in parsed.faults if len(mask) > 1)
    return bad[0] if bad else int(parsed.values[0])


NEITHER = (
    "ts is neither Unix seconds nor an ISO 8601 time: declare format and zone, "
    'such as "%Y/%m/%d %H:%M" and "Asia/Shanghai"'
)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("19.99", 1999),
        (" 19.9 ", 1990),
        ("19", 1900),
        ("19.", 1900),
        (".5", 50),
        ("+1", 100),
        ("-0.01", -1),
        ("-0", 0),
        ("0019.9900000", 1999),
        ("1.500e1", 1500),
        ("0E+00", 0),
        ('="19.99"', 1999),
        ("'19.99", 1999),
        ("\u00a019.99", 1999),
        ("1.5e1", "m has an exponent, and too few digits to be exact: export all its digits"),
        ("1,5E+01", "m has an exponent, and too few digits to be exact: export all its digits"),
        ("1E-2", 1),
        ("9007199254740993.01", 900719925474099301),
        ("1e300", "m has an exponent, and too few digits to be exact: export all its digits"),
        ("-1" + "0" * 40, -(1 << 61)),
        ("19.999", MANY),
        ("1e-3", MANY),
        ("1e-999", MANY),
        ("", "m is empty"),
        (None, "m is empty"),
        ("  ", "m is empty"),
        ("1,000.5", f"m {SEPARATED}"),
        ("1 000", f"m {SEPARATED}"),
        ("1.000.000", f"m {SEPARATED}"),
        ("(12.50)", f"m {NEGATIVE}"),
        ("12,50-", f"m {NEGATIVE}"),
        ("¥12", f"m {WITH_LETTERS}"),
        ("12.5 EUR", f"m {WITH_LETTERS}"),
        ("5%", f"m {WITH_LETTERS}"),
        ("12:30", "m is not a number"),
        ("-", f"m {WORD}"),
        ("#REF!", f"m {ERROR}"),
        ("1_000", "m is not a number"),
        ("nan", f"m {WORD}"),
        ("Infinity", f"m {INFINITE}"),
        ("１", "m has digits of another script, or raised ones: write 0 to 9"),
        ("0x10", f"m {WITH_LETTERS}"),
        ("1e99999", f"m {WITH_LETTERS}"),
        ("1" * 65, "m has more than 64 characters"),
        ("--1", "m is not a number"),
    ],
)
def test_measure(cell, expected):
    assert measure(cell) == expected


def test_measure_without_decimals():
    assert measure("7.0", 0) == 7
    assert measure("7", 0) == 7
    assert measure("7.5", 0) == too_many(0)


@settings(max_examples=200, deadline=None)
@given(
    value=st.decimals(-(10**16), 10**16, places=3, allow_nan=False),
    decimals=st.integers(0, 6),
)
def test_measure_is_exact(value, decimals):
    scaled = value * 10**decimals
    whole = scaled == int(scaled) and abs(scaled) < 2**61
    clipped = max(min(int(scaled), 2**61), -(2**61))
    expected = clipped if scaled == int(scaled) else too_many(decimals)
    assert measure(str(value), decimals) == expected
    assert not whole or expected == int(Decimal(str(value)).scaleb(decimals))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (str(NOON), NOON * 10**6),
        (f"{NOON}.25", NOON * 10**6 + 250_000),
        (f"{NOON}.2500009", NOON * 10**6 + 250_000),
        ("1.700000000e9", 1_700_000_000_000_000),
        ("1.780254321E+09", 1_780_254_321_000_000),
        ("1.7e9", "ts has an exponent, and too few digits to be exact: export all its digits"),
        ("1.7806E+09", "ts has an exponent, and too few digits to be exact: export all its digits"),
        ("2026-06-01T12:00:00Z", NOON * 10**6),
        ("2026-06-01 12:00:00.5Z", NOON * 10**6 + 500_000),
        ("2026-06-01T20:00:00+08:00", NOON * 10**6),
        ("2026-06-01T20:00+0800", NOON * 10**6),
        ("2026-06-01T12:00:00", 'ts has no offset from UTC: declare zone, such as "Asia/Shanghai"'),
        (
            "2026-06-01",
            "ts is a day without a time, as some programs write midnight: write 00:00:00 behind it;"
            ' if all are days, declare format = "%Y-%m-%d" and zone',
        ),
        ("2026-13-01T12:00:00Z", NEITHER),
        ("2026-02-30T12:00:00Z", NEITHER),
        ("yesterday", NEITHER),
        ("", "ts is empty"),
        (None, "ts is empty"),
        (
            str(NOON * 1000),
            'ts is not a time in seconds, but fits milliseconds: declare format = "milliseconds"',
        ),
        (str(10**10), "ts is not a time in seconds, but fits milliseconds or a finer unit"),
        (
            str(NOON) + "0" * 9,
            "ts is not a time in seconds, but fits nanoseconds since 1970: export it as text",
        ),
        (str(10**10 - 1), "ts is in the future"),
        (str(NOON + 86_400), (NOON + 86_400) * 10**6),
        (f"{NOON + 86_400}.000001", "ts is in the future"),
        ("2026-06-02T12:00:01Z", "ts is in the future"),
    ],
)
def test_time(cell, expected):
    assert moment(cell) == expected


def test_instants_of_parquet():
    kind = pa.timestamp("us", tz="UTC")
    assert moment(pa.array([datetime(2026, 6, 1, 12, tzinfo=UTC)], type=kind)) == NOON * 10**6
    assert moment(pa.array([None], type=kind)) == "ts is empty"


BASE = {"file": "x.csv", "kind": "audience", "id": {"column": "e", "profile": "raw:v1"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "Extra inputs"),
        ({"kind": "people"}, "audience"),
        ({"id": {"column": "e", "profile": "raw:v2"}}, "raw:v1"),
        ({"id": {"column": "e", "profile": "phone:e164:v1", "region": "XX"}}, "region"),
        ({"id": {"column": "a\x1b[0m", "profile": "raw:v1"}}, "unprintable"),
        ({"labels": ["a" * 65]}, "64"),
        ({"labels": ["a", "a"]}, "twice"),
        ({"labels": ["a\nb"]}, "unprintable"),
        ({"labels": ["\u202ea"]}, "unprintable"),
        ({"domains": {"a": ["1"]}}, "not among the labels"),
        ({"labels": ["a"], "domains": {"a": []}}, "1 to 4096"),
        ({"labels": ["a"], "domains": {"a": ["1", "1"]}}, "twice"),
        ({"kind": "events", "duplicates": "sum"}, "for audiences"),
        ({"measures": {"m": {"column": "m", "max": 0}}}, "less than max"),
        ({"measures": {"m": {"column": "m", "max": 2**61}}}, "2\\^61"),
        ({"measures": {"m": {"column": "m", "max": 1, "min": -(10**18), "decimals": 2}}}, "2\\^61"),
        ({"measures": {"m": {"column": "m", "max": 0.001, "decimals": 2}}}, "decimals"),
        ({"measures": {"m": {"column": "m", "max": "NaN"}}}, "finite"),
        ({"measures": {"m": {"column": "m", "max": 1, "decimals": 10}}}, "9"),
        ({"action": {"column": "a", "click": "x", "view": "x"}}, "different"),
        ({"file": "a\x00b"}, "does not print"),
    ],
)
def test_bad_section_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        DatasetSpec.model_validate(BASE | change)


def test_section_survives_json():
    measures = {"m": {"column": "n", "max": 99.5, "min": -1, "decimals": 1}}
    spec = DatasetSpec.model_validate(BASE | {"labels": ["a"], "measures": measures, "time": "t"})
    assert DatasetSpec.model_validate_json(spec.model_dump_json()) == spec
    assert (spec.measures["m"].scaled_min, spec.measures["m"].scaled_max) == (-10, 995)
    assert spec.measures["m"].bound == 995
    assert spec.columns == ("e", "a", "n", "t")
