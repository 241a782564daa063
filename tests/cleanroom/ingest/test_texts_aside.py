"""A long column is put aside while it is read, and the table and its report are the same."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cleanroom.agent.tables import holds_rows, load_table, people_in_blocks, save_table
from cleanroom.agent.vault import Vault
from cleanroom.ingest import people, texts
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.engines import read_here
from cleanroom.ingest.people import Named
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.ingest.texts import Aside, Texts

ODD = {
    "user": ["user_1001", "1001", "User-7", "1002", *(f"user_{n}" for n in range(2000, 2040))],
    "uuids": [
        *(f"{n:08x}-0000-4000-8000-{n:012x}" for n in range(40)),
        "{0000002A-0000-4000-8000-00000000002A}",
        "0000002b000040008000" + f"{43:012x}",
        "ABCDEF00-0000-4000-8000-0000000000AB",
    ],
    "numbers": [*(f"{n}" for n in range(1000, 1060)), "0001005", "1,001", "1 002", "3-1", "ten"],
    "letters": [
        "Ann",
        "ann",
        "ANN",
        "bo",
        "Bo",
        "mü",
        "total of 3",
        *(f"k{n}x" for n in range(40)),
    ],
}


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "PART", 16)
    monkeypatch.setattr(texts, "HELD_BYTES", 200)
    monkeypatch.setattr(people, "COMPARED_AT_ONCE", 16)


def aside(values: list[str]) -> Texts:
    found = Texts()
    for start in range(0, len(values), 5):
        found.append(pa.array(values[start : start + 5], pa.large_string()))
    return found


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("name", ODD)
def test_the_same_is_said_of_values_that_are_aside(name: str) -> None:
    values = random.Random(1).sample(ODD[name], len(ODD[name]))
    column = aside(values)
    assert column.held() is None
    whole = pa.array(values, pa.large_string())
    assert [*likenesses(column, "m", "raw:v1")] == [*likenesses(whole, "m", "raw:v1")] != []


@pytest.mark.usefixtures("_small")
def test_people_are_those_of_a_column_in_memory() -> None:
    drawn = np.random.default_rng(5).integers(0, 150, 400)
    values = [f"{number}@x.example" for number in drawn]
    found, wanted = (
        Named.find(aside(values)),
        Named.find([pa.array(values, pa.large_string())]),
    )
    np.testing.assert_array_equal(found.person, wanted.person)
    assert found.count == wanted.count == len(set(values))
    assert pa.concat_arrays([*found.values.parts()]).equals(wanted.values)
    assert [found.values[row].as_py() for row in (0, 17, 99)] == [
        wanted.values[row].as_py() for row in (0, 17, 99)
    ]
    alone = Named.find(aside([*dict.fromkeys(values)]))
    assert alone.single and alone.count == wanted.count


@pytest.mark.parametrize("duplicates", ["first", "sum"])
def test_a_files_table_is_the_same_and_keeps_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duplicates: str
) -> None:
    names = [*ODD["user"], *ODD["letters"], *ODD["user"][:9], "", *ODD["numbers"]]
    lines = [f'"{name}",{place % 7},{"ab"[place % 2]}' for place, name in enumerate(names)]
    (tmp_path / "crm.csv").write_text("id,amount,tier\n" + "\n".join(lines) + "\n")
    spec = DatasetSpec.model_validate(
        {
            "file": "crm.csv",
            "kind": "audience",
            "id": {"column": "id", "profile": "raw:v1"},
            "labels": ["tier"],
            "duplicates": duplicates,
            "measures": {"amount": {"column": "amount", "decimals": 0, "min": 0, "max": 99}},
        }
    )
    wanted = read_here(spec, tmp_path)
    monkeypatch.setattr(texts, "PART", 16)
    monkeypatch.setattr(texts, "HELD_BYTES", 200)
    found = read_here(spec, tmp_path)
    assert isinstance(found.people, Aside) and not isinstance(wanted.people, Aside)
    assert found.report == wanted.report
    assert [*found.people] == [*wanted.people] and [*found.values] == [*wanted.values]
    vault = Vault(tmp_path, bytes(32))
    for name, table in (("one", found), ("other", wanted)):
        save_table(vault, tmp_path / name, table)
    assert (tmp_path / "one-people").stat().st_size == (tmp_path / "other-people").stat().st_size
    for name in ("one", "other"):
        assert holds_rows(vault, tmp_path / name, found)
        assert holds_rows(vault, tmp_path / name, wanted)
        loaded = load_table(vault, tmp_path / name)
        np.testing.assert_array_equal(loaded.people.offsets, wanted.people.offsets)
        np.testing.assert_array_equal(loaded.people.buffer, wanted.people.buffer)
    blocks = [*people_in_blocks(vault, tmp_path / "one")]
    assert [person for block in blocks for person in block] == [*wanted.people]
    # Whoever wants all at once has them.
    np.testing.assert_array_equal(
        found.values.take(np.array([3, 0])).buffer, [*wanted.values[3], *wanted.values[0]]
    )
    assert not holds_rows(vault, tmp_path / "one", found.only(np.arange(found.rows) > 0))


def test_a_text_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="none"):
        Texts().append(pa.array(["a", None], pa.large_string()))
