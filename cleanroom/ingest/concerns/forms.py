"""Notice identifiers of one column that are written in several forms, as two exports write them.

``user_1001`` and ``1001``, or ``{3F2A…}`` and ``3f2a…``, are two people wherever they meet, also if
no person of this file has both.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, among, chosen, like, parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_DIGITS = "0123456789"
_MOST_PREFIXES, _LEAST, _MOST = 1_000, 2, 0.9
"""Prefixes beyond which they are none; values that make a form; what one prefix has of them."""

_SIGNS = re.compile(r"[\W_]+")
_NAMED = re.compile(
    r".*[\W_]|id|uid|no|nr|num|user|member|customer|cust|client|account|acct|contact|lead|kunde|"
    "会员|会员号|编号|客户|用户",
    re.IGNORECASE | re.DOTALL,
)
"""Prefixes that say what a number is; of other letters each may be a series of its own."""

_UUID = r"^(?i:urn:uuid:)?[{(]?[0-9A-Fa-f]{8}(-?)(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}[)}]?$"
_UUID_LENGTHS = (32, 34, 36, 38, 45)


def several_forms(values: Column) -> pa.Array:
    """Return the distinct values that are not in the form of most: numbers, or UUIDs."""
    found = (*_prefixed(values), *_uuids(values), *_beside_words(values), _ended(values))
    odd = [part for part in found if len(part)]
    if not odd:
        return values[:0]
    these = pa.concat_arrays(odd)
    return chosen(values, lambda part: pc.is_in(part, these))


_TWINS = 3
"""Values that are another one beside letters, from which on that is no chance."""


def _ended(values: Column) -> pa.Array:
    """Return the numbers that others have without a letter behind them: always the same one."""
    ended = like(values, "^[0-9]{6,}[A-Za-z]$")
    twins = ended.filter(among(pc.utf8_slice_codeunits(ended, 0, -1), values))
    letters = pc.unique(pc.utf8_slice_codeunits(ended, -1, None))
    return twins if len(twins) >= _TWINS and len(letters) == 1 else values[:0]


def _beside_words(values: Column) -> list[pa.Array]:
    """Return the Chinese names that others have without the letters before them: cntaobao小明."""
    led = like(values, r"^[A-Za-z]{2,12}[_:-]?\p{Han}")
    letters = r"^[A-Za-z]{2,12}[_:-]?"
    twins = led.filter(among(pc.replace_substring_regex(led, letters, ""), values))
    before = pc.replace_substring_regex(twins, r"\p{Han}.*$", "")
    usual = pc.value_counts(before).to_pylist()
    return [
        twins.filter(pc.equal(before, one["values"])) for one in usual if one["counts"] >= _TWINS
    ]


def _prefixed(values: Column) -> list[pa.Array]:
    """Return numbers with a prefix that others have in another spelling, or have not."""
    if any(_many_prefixes(part) for part in parts(values)):
        return []  # before a table of them all is made
    found: Counter[str] = Counter()
    for part in parts(values):
        before, numbered = _before(part)
        _count(before.filter(numbered), found)
    if not 1 < len(found) <= _MOST_PREFIXES:
        return []
    alone = found.get("", 0)
    named = {
        prefix: rows
        for prefix, rows in found.items()
        if any(map(str.isalpha, prefix)) and not any(map(str.isdigit, prefix))
    }
    odd = _other_spellings(named)
    said = {prefix: rows for prefix, rows in named.items() if _NAMED.fullmatch(prefix)}
    top = max(said, key=lambda prefix: said[prefix], default="")
    few = min(alone, said.get(top, 0))
    if few >= _LEAST and said[top] >= _MOST * sum(named.values()):
        odd.add(top if said[top] <= alone else "")
    twins = _with_prefix(values, named) if alone else values[:0]
    bare = pc.ascii_ltrim(pc.replace_substring_regex(twins, r"^[^0-9]*", ""), "0")
    twins = twins.filter(pc.and_(among(bare, values, _alone), pc.not_equal(bare, "")))
    return [twins, _with_prefix(values, sorted(odd))]


def _before(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return what stands before the digits at a value's end, and whether there are any."""
    before = pc.ascii_rtrim(values, _DIGITS)
    return before, pc.not_equal(before, values)


def _with_prefix(values: Column, prefixes: Collection[str]) -> pa.Array:
    wanted = pa.array(prefixes, values.type)

    def marks(part: pa.Array) -> pa.Array:
        before, numbered = _before(part)
        return pc.and_(numbered, pc.is_in(before, wanted))

    return chosen(values, marks)


def _alone(values: pa.Array) -> pa.Array:
    """Return the values that are digits alone, without zeros before them."""
    before, numbered = _before(values)
    return pc.ascii_ltrim(values.filter(pc.and_(numbered, pc.equal(before, ""))), "0")


def _count(texts: pa.Array, found: Counter[str]) -> None:
    for one in pc.value_counts(texts).to_pylist():
        found[one["values"]] += one["counts"]


def _many_prefixes(values: pa.Array) -> bool:
    before = pc.ascii_rtrim(values, _DIGITS)
    numbered = before.filter(pc.not_equal(before, values))
    return int(pc.count_distinct(numbered).as_py()) > _MOST_PREFIXES


def _other_spellings(prefixes: dict[str, int]) -> set[str]:
    """Return the prefixes that more numbers have in other case, or with other signs."""
    alike = defaultdict(list)
    for prefix, rows in prefixes.items():
        if rows >= _LEAST:
            alike[_SIGNS.sub("", prefix).casefold()].append(prefix)
    usual = (max(group, key=lambda prefix: prefixes[prefix]) for group in alike.values())
    return {prefix for group in alike.values() for prefix in group} - set(usual)


def _uuids(values: Column) -> list[pa.Array]:
    """Return UUIDs, or 32 digits, with other signs around and between them, or in another case."""
    return [
        chosen(values, partial(_seldom, form, usual))
        for form in (_signs, _case)
        if (usual := _usual(values, form)) is not None
    ]


def _is_uuid(values: pa.Array) -> pa.Array:
    right = pc.is_in(pc.binary_length(values), pa.array(_UUID_LENGTHS, pa.int64()))
    if not pc.any(right).as_py():
        return right
    return pc.and_(right, pc.match_substring_regex(values, _UUID))


def _signs(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, "[0-9A-Fa-f]+", "")


def _case(values: pa.Array) -> pa.Array:
    """Return the case of a UUID's letters; null if it has none, or both."""
    digits = pc.replace_substring_regex(values, "^(?i:urn:uuid:)", "")
    large, small = (pc.match_substring_regex(digits, one) for one in ("[A-F]", "[a-f]"))
    return pc.if_else(small, "small", pc.if_else(large, "large", pa.scalar(None, pa.string())))


def _usual(values: Column, form: Callable[[pa.Array], pa.Array]) -> str | None:
    """Return the most frequent form of the UUIDs among the values; None if there is none."""
    found: Counter[str] = Counter()
    for part in parts(values):
        _count(form(part.filter(_is_uuid(part))).drop_null(), found)
    return sorted(found, key=lambda one: found[one])[-1] if found else None


def _seldom(form: Callable[[pa.Array], pa.Array], usual: str, values: pa.Array) -> pa.Array:
    """Mark the UUIDs that are not in the most frequent form; null is any."""
    is_uuid = _is_uuid(values)
    return pc.and_(is_uuid, pc.fill_null(pc.not_equal(form(values), usual), False))
