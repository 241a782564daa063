"""Normalise whole columns: what a strict pattern settles is done in bulk, the rest row by row.

The patterns only accept what the steps of the profile would accept with the same result; all
else, odd or wrong, goes through the steps themselves.  A plain address costs a microsecond in
bulk, where ``email-validator`` takes some fifty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import digests as d
from cleanroom.ingest.identifiers import steps as s
from cleanroom.ingest.identifiers.names import HASHED
from cleanroom.ingest.identifiers.nothing import (
    CODE_DIGESTS,
    DIGESTS,
    NO_OTHER_WORDS,
    SHARED_DEVICES,
    WORDS,
    Words,
)
from cleanroom.ingest.identifiers.profiles import (
    find_profile,
    message,
    normalise,
    nulls_of,
)
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.identifiers.totals import IN_ONE_WORD, SINGLE
from protocols.deferred import Deferred
from protocols.strings import PackedStrings

if TYPE_CHECKING:
    import email_validator
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    email_validator, np = Deferred("email_validator"), Deferred("numpy")
    pa, pc = Deferred("pyarrow"), Deferred("pyarrow.compute")

MANY = 32
"""So many values are quicker in bulk than one by one."""

_CHUNK = 4096
_PART = r"[a-z0-9_+-]+"
_LABEL = r"[a-z0-9]+(-[a-z0-9]+)*"
_ADDRESS = rf"^{_PART}(\.{_PART})*@({_LABEL}\.)+[a-z]{{2,}}$"
# Below this length no part of an address can reach its own limit (RFC 5321, section 4.5.3.1).
_SHORT = 63


@cache
def _reserved() -> str:
    names = "|".join(email_validator.SPECIAL_USE_DOMAIN_NAMES)
    return rf"[@.]({names})$".replace("-", r"\-")


@dataclass(frozen=True)
class Normalised:
    """Hold a normalised column: ``values[i]`` counts where ``codes[i]`` is 0.

    Elsewhere ``reasons[codes[i]]`` says why row ``i`` did not normalise; ``reasons[0]`` is empty.
    """

    values: pa.LargeStringArray
    codes: npt.NDArray[np.uint8]
    reasons: tuple[str, ...]


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, type=pa.large_string())


@cache
def _texts(words: frozenset[str]) -> pa.Array:
    return pa.array(sorted(words), type=pa.large_string())


def _trimmed(column: pa.Array) -> pa.Array:
    return pc.ascii_lower(pc.ascii_trim_whitespace(column))


def _matches(pattern: str) -> Callable[[pa.Array], tuple[pa.Array, pa.Array]]:
    def settle(column: pa.Array) -> tuple[pa.Array, pa.Array]:
        values = _trimmed(column)
        return values, pc.match_substring_regex(values, f"^(?:{pattern})$")

    return settle


def _and_not(settled: pa.Array, refused: pa.Array) -> pa.Array:
    return pc.and_not(settled, refused)


_SHARED = r"^([0-]*|[f-]*|9774d56d682e549c)$"


def _devices(pattern: str, column: pa.Array) -> tuple[pa.Array, pa.Array]:
    values, settled = _matches(pattern)(column)
    return values, _and_not(settled, pc.match_substring_regex(values, _SHARED))


def _digests(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    values, settled = _matches(d.DIGEST_SHAPE)(column)
    settled = _and_not(settled, pc.match_substring_regex(values, rf"^(?:{d.SHORTER})$"))
    halves = (pc.utf8_slice_codeunits(values, *half) for half in ((0, 32), (32, 64)))
    settled = _and_not(settled, pc.equal(*halves))
    settled = _and_not(settled, pc.is_in(values, _texts(CODE_DIGESTS)))
    return values, _and_not(settled, pc.is_in(values, _texts(DIGESTS)))


# Letters and digits with the usual signs between them leave nothing to trim or to compose; what
# looks like a number but for plain digits goes the long way.
_RAW = r"^[0-9A-Za-z]([0-9A-Za-z._:@/+-]*[0-9A-Za-z])?$"
_RAW_BYTES = 502
_NUMBER_LIKE = rf"^(?:0[0-]*|[0-9.]*[.e][0-9.+-]*|err:[0-9]*|f[f-]*|{IN_ONE_WORD})$"


def _raw(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    values = pc.ascii_trim_whitespace(column)
    folded = pc.ascii_lower(values)
    settled = pc.match_substring_regex(values, _RAW)
    settled = pc.and_(settled, pc.less_equal(pc.binary_length(values), _RAW_BYTES))
    settled = _and_not(settled, pc.match_substring_regex(folded, _NUMBER_LIKE))
    return values, _and_not(settled, pc.is_in(folded, _texts(WORDS | SINGLE | SHARED_DEVICES)))


def _addresses(domains: tuple[str, ...], column: pa.Array) -> tuple[pa.Array, pa.Array]:
    values = _trimmed(column)
    for domain in domains:
        values = _without_dots_and_tag(values, domain)
    settled = pc.match_substring_regex(values, _ADDRESS)
    settled = _and_not(settled, pc.match_substring_regex(values, _reserved()))
    return values, pc.and_(settled, pc.less_equal(pc.binary_length(values), _SHORT))


def _without_dots_and_tag(values: pa.Array, domain: str) -> pa.Array:
    end = "@" + domain
    here = pc.match_substring_regex(values, "^[^@]*" + end.replace(".", r"\.") + "$")
    if not pc.any(here).as_py():
        return values
    local = pc.replace_substring_regex(values.filter(here), r"(\+.*|@.*)$", "")
    local = pc.replace_substring(local, ".", "")
    return pc.replace_with_mask(
        values, here, pc.binary_join_element_wise(local, _text(end), _text(""))
    )


_Settle = Callable[[Any], tuple[Any, Any]]

_SETTLE: dict[str, _Settle] = {
    "email:uid2:v1": partial(_addresses, ("gmail.com",)),
    "email:google:v1": partial(_addresses, ("gmail.com", "googlemail.com")),
    "email:meta:v1": partial(_addresses, ()),
    "phone:cn11:v1": _matches(s.CHINA_SHAPE),
    "idfa:v1": partial(_devices, s.UUID_SHAPE),
    "gaid:v1": partial(_devices, s.UUID_SHAPE),
    "oaid:v1": partial(_devices, s.OAID_SHAPE),
    "raw:v1": _raw,
}


@dataclass(frozen=True)
class _Rules:
    """Hold what a column declares of its identifiers."""

    profile: str
    region: str | None
    words: Words

    def settle(self, column: pa.Array) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
        """Return the values, and which of them need no second look."""
        function = _digests if self.profile.startswith(HASHED) else _SETTLE.get(self.profile)
        if function is None:
            return column, np.zeros(len(column), dtype=np.bool_)
        values, settled = function(column)
        settled = pc.and_(settled, pc.less_equal(pc.binary_length(column), s.MAXIMUM_BYTES))
        nulls = nulls_of(self.profile, self.region, self.words)
        if nulls:
            settled = _and_not(settled, pc.is_in(pc.ascii_lower(values), _texts(nulls)))
        return values, settled.to_numpy(zero_copy_only=False)

    def one(self, value: str) -> tuple[str, str]:
        """Return a value and no reason, or a reason."""
        try:
            return normalise(value, self.profile, self.region, self.words), ""
        except NotNormalisable as refusal:
            return "", refusal.sentence

    def some(self, values: list[str]) -> list[tuple[str, str]]:
        """Return ``one`` of each."""
        return [self.one(value) for value in values]

    def row_by_row(self, values: list[str], executor: Executor | None) -> Iterable[tuple[str, str]]:
        """Yield ``one`` of each, on the executor's processes if there is one."""
        chunks = [values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK)]
        spread = executor.map if executor is not None and len(chunks) > 1 else map
        for part in spread(self.some, chunks):
            yield from part


