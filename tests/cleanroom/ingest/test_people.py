"""The people of a column: the same by their texts and, where there are many, by digests."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cleanroom.ingest import people
from cleanroom.ingest.concerns.likenesses import likenesses
from cleanroom.ingest.people import Named, first_alike, joined

TEXTS = [["b", "a", None], [], ["b", "", "ä", None, "A"], ["c", "a"]]


def batches() -> list[pa.Array]:
    return [pa.array(texts, pa.large_string()) for texts in TEXTS]


@pytest.fixture(params=["texts", "digests"])
def _compared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "digests":
        monkeypatch.setattr(people, "COMPARED", 0)
        monkeypatch.setattr(people, "COMPARED_AT_ONCE", 3)


@pytest.mark.usefixtures("_compared")
def test_people_are_numbered_as_they_come() -> None:
    found = Named.find(batches())
    assert found.person.tolist() == [0, 1, -1, 0, 2, 3, -1, 4, 5, 1]
    assert found.values.to_pylist() == ["b", "a", "", "ä", "A", "c"]
    assert found.count == 6 and not found.single
    assert found.first_rows().tolist() == [0, 1, 4, 5, 7, 8]
    alone = Named.find([pa.array(["x", "y"], pa.large_string())])
    assert alone.single and alone.first_rows().tolist() == [0, 1]
    nobody = Named.find([])
    assert nobody.count == len(nobody.person) == len(nobody.values) == 0


@pytest.mark.usefixtures("_compared")
def test_rows_are_alike_by_a_form_of_them() -> None:
    values = pa.array(["a", "B", "b", "A", "c"], pa.large_string())
    assert first_alike(values, pc.utf8_lower).tolist() == [0, 1, 1, 0, 4]
    names = pa.array(["ab7", "x1", "AB7", "0x1", "Ab8", "7"], pa.large_string())
    found = {one.kind: (one.rows, place) for one, place in likenesses(names, "m", "raw:v1")}
    assert found["cases"] == (2, 0)


def test_many_rows_have_the_people_that_few_have(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(5).integers(0, 4_000, 20_000)
    column = pa.array([f"{number}@x.example" for number in drawn], pa.large_string())
    by_texts = Named.find([column])
    monkeypatch.setattr(people, "COMPARED", 0)
    by_digests = Named.find([column[:7], column[7:]])
    assert by_texts.count == len(np.unique(drawn))
    np.testing.assert_array_equal(by_digests.person, by_texts.person)
    assert by_digests.values.equals(by_texts.values)


@pytest.mark.parametrize("nulls", [True, False])
def test_one_array_takes_the_place_of_the_batches(nulls: bool) -> None:
    given = batches()
    if not nulls:
        given = [one.drop_null()[1:] for one in given]  # views that do not begin at the start
    expected = pa.chunked_array(given, type=pa.large_string()).combine_chunks()
    found = joined(given)
    assert found.equals(expected) and len(given) == 1 and given[0] is found
    found.validate(full=True)
