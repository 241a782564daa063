"""Notice identifiers of one column that are written in several forms, as two exports write them.

``user_1001`` and ``1001``, or ``{3F2A…}`` and ``3f2a…``, are two people wherever they meet, also if
no person of this file has both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from cleanroom.ingest.people import parts
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


def several_forms(values: pa.Array) -> pa.Array:
    """Return the distinct values that are not in the form of most: numbers, or UUIDs."""
    odd = [part for part in (*_prefixed(values), *_uuids(values)) if len(part)]
    return values.filter(pc.is_in(values, pa.concat_arrays(odd))) if odd else values[:0]


def _prefixed(values: pa.Array) -> list[pa.Array]:
    """Return numbers with a prefix that others have in another spelling, or have not."""
    if any(_many_prefixes(part) for part in parts(values)):
        return []  # before a table of them all is made
    before = pc.ascii_rtrim(values, _DIGITS)
    numbered = pc.not_equal(before, values)
    if not pc.all(numbered).as_py():
        values, before = values.filter(numbered), before.filter(numbered)
    counted = pc.value_counts(before)
    if not 1 < len(counted) <= _MOST_PREFIXES:
        return []
    found = {one["values"]: one["counts"] for one in counted.to_pylist()}
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
    twins = values.filter(pc.is_in(before, pa.array(named, before.type))) if alone else values[:0]
    numbers = pc.ascii_ltrim(values.filter(pc.equal(before, "")), "0")
    bare = pc.ascii_ltrim(pc.replace_substring_regex(twins, r"^[^0-9]*", ""), "0")
    twins = twins.filter(pc.and_(pc.is_in(bare, numbers), pc.not_equal(bare, "")))
    return [twins, values.filter(pc.is_in(before, pa.array(sorted(odd), before.type)))]


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


def _uuids(values: pa.Array) -> list[pa.Array]:
    """Return UUIDs, or 32 digits, with other signs around and between them, or in another case."""
    right = pc.is_in(pc.binary_length(values), pa.array(_UUID_LENGTHS, pa.int64()))
    if not pc.any(right).as_py():
        return []
    found = values.filter(right)
    found = found.filter(pc.match_substring_regex(found, _UUID))
    signs = pc.replace_substring_regex(found, "[0-9A-Fa-f]+", "")
    digits = pc.replace_substring_regex(found, "^(?i:urn:uuid:)", "")
    large, small = (pc.match_substring_regex(digits, one) for one in ("[A-F]", "[a-f]"))
    case = pc.if_else(small, "small", pc.if_else(large, "large", pa.scalar(None, pa.string())))
    return [found.filter(_seldom(one)) for one in (signs, case)]


def _seldom(forms: pa.Array) -> pa.Array:
    """Mark what is not the most frequent form; null is any."""
    counted = sorted(pc.value_counts(forms.drop_null()).to_pylist(), key=lambda one: one["counts"])
    usual = counted[-1]["values"] if counted else None
    return pc.fill_null(pc.not_equal(forms, usual), False)
