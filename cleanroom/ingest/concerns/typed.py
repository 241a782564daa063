"""Notice addresses and numbers that are typed at a till where a customer gives none, or for tests.

Programs have addresses of their own for tests.  Pages of their makers have these: Meta for
developers, *Lead Ads: testing and troubleshooting*, and *Test users*; Google Ads, *Lead form
webhooks: testing*; PayPal, *Sandbox accounts*; Mercado Pago, *Test accounts*; Alipay, *Sandbox*.
HubSpot begins each account with two sample contacts.
"""

from __future__ import annotations

import re
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
    r"no-?reply@.+|"
    rf"(?:{_COUNTED})@(?:qq|foxmail|163|126|sina|gmail|naver|yahoo|mail|email)\.[a-z.]+)$",
    "phone": rf"^[+]?(?:86)?1(?:[3-9][0-9](?:{_SAME}|12345678|87654321)|3800138000)$|"
    rf"^(?:[+]1|[+]?(?:[2-79][0-9]|8[0-57-9]))[0-9]{{1,6}}(?:{_SEVEN})$",
}
_TESTS = {
    "email": r"^(?:test@(?:meta|fb|facebook|example)\.com|[^@]+@tfbnw\.net|"
    r"sb-[a-z0-9]+@(?:personal|business)\.example\.com|test_user_[0-9]+@testuser\.com|"
    r"[a-z]{6}[0-9]{4}@sandbox\.com|(?:emailmaria|bh)@hubspot\.com)$",
    "phone": "^[+]?16505550123$",
}
_FEWEST, _SHOWN = 2, 5


def placeholders(
    people: Named, column: str, profile: str, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield how many rows have what looks like no person's address or number, from two on.

    One of those that programs give to tests is enough.  ``index`` says which row of the file each
    row is; with the concern comes the first of them, and in it those of a few other such values.
    """
    kind = kind_of(profile)
    if kind not in _LIKE or profile.startswith("sha256:"):
        return
    like, marks, found = f"{_TESTS[kind]}|{_LIKE[kind]}", [], []
    for part in parts(people.values):
        marks.append(pc.match_substring_regex(part, like))
        found += part.filter(marks[-1]).to_pylist()
    marked = np.concatenate([one.to_numpy(False) for one in marks] or [np.zeros(0, dtype=np.bool_)])
    for_tests = np.array([bool(re.match(_TESTS[kind], one)) for one in found], dtype=np.bool_)
    values = np.flatnonzero(marked)
    for name, some, fewest in (
        ("for-tests", values[for_tests], 1),
        ("placeholders", values[~for_tests], _FEWEST),
    ):
        marked[:] = False
        marked[some] = True
        rows = np.flatnonzero((people.person >= 0) & marked[people.person]) if len(some) else some
        if len(rows) >= fewest:
            first = np.sort(np.unique(people.person[rows], return_index=True)[1])[:_SHOWN]
            shown = [people.values[int(one)].as_py() for one in people.person[rows[first]]]
            lines = tuple(index[rows[first]].tolist())
            told = ", ".join(map(masked, shown))
            yield Concern(name, column, len(rows), len(index), told, places=lines[1:]), lines[0]
