"""Notice addresses and numbers that are typed at a till where a customer gives none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.identifiers.names import kind_of
from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern
from cleanroom.ingest.texts import parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Deferred("pyarrow.compute")

_NO_NAME = "no-?e?-?mail|none|na|unknown|test|a|aa|aaa|x|xx|xxx|null|keine|anonymous|guest|asdf?"
_COUNTED = "123(?:4(?:5(?:6(?:7(?:89?)?)?)?)?)?|(?:1{3,8}|0{1,8}|abc(?:123)?|qwe|asdf?)"
_SAME = "|".join(f"{digit}{{8}}" for digit in range(10))
_SEVEN = "|".join(f"{digit}{{7}}" for digit in range(10))
"""Digits of a subscriber that are all one; China sells such numbers, and has eight of them."""
_LIKE = {
    "email": rf"^(?:(?:{_NO_NAME})@(?:{_NO_NAME}|mail|email|example)\.[a-z.]+|no-?e?-?mail@.+|"
    r"no-?reply@.+|test@(?:meta|fb|facebook)\.com|"
    rf"(?:{_COUNTED})@(?:qq|foxmail|163|126|sina|gmail|naver|yahoo|mail|email)\.[a-z.]+)$",
    "phone": rf"^[+]?(?:86)?1(?:[3-9][0-9](?:{_SAME}|12345678|87654321)|3800138000)$|"
    rf"^(?:[+]1|[+]?(?:[2-79][0-9]|8[0-57-9]))[0-9]{{1,6}}(?:{_SEVEN})$",
}
_FEWEST = 2


def placeholders(
    people: Named, column: str, profile: str, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield how many rows have what looks like no person's address or number, from two on.

    ``index`` says which row of the file each row is; with the concern comes the first of them.
    """
    like = _LIKE.get(kind_of(profile))
    if like is None or profile.startswith("sha256:"):
        return
    marks = [pc.match_substring_regex(part, like).to_numpy(False) for part in parts(people.values)]
    marked = np.concatenate([np.zeros(0, dtype=np.bool_), *marks])
    if not marked.any():
        return
    rows = np.flatnonzero((people.person >= 0) & marked[people.person])
    if len(rows) >= _FEWEST:
        told = masked(people.values[int(people.person[rows[0]])].as_py())
        yield Concern("placeholders", column, len(rows), len(index), told), int(index[rows[0]])
