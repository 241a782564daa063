"""Long numbers that went through a float are told from those that only look so."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.look import Look
from cleanroom.ingest.spec import DatasetSpec

SPEC = DatasetSpec.model_validate(
    {"file": "x.csv", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
)
RANDOM = Random(5)


def noticed(numbers: list[int], written: Callable[[int], str] = str) -> bool:
    look = Look()
    look.add(pa.record_batch({"m": [written(number) for number in numbers]}))
    return [one.kind for one in look.concerns(SPEC)] == ["rounded"]


def in_a_float(number: int) -> str:
    return f"{float(number):.0f}"


def in_a_script(number: int) -> str:
    return np.format_float_positional(float(number), trim="-")


def snowflakes(count: int, most: int) -> list[int]:
    """Return numbers of a time, a machine, and a count from 0 to ``most``."""
    found = []
    for _ in range(count):
        milliseconds = 455_000_000_000 + RANDOM.randrange(10**9)
        machine, counted = RANDOM.randrange(1024), RANDOM.randrange(most + 1)
        found.append(milliseconds << 22 | machine << 12 | counted)
    return found


@pytest.mark.parametrize("most", [0, 1, 4095])
def test_snowflakes_that_count_from_zero_are_whole(most: int) -> None:
    assert not noticed(snowflakes(300, most))


@pytest.mark.parametrize(
    ("most", "written"), [(4095, in_a_float), (4095, in_a_script), (0, in_a_script)]
)
def test_rounded_snowflakes_are_noticed(most: int, written: Callable[[int], str]) -> None:
    assert noticed(snowflakes(300, most), written)


ZONES = [(1 << 53, 1 << 54), (1 << 54, 1 << 55), (1 << 55, 1 << 56), (10**16, 7 * 10**16)]


@pytest.mark.parametrize("zone", ZONES)
def test_numbers_of_17_digits_that_are_all_floats_are_noticed(zone: tuple[int, int]) -> None:
    meant = [RANDOM.randrange(*zone) for _ in range(300)]
    assert not noticed(meant)
    assert noticed(meant, in_a_float)
    assert noticed(meant, in_a_script)
    assert not noticed(meant[:29], in_a_float)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("step", [10, 16, 30])
def test_numbers_with_a_step_of_their_own_are_whole(zone: tuple[int, int], step: int) -> None:
    assert not noticed([RANDOM.randrange(*zone) // step * step for _ in range(300)])


PARTS = [(1 << 53, 1 << 56), (10**16, 7 * 10**16), (10**17, 9 * 10**17), (7 * 10**18, 8 * 10**18)]


@pytest.mark.parametrize("zone", PARTS)
@pytest.mark.parametrize("step", [1, 10])
def test_a_part_beyond_chance_is_noticed(zone: tuple[int, int], step: int) -> None:
    meant = [RANDOM.randrange(*zone) // step * step for _ in range(600)]
    assert not noticed(meant)
    spoilt = [number // 1000 * 1000 for number in meant[:150]] + meant[150:]
    assert noticed(spoilt)
    assert not noticed([*spoilt[:20], *meant[20:99]])


def test_parts_of_a_file_are_counted_together() -> None:
    meant = [RANDOM.randrange(10**17, 9 * 10**17) for _ in range(600)]
    spoilt = [number // 1000 * 1000 for number in meant[:150]] + meant[150:]
    looks = [Look(), Look()]
    for look, part in zip(looks, (spoilt[:140], spoilt[140:]), strict=True):
        look.add(pa.record_batch({"m": [str(number) for number in part]}))
    assert not [*looks[1].concerns(SPEC)]
    looks[1].absorb(looks[0].document())
    assert [one.kind for one in looks[1].concerns(SPEC)] == ["rounded"]


def in_a_single(number: int) -> str:
    return str(int(np.float32(number)))


@pytest.mark.parametrize("step", [1, 7, 104_711])
def test_numbers_that_went_through_a_float_of_32_bits_are_noticed(step: int) -> None:
    meant = [123_456_789 + step * number for number in range(200)]
    assert noticed(meant, in_a_single)
    assert not noticed(meant)
    assert not noticed([*(int(in_a_single(number)) for number in meant), 123_456_789])
    assert not noticed(meant[:19], in_a_single)


@pytest.mark.parametrize(("start", "step"), [(200_000_000, 1000), (20_000_000, 2), (70_000_000, 4)])
def test_whole_numbers_in_steps_of_their_own_give_no_alarm(start: int, step: int) -> None:
    assert not noticed([start + step * number for number in range(200)])


@pytest.mark.parametrize("digits", [15, 17])
def test_clients_of_google_analytics_that_a_float_cut_are_noticed(digits: int) -> None:
    meant = [
        f"{10**9 + number * 54_321_987}.{1_717_400_000 + number * 137}" for number in range(40)
    ]
    cut = [f"{float(client):.{digits}g}" for client in meant]
    for clients, found in ((cut, ["rounded"]), (meant, []), (cut[:19], [])):
        look = Look()
        look.add(pa.record_batch({"m": clients}))
        assert [one.kind for one in look.concerns(SPEC)] == found


@pytest.mark.parametrize("split", [False, True])
def test_zeros_lost_in_a_part_of_the_rows_are_noticed(split: bool) -> None:
    meant = [f"{number * 1_234_567:08}" for number in range(1, 21)]
    mixed = [text if row % 2 else text.lstrip("0") for row, text in enumerate(meant)]
    for cells, found in ((mixed, [4]), (meant, []), ([text.lstrip("0") for text in meant], [])):
        looks = [Look(), Look()]
        for place, part in enumerate((cells[:9], cells[9:]) if split else (cells,)):
            looks[place].add(pa.record_batch({"m": part}))
        looks[0].absorb(looks[1].document())
        rows = [one.rows for one in looks[0].concerns(SPEC) if one.kind == "zeros-lost"]
        assert rows == found
    look = Look()
    look.add(pa.record_batch({"m": [*mixed, "0123456789", "0", "x"]}))
    assert not list(look.concerns(SPEC))