def normalise_many(
    column: pa.Array,
    profile: str,
    region: str | None = None,
    executor: Executor | None = None,
    words: Words = NO_OTHER_WORDS,
) -> Normalised:
    """Normalise a column of strings (null counts as empty), as ``normalise`` does one by one.

    What the bulk patterns do not settle is done once per distinct value, on the executor's
    processes if there is one.  Raises ``InvalidInput`` for an unknown profile only.
    """
    find_profile(profile)
    rules = _Rules(profile, region, words)
    column = pc.fill_null(column.cast(pa.large_string()), "")
    values, settled = rules.settle(column)
    codes = np.zeros(len(column), dtype=np.uint8)
    rest = np.flatnonzero(~settled)
    if not len(rest):
        return Normalised(values, codes, ("",))
    odd = column.take(pa.array(rest)).dictionary_encode()
    done = list(rules.row_by_row(odd.dictionary.to_pylist(), executor))
    reasons = tuple(dict.fromkeys(["", *(reason for _, reason in done)]))
    index = odd.indices.to_numpy()
    codes[rest] = np.array([reasons.index(reason) for _, reason in done], dtype=np.uint8)[index]
    fixed = pa.array([value for value, _ in done], type=pa.large_string()).take(odd.indices)
    return Normalised(pc.replace_with_mask(values, pa.array(~settled), fixed), codes, reasons)


def packed(values: pa.Array) -> PackedStrings:
    """View a string or binary column without nulls as packed strings, without a copy if it can."""
    column = values.cast(pa.large_binary())
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    text = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
    return PackedStrings(text, bounds)


def messages(profile: str, values: pa.Array) -> PackedStrings:
    """Return the protocol's message of every normalised value: ``profile || 0x00 || value``."""
    prefix = pa.scalar(profile.encode() + b"\0", type=pa.large_binary())
    nothing = pa.scalar(b"", type=pa.large_binary())
    return packed(pc.binary_join_element_wise(prefix, values.cast(pa.large_binary()), nothing))


def messages_of(profile: str, values: Sequence[str]) -> list[bytes]:
    """Return the protocol's message of each value, in bulk where they are many.

    Raises ``InvalidInput`` for the first that does not normalise; its place is told, not its text.
    """
    if len(values) >= MANY:
        with suppress(UnicodeError):
            found = normalise_many(pa.array(values, type=pa.large_string()), profile)
            if not found.codes.any():
                return list(messages(profile, found.values))
    made = []
    for place, value in enumerate(values):
        try:
            made.append(message(profile, normalise(value, profile)))
        except NotNormalisable:
            raise InvalidInput(f"identifier {place} is none of {profile}") from None
    return made
