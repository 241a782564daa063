"""Rows from outside: read as they were written, or refused with the first bad one named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.engine.layout import RowLayout, audience_rows
from protocols.errors import InvalidMessageError
from tests.coalitions.scene import person

FEW = settings(max_examples=25, deadline=None)


def layout_rows(label: int = 0, flag: int = 1) -> np.ndarray:
    rows = RowLayout(1, 0).encode(
        np.frombuffer(person(1) + person(2), dtype=np.uint8).reshape(2, 1, 16),
        np.array([0, label], dtype=np.int32), np.array([True, True]),
    )  # fmt: skip
    rows[1, 20] = flag
    return rows


@FEW
@given(st.integers(1, 4), st.integers(0, 8), st.integers(1, 40), st.randoms())
def test_rows_are_read_as_they_were_written(per_row, count, width, random):
    layout = RowLayout(per_row, width)
    token = np.frombuffer(random.randbytes(16 * count * per_row), dtype=np.uint8)
    label = np.array([random.randrange(7) for _ in range(count)], dtype=np.int32)
    flag = np.array([random.random() < 0.5 for _ in range(count)], dtype=np.bool_)
    values = np.frombuffer(random.randbytes(width * count), dtype=np.uint8).reshape(count, width)
    rows = layout.encode(token.reshape(count, per_row, 16), label, flag, values)
    assert rows.shape == (count, layout.width)
    back = layout.decode(rows, 7)
    assert np.array_equal(back.tokens.reshape(-1), token)
    assert np.array_equal(back.cell, label)
    assert np.array_equal(back.flag, flag)
    assert np.array_equal(back.ciphertexts, values)


@pytest.mark.parametrize("label", [2, 1 << 30, -1, -(1 << 31)])
def test_a_label_out_of_range_is_refused_with_its_row(label):
    with pytest.raises(InvalidMessageError, match="row 1"):
        RowLayout(1, 0).decode(layout_rows(label=label), 2)


def test_a_flag_that_is_neither_zero_nor_one_is_refused_with_its_row():
    assert len(RowLayout(1, 0).decode(layout_rows(), 2)) == 2
    with pytest.raises(InvalidMessageError, match="row 1"):
        RowLayout(1, 0).decode(layout_rows(flag=2), 2)


@pytest.mark.parametrize("width", [20, 22])
def test_rows_of_another_width_are_refused(width):
    with pytest.raises(InvalidMessageError, match="21 bytes"):
        RowLayout(1, 0).decode(np.zeros((2, width), dtype=np.uint8), 2)


DOMAIN = ("00000000000000aa", "ff00000000000001", "0000000000000003")


def pseudonyms(*rows: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex("".join(rows)), dtype=np.uint8).reshape(len(rows), -1)


def three_tokens() -> np.ndarray:
    return np.frombuffer(b"".join(map(person, (1, 2, 3))), dtype=np.uint8).reshape(3, 16)


def test_pseudonyms_become_a_mixed_radix_code_in_the_order_of_the_columns():
    rows = pseudonyms(DOMAIN[1] + DOMAIN[0], DOMAIN[2] + DOMAIN[2], DOMAIN[0] + DOMAIN[1])
    both = audience_rows(three_tokens(), rows, ((0, DOMAIN), (1, DOMAIN)), 0)
    assert both.cell.tolist() == [1 * 3 + 0, 2 * 3 + 2, 0 * 3 + 1]
    second = audience_rows(three_tokens(), rows, ((1, DOMAIN),), 0)
    assert second.cell.tolist() == [0, 2, 1]
    assert both.flag.all() and both.ciphertexts is None


@pytest.mark.parametrize("stray", ["00000000000000ab", "0" * 16, "f" * 16])
def test_a_pseudonym_outside_the_domain_is_refused_with_its_row(stray):
    rows = pseudonyms(DOMAIN[1], stray, stray)
    with pytest.raises(InvalidMessageError, match="row 1"):
        audience_rows(three_tokens(), rows, ((0, DOMAIN),), 0)


@pytest.mark.parametrize("rows", [np.zeros((2, 8)), np.zeros((4, 8)), np.zeros((3, 4))])
def test_an_audience_that_does_not_fit_its_tokens_is_refused(rows):
    with pytest.raises(InvalidMessageError, match="rows"):
        audience_rows(three_tokens(), rows.astype(np.uint8), (), 8)
