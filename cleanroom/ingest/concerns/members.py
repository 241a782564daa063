# ruff: noqa: E501
"""Notice member numbers that are words, of tests, or of accounts that a program says are closed."""

from __future__ import annotations

import re
from collections.abc import Collection
from math import prod
from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, chosen, like, some
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = Deferred("pyarrow"), Deferred("pyarrow.compute")

_TESTS = (
    r"(?i)^(?:test|demo|dummy|qa)(?:[-_ ]?(?:user|account|acct|member|customer|client|id|uid))?[-_ ]?[0-9]{0,6}$"
    r"|^(?:测试|測試|テスト|테스트)(?:账号|帳號|用户|用戶|会员|會員|ユーザー|会員|계정)?[-_ ]?[0-9]{0,6}$"
)
_CLOSED = (
    r"(?i).[-_.#(（ ]*(?:已注销|已註銷|注销|註銷|已删除|已刪除|退会済み?|退会|탈퇴)[)）]?$"
    r"|[0-9a-z](?:_del|[-_.](?:deleted|closed|deactivated|removed))$"
    r"|^(?:(?:deleted|closed|deactivated|removed)[-_.:]|(?:已注销|已註銷|已删除)[-_.:]?)[0-9a-z]"
)

STARS = r"[*\x{2022}\x{25cf}\x{25cb}\x{3007}\x{2217}\x{00d7}]"
STARRED = rf"{STARS}{{2}}|(?:^|[_-])[^_-]{{0,2}}{STARS}[^_-]{{0,2}}$"
"""Names of which stars hide a part."""

_NUMBERED = r"[\pN@]"
_SAMPLE = 20_000
_LEAST, _FEW, _MOST = 20, 0.01, 0.3
"""Numbers beside which a word is odd; the share of words that is odd whatever the others are, and
that beside numbers of one form."""

_FORMS, _LENGTHS, _NEARLY_ALL = 5, 2, 0.95
"""Most forms, and lengths, of numbers of a few programs, and the share of them that has these."""

_LONG = 16
_SELDOM_BY_CHANCE = 0.001
"""Values expected by chance below which one is none."""


def tests(values: Column) -> pa.Array:
    """Return the member numbers of tests, unless most are: such a file is one."""
    return _few(values, _TESTS)


def closed(values: Column) -> pa.Array:
    """Return the member numbers with a word for a closed account, unless most have one."""
    return _few(values, _CLOSED)


def _few(values: Column, pattern: str) -> pa.Array:
    found = like(values, pattern)
    return found if 2 * len(found) <= len(values) else values[:0]


def worded(values: Column) -> pa.Array:
    """Return the values without a digit, if nearly all others have some: words for nobody, notes.

    If these are more than a few, the others have to be numbers of one form: names that people give
    themselves have digits, or none.  Names with stars in them are neither.
    """
    found = chosen(values, lambda part: pc.invert(pc.match_substring_regex(part, _NUMBERED)))
    found = found.filter(pc.invert(pc.match_substring_regex(found, STARRED)))
    others = len(values) - len(found)
    if not len(found) or others < _LEAST:
        return values[:0]
    numbers = some(values)
    numbers = numbers.filter(pc.match_substring_regex(numbers, _NUMBERED))[:_SAMPLE]
    if len(found) > max(3, _FEW * len(values)):
        found = _of_no_form(found, numbers)
    if len(found) > _MOST * len(values):
        return values[:0]
    return pa.array(_not_by_chance(found.to_pylist(), numbers.to_pylist(), others), values.type)


def _of_no_form(words: pa.Array, numbers: pa.Array) -> pa.Array:
    """Return the words if the numbers have the same letters around their digits.

    Or those of other lengths than nearly all numbers have: random ones may have no digit.
    """
    if _usual(pc.replace_substring_regex(numbers, "[0-9]+", "9"), _FORMS):
        return words
    lengths = _usual(pc.utf8_length(numbers), _LENGTHS)
    usual = pc.is_in(pc.utf8_length(words).cast(pa.int64()), pa.array(lengths, pa.int64()))
    return words.filter(pc.invert(usual)) if lengths else words[:0]


def _usual(forms: pa.Array, most: int) -> list[object]:
    """Return the few forms that nearly all have; none if they are more."""
    counted = sorted(pc.value_counts(forms).to_pylist(), key=lambda one: -one["counts"])[:most]
    rows = sum(one["counts"] for one in counted)
    return [one["values"] for one in counted] if rows >= _NEARLY_ALL * len(forms) else []


def _is_random(text: str) -> bool:
    """Tell whether a long text without a blank has capitals anywhere in it, as no word has."""
    mixed = text.lower() != text != text.upper() and re.search("[a-z][A-Z]", text)
    return len(text) >= _LONG and text.isascii() and " " not in text and mixed is not None


def _not_by_chance(words: list[str], numbers: Collection[str], of: int) -> list[str]:
    """Return the words that are none of the values that have letters at any place.

    Of 300 values of ten hexadecimal digits one has no digit in one file of 60.
    """
    words = [one for one in words if not _is_random(one)]
    lengths = {len(one) for one in numbers}
    if len(lengths) > 1:
        return words
    places = [sum(map(str.isalpha, place)) / len(numbers) for place in zip(*numbers, strict=True)]
    if of * prod(places) <= _SELDOM_BY_CHANCE:
        return words
    signs = set().union(*numbers)
    return [
        one
        for one in words
        if not (one.isascii() and one.isalpha() and len(one) in lengths and set(one) <= signs)
    ]
