"""Let the platform add labels up that stand for shares of credit, unseen by both.

A label of a credit rule stands for a whole vector of credit, which the mediator must not read: a
part of one third tells a path of three touches.  So the mediator adds up per label, and the
platform's agent forms, per key, the sum over its labels of parts times accumulator, on
ciphertexts that it cannot open:

1. ``accumulate`` (mediator): per label the sum of the matched rows under the brand's key, and the
   number of flagged ones under a key of the mediator's own that is made for this job.
2. ``combine`` (platform): the weighted sums per key, its share of the people's noise on the
   counts, all re-randomised.
3. ``release_combined`` (mediator): opens the counts, adds its own share, holds them against tau
   and releases as it does with matched rows.

The mediator opens the counts itself, so the brand has no say in them; the platform's noise is on
them by then, so the mediator cannot solve for the parts.

Nobody can check the platform's weights.  With a weight beyond an honest one it decides by a single
conversion whether a group passes; so nothing that it can see may follow from the counts, neither
a failure, nor how many groups pass, nor how long the mediator works.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from cleanroom.documents.agreement import PartyRole
from cleanroom.engine.layout import Bytes, SideRows
from cleanroom.engine.match import match
from cleanroom.engine.release import Integers, Release, Terms, as_rows, release_counts
from protocols.errors import InvalidMessageError
from protocols.limits import VALUE_LIMIT
from protocols.paillier import PrivateKey, PublicKey, context
from protocols.randomness import Random


@dataclass(frozen=True)
class Accumulators:
    """One encrypted sum of rows and one encrypted number of people per label, empty ones too.

    ``sums`` (labels, width) is under the value owner's key, ``counts`` under the mediator's own.
    """

    sums: Bytes
    counts: Bytes


def accumulate(
    brand: SideRows,
    platform: SideRows,
    receiver: PartyRole,
    labels: int,
    value_key: PublicKey,
    counting: PrivateKey,
    random: Random,
    executor: Executor | None = None,
) -> Accumulators:
    """Match two sides and add up per label of the platform; every sum is re-randomised.

    Raises ``InvalidMessageError`` if a side's rows are not honest ones.
    """
    if brand.ciphertexts is None:
        raise InvalidMessageError("the value side uploaded no ciphertexts")
    matches = match(brand, platform, receiver)
    label = platform.cell[matches.platform]
    flagged = label[brand.flag[matches.brand] & platform.flag[matches.platform]]
    counts = np.bincount(flagged, minlength=labels).tolist()
    sums = value_key.sum_groups(brand.ciphertexts[matches.brand], label, labels, executor)
    return Accumulators(
        sums=as_rows(value_key, value_key.rerandomise_many(sums, random, executor)),
        counts=as_rows(counting.public, counting.encrypt_many(counts, random, executor)),
    )


def counting_context(room: str, job: str) -> bytes:
    """Return what the proof of a job's counting key is bound to; no member's name has a slash."""
    return context(bytes.fromhex(room), f"mediator/{job}")


@dataclass(frozen=True)
class Parts:
    """Say what a label pays: ``part[i]`` of every conversion of ``label[i]`` goes to ``cell[i]``.

    ``person[i]`` is the part that a person counts with, in the same units.
    """

    label: Integers
    cell: Integers
    part: Integers
    person: Integers


def combine(
    accumulators: Accumulators,
    parts: Parts,
    cells: int,
    noise: Sequence[int],
    value_key: PublicKey,
    counting_key: PublicKey,
    random: Random,
    executor: Executor | None = None,
) -> Accumulators:
    """Return one sum and one noised count per cell, unlinked from what they were made of."""
    value_key.check_ciphertexts(accumulators.sums)
    counting_key.check_ciphertexts(accumulators.counts)
    sums, counts = [], []
    for cell, share in zip(range(cells), noise, strict=True):
        chosen = np.flatnonzero(parts.cell == cell)
        labels = parts.label[chosen]
        weights = parts.part[chosen].tolist(), parts.person[chosen].tolist()
        sums.append(value_key.weighted_product(_read(accumulators.sums, labels), weights[0]))
        people = counting_key.weighted_product(_read(accumulators.counts, labels), weights[1])
        counts.append(counting_key.add_plain(people, share))
    return Accumulators(
        as_rows(value_key, value_key.rerandomise_many(sums, random, executor)),
        as_rows(counting_key, counting_key.rerandomise_many(counts, random, executor)),
    )


def _read(rows: Bytes, labels: Integers) -> list[int]:
    return [int.from_bytes(rows[label].tobytes(), "big") for label in labels]


def release_combined(
    terms: Terms,
    combined: Accumulators,
    counting: PrivateKey,
    random: Random,
    executor: Executor | None = None,
) -> Release:
    """Open the counts, hold them against the threshold, release the sums of what passes.

    Raises ``InvalidMessageError`` or ``InvalidCiphertextError`` if what the platform sent cannot
    be the sums of a job, whatever they hold; nothing is released then.
    """
    key, cells = terms.value_key, terms.plan.cells
    if key is None or len(combined.sums) != cells or len(combined.counts) != cells:
        raise InvalidMessageError("there is one sum and one count for every group")
    key.check_ciphertexts(combined.sums)
    counting.public.check_ciphertexts(combined.counts)
    counts = _open_counts(combined.counts, counting, executor)

    def add(place_of: Integers) -> list[int]:
        return key.sum_groups(combined.sums, place_of[:-1], terms.plan.outputs, executor)

    return release_counts(terms, counts, add, random, executor)


def _open_counts(rows: Bytes, counting: PrivateKey, executor: Executor | None) -> list[int]:
    """Decrypt the counts, clipped to 2^61; noise can make one negative: above n / 2 is below zero.

    A count that no honest platform sends is clipped, not refused: a platform that gives one person
    a weight of 2^61 would read from the failure whether that person converted.
    """
    n = counting.public.n
    opened = counting.decrypt_many([int.from_bytes(row.tobytes(), "big") for row in rows], executor)
    signed = [value - n if value > n // 2 else value for value in opened]
    return [max(-VALUE_LIMIT, min(VALUE_LIMIT, value)) for value in signed]
