"""Labels that look alike are one label; what cannot be one says why."""

from __future__ import annotations

import pyarrow as pa
import pytest

from cleanroom.ingest.labels import LabelBuilder


def label(cell: str, declared: tuple[str, ...] | None = None) -> str:
    builder = LabelBuilder("town", declared)
    parsed = builder.add(pa.array([cell]))
    said = [reason for reason, where in parsed.faults if where[0]]
    return said[0] if said else builder.finish(parsed.values).domain[parsed.values[0]]


@pytest.mark.parametrize("blank", "\u00a0\u2000\u2003\u2009\u202f\u205f\u3000")
def test_every_blank_is_one(blank: str) -> None:
    assert label(f"{blank}San{blank}Juan{blank}") == "San Juan"
    assert label(f"San{blank}Juan", ("San Juan",)) == "San Juan"
    assert label(blank) == "unknown"


@pytest.mark.parametrize("mark", "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u2060\ufeff")
def test_what_nobody_sees_is_dropped(mark: str) -> None:
    assert label(f"{mark}sil{mark}ver{mark}") == "silver"
    assert label(f" {mark} silver") == "silver"
    assert label(mark) == "unknown"


@pytest.mark.parametrize("cell", ["two\nlines", "two\u2028lines", "tab\tinside", "bell\a"])
def test_control_characters_are_named(cell: str) -> None:
    assert label(cell) == "town has a line break, a tab or a control character"


def test_a_long_label_is_named() -> None:
    assert label("x" * 129) == "town has more than 128 characters"
    assert label("x" * 128) == "x" * 128
