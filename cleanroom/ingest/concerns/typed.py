"""Notice addresses and numbers that are typed at a till where a customer gives none, or for tests.

Programs have addresses of their own for tests.  Pages of their makers have these: Meta for
developers, *Lead Ads: testing and troubleshooting*, and *Test users*; Google Ads, *Lead form
webhooks: testing*; PayPal, *Sandbox accounts*; Mercado Pago, *Test accounts*; Alipay, *Sandbox*.
HubSpot begins each account with two sample contacts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cleanroom.ingest.concerns.typed_addresses import DOMAINS, LIKELY, SURE, made_up, much_used
from cleanroom.ingest.identifiers.names import HASHED, kind_of
from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import Integers, Named
from cleanroom.ingest.report import Concern
from cleanroom.ingest.texts import Form, Mask, parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = Deferred("pyarrow"), Deferred("pyarrow.compute")

_IN_ROWS = ("12345678", "87654321")
_SAME = "|".join(f"{digit}{{8}}" for digit in range(10))
_SEVEN = "|".join(f"{digit}{{7}}" for digit in range(10))
"""Digits of a subscriber that are all one; China sells such numbers, and has eight of them."""
_LIKE = {
    "email": f"{SURE}|{LIKELY}",
    "phone": rf"^[+]?(?:86)?1(?:[3-9][0-9](?:{_SAME}|{'|'.join(_IN_ROWS)})|3800138000)$|"
    rf"^(?:[+]1|[+]?(?:[2-79][0-9]|8[0-57-9]))[0-9]{{1,6}}(?:{_SEVEN})$|"
    r"^[+]?(?:(?:8210|81[789]0|8869|849|668|336|346|614)12345678|447123456789|60123456789"
    r"|65[89]1234567|639123456789|6281234567890?|919876543210|(?:84|886)987654321)$",
}
_TESTS = {
    "email": r"^(?:test@(?:meta|fb|facebook|example)\.com|[^@]+@tfbnw\.net|"
    r"sb-[a-z0-9]+@(?:personal|business)\.example\.com|test_user_[0-9]+@testuser\.com|"
    r"[a-z]{6}[0-9]{4}@sandbox\.com|(?:emailmaria|bh)@hubspot\.com)$",
    "phone": "^[+]?16505550123$",
    "raw": "^$",
}
_OF_TESTS = {
    "email": ("test@meta.com", "test@fb.com", "test@facebook.com", "test@example.com")
    + ("emailmaria@hubspot.com", "bh@hubspot.com"),
    "phone": ("16505550123", "+16505550123"),
}
_FEWEST, _SHOWN, _MADE_UP = 2, 5, 0.2

_WIDTH, _CHANCE = 8, 3
"""Digits of a member's number that is typed for none, at the least, and how many more it has than
the number of people: of twelve such numbers a file has one by chance in a hundred files."""


def _of_members(people: int) -> str:
    """Return the pattern of numbers of one digit, or that count, and of x: no member's by chance.

    Ecuador and Colombia have such numbers for a buyer who gives none.
    """
    width = max(_WIDTH, len(str(people)) + _CHANCE)
    counted = ("0123456789", "1234567890", "123456789", "12345678", "987654321", "87654321")
    same = (f"{digit}{{{width},}}" for digit in range(1, 10))
    some = [*same, *(one for one in counted if len(one) >= width), "[xX]{3,}"]
    return f"^(?:{'|'.join(some)})$"


def _made_up(kind: str) -> Iterator[str]:
    """Yield made-up addresses, or Chinese numbers in the forms of all profiles."""
    yield from _OF_TESTS[kind]
    if kind == "phone":
        ends = (*(str(digit) * 8 for digit in range(10)), *_IN_ROWS)
        for number in ("13800138000", *(f"1{n}{end}" for n in range(30, 100) for end in ends)):
            yield from (number, f"86{number}", f"+86{number}")
        for size in range(7, 15):
            for digits in (*(str(one) * size for one in range(1, 10)), "12345678901234"[:size]):
                yield from (digits, f"+{digits}", f"86{digits}", f"+86{digits}")
        return
    yield from made_up()


@cache
def _hashed(kind: str) -> dict[str, str]:
    """Return what is made up by its SHA-256."""
    return {hashlib.sha256(one.encode()).hexdigest(): one for one in _made_up(kind)}


def placeholders(
    people: Named, column: str, profile: str, index: Integers
) -> Iterator[tuple[Concern, int]]:
    """Yield how many rows have what looks like no person's address or number, from two on.

    One of those that programs give to tests is enough, or of those that can be nobody's.  ``index``
    says which row of the file each row is; with the concern comes the first of them, and in it
    those of a few other such values.
    """
    kind = kind_of(profile)
    if kind not in _TESTS or (kind == "raw" and profile.startswith(HASHED)):
        return
    known = _hashed(kind) if profile.startswith(HASHED) else {}
    like = f"{_TESTS[kind]}|{_LIKE.get(kind) or _of_members(people.count)}"
    marked = _marked(people, lambda part: pc.match_substring_regex(part, like))
    if known:
        digests = pa.array([*known], people.values.type)
        marked = _marked(people, lambda part: pc.is_in(part, digests))
    elif kind == "email":
        marked |= _of_no_domain(people) | _much_used(people)
    found = [known.get(one, one) for one in _texts(people, marked)]
    for_tests = np.array([bool(re.match(_TESTS[kind], one)) for one in found], dtype=np.bool_)
    nobody = kind == "email" and any(re.search(f"{SURE}|{DOMAINS}", one) for one in found)
    values = np.flatnonzero(marked)
    for name, some, fewest in (
        ("for-tests", values[for_tests], 1),
        ("placeholders", values[~for_tests], 1 if nobody else _FEWEST),
    ):
        marked[:] = False
        marked[some] = True
        rows = np.flatnonzero((people.person >= 0) & marked[people.person]) if len(some) else some
        if len(rows) >= fewest:
            first = np.sort(np.unique(people.person[rows], return_index=True)[1])[:_SHOWN]
            shown = [people.values[int(one)].as_py() for one in people.person[rows[first]]]
            lines = tuple(index[rows[first]].tolist())
            told = ", ".join(masked(known.get(one, one)) for one in shown)
            yield Concern(name, column, len(rows), len(index), told, places=lines[1:]), lines[0]


def _marked(people: Named, marks: Form) -> Mask:
    """Return which values are marked."""
    found = [marks(part).to_numpy(zero_copy_only=False) for part in parts(people.values)]
    return np.concatenate(found or [np.zeros(0, dtype=np.bool_)])


def _texts(people: Named, marked: Mask) -> list[str]:
    """Return the marked values."""
    found: list[str] = []
    start = 0
    for part in parts(people.values) if marked.any() else ():
        found += part.filter(pa.array(marked[start : start + len(part)])).to_pylist()
        start += len(part)
    return found


def _of_no_domain(people: Named) -> Mask:
    """Mark addresses of domains that nobody has, unless many are such: the file is made up then."""
    marked = _marked(people, lambda part: pc.match_substring_regex(part, DOMAINS))
    few = np.count_nonzero(marked) <= _MADE_UP * len(marked)
    return marked if few else np.zeros_like(marked)


def _much_used(people: Named) -> Mask:
    """Mark addresses of many rows that have a word for nobody, or one name on both sides."""
    marked = np.zeros(people.count, dtype=np.bool_)
    if people.single or not people.count:
        return marked
    has = people.person[people.person >= 0]
    rows, start = np.bincount(has, minlength=people.count), 0
    for part in parts(people.values):
        here = slice(start, start + len(part))
        marked[here] = much_used(part, rows[here], len(has) / people.count)
        start += len(part)
    return marked
