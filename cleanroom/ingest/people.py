"""Find the distinct people of a file, and make one row of each where an audience needs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.identifiers import packed
from cleanroom.ingest.texts import Column, Form, Texts, parts
from cleanroom.scratch import Buckets
from protocols.deferred import Deferred
from protocols.limits import VALUE_LIMIT
from protocols.sha256 import sha256_many

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = Deferred("pyarrow")

Integers = npt.NDArray[np.int64]

COMPARED = 1 << 18
"""Of at most so many rows all texts are compared, of more their digests."""

COMPARED_AT_ONCE = 1 << 20
"""Digests that are compared at a time, about."""


@dataclass(frozen=True)
class People:
    """Say whose each row is: ``person[row]`` is a number below ``count``, or -1 for nobody's."""

    person: Integers
    count: int

    @property
    def single(self) -> bool:
        """Tell whether every row is a person's only one: row and person have the same number."""
        rises = self.person[1:] > self.person[:-1]
        return self.count == len(self.person) and bool((self.person[:1] == 0).all() & rises.all())

    def first_rows(self) -> Integers:
        """Return each person's first row."""
        if self.single:
            return self.person
        rows = np.flatnonzero(self.person >= 0)
        first = np.zeros(self.count, dtype=np.int64)
        first[self.person[rows[::-1]]] = rows[::-1]
        return first


@dataclass(frozen=True)
class Named(People):
    """Hold distinct normalised values, too, in order of first occurrence."""

    values: Column

    @classmethod
    def find(cls, batches: list[pa.Array] | Texts) -> Named:
        """Return the people of a column that came in batches; null is nobody.

        The batches become one, so that a column of many rows is never held twice; those of
        ``Texts`` that are put aside stay there.
        """
        held = batches.held() if isinstance(batches, Texts) else batches
        if held is None:
            return cls._aside(batches)
        values = joined(held)
        first = first_alike(values)
        is_first = first == np.arange(len(first))
        if values.null_count:
            is_first &= values.is_valid().to_numpy(zero_copy_only=False)
        if is_first.all():
            return cls(first, len(first), values)
        number = np.cumsum(is_first) - 1
        person = np.where(is_first[first], number[first], -1)
        chosen = values.filter(pa.array(is_first))
        return cls(person, len(chosen), chosen)

    @classmethod
    def _aside(cls, texts: Column) -> Named:
        rows, of = repeats(texts.parts(), len(texts))
        if not len(rows):
            return cls(np.arange(len(texts), dtype=np.int64), len(texts), texts)
        is_first = np.ones(len(texts), dtype=np.bool_)
        is_first[rows] = False
        person = np.cumsum(is_first, dtype=np.int64)
        person -= 1
        person[rows] = person[of]
        chosen = texts.chosen(is_first)
        return cls(person, len(chosen), chosen)


def joined(batches: list[pa.Array]) -> pa.Array:
    """Put what came in batches into one array, which takes their place in the list."""
    rows = sum(map(len, batches))
    if len(batches) != 1 and not sum(batch.null_count for batch in batches):
        offsets = np.zeros(rows + 1, dtype=np.int64)
        text = np.empty(sum(len(packed(batch).buffer) for batch in batches), dtype=np.uint8)
        row = end = 0
        batches.reverse()
        while batches:  # one after the other is let go
            strings = packed(batches.pop())
            start, stop = strings.offsets[0], strings.offsets[-1]
            offsets[row + 1 : row + 1 + len(strings)] = strings.offsets[1:] + (end - start)
            text[end : end + stop - start] = strings.buffer[start:stop]
            row, end = row + len(strings), end + stop - start
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
        batches.append(pa.Array.from_buffers(pa.large_string(), rows, buffers))
    elif len(batches) != 1:
        chunked = pa.chunked_array(batches, type=pa.large_string())
        batches[:] = [chunked.combine_chunks()]
    pa.default_memory_pool().release_unused()
    return batches[0]


