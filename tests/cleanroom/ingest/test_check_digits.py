"""Numbers of people that lost their zeros are known by their check digits."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest

from cleanroom.ingest.concerns.check_digits import checked, lacking_zeros
from cleanroom.ingest.concerns.look import Look
from cleanroom.ingest.spec import DatasetSpec

SPEC = DatasetSpec.model_validate(
    {"file": "x.csv", "kind": "audience", "id": {"column": "m", "profile": "raw:v1"}}
)

KNOWN = {
    "CPF": ["11144477735", "52998224725", "12345678909"],
    "CNPJ": ["11222333000181", "11444777000161", "33000167000101"],
    "PESEL": ["44051401359", "90090515836"],
    "BSN": ["111222333", "123456782"],
    "f\xf8dselsnummer": ["15076500565"],
}
"""Numbers that pages about these kinds give as examples."""


@pytest.mark.parametrize("kind", KNOWN)
def test_examples_are_right_and_with_another_digit_wrong(kind: str) -> None:
    numbers = [int(text) for text in KNOWN[kind]]
    some = pa.array(numbers, pa.int64()).to_numpy()
    assert checked(some)[f"{kind} full right"] == len(numbers)
    assert checked(some + 10)[f"{kind} full right"] == checked(some + 1)[f"{kind} full right"] == 0


def cpf(start: int) -> str:
    """Return a number of Brazil by its first nine digits."""
    digits = [int(digit) for digit in f"{start:09d}"]
    for _ in range(2):
        rest = sum(digit * (len(digits) + 1 - at) for at, digit in enumerate(digits)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits))


def pesel(start: int) -> str:
    """Return a number of Poland by its first ten digits."""
    digits = [int(digit) for digit in f"{start:010d}"]
    return f"{start:010d}{-sum(d * (1, 3, 7, 9)[at % 4] for at, d in enumerate(digits)) % 10}"


RANDOM = Random(8)
BRAZIL = [cpf(RANDOM.randrange(10**9)) for _ in range(300)]
POLAND = [pesel(RANDOM.randrange(10**10)) for _ in range(300)]


def noticed(cells: list[str]) -> list[tuple[str, int, int]]:
    look = Look()
    look.add(pa.record_batch({"m": cells}))
    return [
        (one.declared, one.rows, one.of) for one in look.concerns(SPEC) if one.kind == "zeros-of"
    ]


@pytest.mark.parametrize(("kind", "cells"), [("CPF", BRAZIL), ("PESEL", POLAND)])
def test_numbers_that_lost_their_zeros(kind: str, cells: list[str]) -> None:
    lost = [str(int(one)) for one in cells]
    short = sum(len(one) < 11 for one in lost)
    assert short > 10 and noticed(lost) == [(kind, short, 300)]
    assert noticed([*lost, "M1", *map(str, range(10**10, 10**10 + 8))]) == [(kind, short, 309)]
    assert noticed(cells) == []


def test_other_numbers_of_several_widths_are_quiet() -> None:
    assert noticed([str(RANDOM.randrange(10**11)) for _ in range(300)]) == []
    assert noticed([str(number) for number in range(1, 10**7, 34_567)]) == []
    whole = [one for one in BRAZIL if one[0] != "0"]
    assert noticed([*whole, *(str(10**9 + 7 * n) for n in range(40))]) == []  # others beside them
    assert noticed([str(int(one)) for one in BRAZIL if one[0] == "0"]) == []  # nothing beside them


def test_parts_say_the_same() -> None:
    one, other, both = Look(), Look(), Look()
    cells = [str(int(number)) for number in BRAZIL]
    one.add(pa.record_batch({"m": cells[:100]}))
    other.add(pa.record_batch({"m": cells[100:]}))
    both.add(pa.record_batch({"m": cells}))
    one.absorb(other.document())
    assert [*one.concerns(SPEC)] == [*both.concerns(SPEC)] != []
    assert lacking_zeros(one.checks["m"]) == lacking_zeros(both.checks["m"])
