"""The people of several datasets are one list, and each dataset knows its own among them."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

from cleanroom.agent.aligned_people import join_people
from protocols.strings import PackedStrings


def dataset(name: str, people: list[bytes]) -> Any:
    return SimpleNamespace(
        manifest=SimpleNamespace(identity=lambda: name), people=lambda: PackedStrings.pack(people)
    )


def test_distinct_in_order_of_first_occurrence() -> None:
    rng = random.Random(5)
    everybody = [b"email\0%d@x.example" % number for number in range(3000)]
    lists = [rng.sample(everybody, 900) for _ in range(3)]
    joined, places = join_people([dataset(str(i), people) for i, people in enumerate(lists)])
    wanted = list(dict.fromkeys(person for people in lists for person in people))
    assert list(joined) == wanted
    for i, people in enumerate(lists):
        assert list(joined.take(places[str(i)])) == people  # type: ignore[arg-type]


def test_one_dataset_is_taken_as_it_is() -> None:
    people = [b"a", b"", b"ccc"]
    joined, places = join_people([dataset("crm", people)])
    assert list(joined) == people
    assert places == {"crm": slice(None)}