def in_one(batches: list[Integers | range]) -> Integers:
    """Put batches of rows into one array; one after the other is let go."""
    found = np.empty(sum(map(len, batches)), dtype=np.int64)
    end = len(found)
    while batches:
        batch = batches.pop()
        rows = np.arange(batch.start, batch.stop) if isinstance(batch, range) else batch
        found[end - len(batch) : end] = rows
        end -= len(batch)
    return found


def first_alike(values: Column, form: Form | None = None) -> Integers:
    """Return for each value the first row that has the same one, or the same form of it.

    Of more than ``COMPARED`` rows 128 bits of SHA-256 are compared: a table of all texts would
    take several times their room.  For 10^8 values two that differ are taken for one with
    probability below 2^-75.  All nulls are alike.
    """
    form = form or (lambda part: part)
    first = np.arange(len(values), dtype=np.int64)
    if len(values) <= COMPARED and not isinstance(values, Texts):
        codes = form(values).dictionary_encode().indices.fill_null(-1).to_numpy()
        _, begins, code = np.unique(codes, return_index=True, return_inverse=True)
        return begins[code] if len(codes) else first
    rows, of = repeats(map(form, parts(values)), len(values))
    first[rows] = of
    return first


def repeats(batches: Iterable[pa.Array], count: int) -> tuple[Integers, Integers]:
    """Return the rows of batches, so many in all, that repeat an earlier one; and which one.

    Rows are compared by 128 bits of SHA-256, those that begin alike at a time.
    """
    bits = (count // COMPARED_AT_ONCE).bit_length()
    buckets = Buckets(1 << bits, 24)
    row = 0
    for part in batches:
        words = np.empty((len(part), 3), dtype=np.uint64)
        words[:, :2] = _digests(part)
        words[:, 2] = np.arange(row, row + len(part), dtype=np.uint64)
        numbers = words[:, 0] >> np.uint64(48)
        buckets.add((numbers >> np.uint64(16 - bits)).astype(np.uint16), words.view(np.uint8))
        row += len(part)
    found = [_repeats_within(rows.view(np.uint64)) for rows in buckets]
    rows, of = (np.concatenate(both) for both in zip(*found, strict=True))
    return rows, of


def _repeats_within(words: npt.NDArray[np.uint64]) -> tuple[Integers, Integers]:
    in_turn = np.sort(words[:, 0])
    twice = in_turn[1:][in_turn[1:] == in_turn[:-1]]
    if not len(twice):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    place = np.searchsorted(twice, words[:, 0]).clip(max=len(twice) - 1)
    some = words[twice[place] == words[:, 0]]
    some = some[np.lexsort(some[:, :2].T)]  # stable: of equal ones the first stands first
    is_new = np.ones(len(some), dtype=np.bool_)
    is_new[1:] = (some[1:, :2] != some[:-1, :2]).any(axis=1)
    row = some[:, 2].astype(np.int64)
    first = row[is_new][np.cumsum(is_new) - 1]
    return row[~is_new], first[~is_new]


def _digests(values: pa.Array) -> npt.NDArray[np.uint64]:
    digests = sha256_many(packed(values.fill_null("")))[:, :16]
    words = np.ascontiguousarray(digests).view(np.uint64)
    if values.null_count:
        words[values.is_null().to_numpy(zero_copy_only=False)] = 0
    return words


def sum_by_person(values: Integers, people: People) -> Integers:
    """Add up each person's values; a sum of 2^61 or more in magnitude is cut to 2^61.

    The sum in floating point only tells whether the exact one, modulo 2^64, may have wrapped.
    """
    exact = np.zeros(people.count, dtype=np.int64)
    np.add.at(exact, people.person, values)
    rough = np.bincount(people.person, weights=values, minlength=len(exact))
    large = np.abs(rough) >= VALUE_LIMIT
    exact[large] = (np.sign(rough[large]) * VALUE_LIMIT).astype(np.int64)
    return exact
