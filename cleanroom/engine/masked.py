"""Add up lattice rows: the owner of the values opens masked sums and returns them under Paillier.

0. ``encrypt_values`` (owner): its rows, under keys of this one job.
1. ``mask_release`` (mediator): thresholds as ever, adds up the rows of every released group, and
   masks the sums.  All outputs are masked, those without a group too.
2. ``open_masked_sums`` (owner): opens numbers that are uniform to it, returns one Paillier
   ciphertext per output.
3. ``finish_release`` (mediator): takes the masks off and releases as it does with Paillier rows.

The owner sees as many numbers as the plan has outputs, each uniform whatever the rows and the
matches are (``protocols.lattice.opening``), in places that were shuffled.  Masks and masked sums
are drawn once: two masks on one sum would tell nothing, but a second set of sums under one key
would spend openings that the key does not have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass

import numpy as np

from cleanroom.engine import hub
from cleanroom.engine.hub import HubInputs
from cleanroom.engine.layout import Bytes
from cleanroom.engine.release import (
    Inputs,
    Integers,
    Passed,
    Release,
    ReleasedGroup,
    Terms,
    as_rows,
    count_people,
    finish,
    matches_of,
    pair_cells,
    places_of,
    read_row,
    threshold,
)
from cleanroom.privacy.release import Pooled, Suppression
from protocols.errors import InvalidMessageError
from protocols.lattice import (
    Blocks,
    PublicKey,
    SecretKey,
    block_count,
    check_seeds,
    encrypt,
    mask_sums,
    masked_bytes,
    open_masked,
    pack_opened,
    read_masked,
    sum_groups,
    take_off,
)
from protocols.lattice.wire import read_residues
from protocols.limits import LATTICE_OPENINGS
from protocols.paillier import PrivateKey
from protocols.randomness import Random
from protocols.secret import Secret

CONTEXT = b"cleanroom/row-values/1"


def key_context(room: str, job: str, side: str, number: int) -> bytes:
    """Return what one lattice key is for: one of the keys of one side in one job."""
    return CONTEXT + bytes.fromhex(room + job) + bytes([number]) + side.encode()


def check_rows(rows: Bytes, *, seeds: bool) -> None:
    """Refuse seeds of which one comes twice, or other rows with a residue out of range.

    Raises ``InvalidMessageError`` that names the row, from 0.
    """
    if seeds:
        check_seeds(rows)
    else:
        read_residues(rows, "polynomial")


Values = Iterable[tuple[PublicKey, Blocks]]
"""One side's values for one job: for each key in turn, all its rows under that key."""


def read_values(
    contexts: Sequence[bytes],
    measures: int,
    rows: int,
    shares: Bytes,
    seeds: Bytes,
    part: Callable[[int, int], Bytes],
) -> Values:
    """Read the three messages of lattice values, whose widths are checked.

    ``part(start, end)`` returns rows of the values: a job may have gigabytes of them, so they are
    read when the turn of their key comes.

    Raises:
        RemoteError: on a residue that is not below its prime, a seed that is not new in the whole
            upload, or another number of rows than there must be.
    """
    blocks = block_count(rows)
    if (len(shares), len(seeds)) != (len(contexts) * measures, len(contexts) * blocks):
        raise InvalidMessageError("the values are not as many as the rows")
    check_seeds(seeds)
    return _by_key(contexts, measures, blocks, shares, seeds, part)


def _by_key(
    contexts: Sequence[bytes],
    measures: int,
    blocks: int,
    shares: Bytes,
    seeds: Bytes,
    part: Callable[[int, int], Bytes],
) -> Values:
    for number, context in enumerate(contexts):
        share = shares[number * measures : (number + 1) * measures]
        own = seeds[number * blocks : (number + 1) * blocks]
        first = number * blocks * measures
        yield _read_key(context, share, own, part(first, first + blocks * measures))


def _read_key(
    context: bytes, share: Bytes, seeds: Bytes, values: Bytes
) -> tuple[PublicKey, Blocks]:
    measures = len(share)
    if len(values) != len(seeds) * measures:
        raise InvalidMessageError("the values are not as many as the rows")
    polynomials = read_residues(values, "polynomial")
    shaped = polynomials.reshape(len(seeds), measures, *polynomials.shape[1:])
    return PublicKey.from_bytes(share.tobytes(), context, measures), Blocks(seeds, shaped)


@dataclass(frozen=True)
class Masked:
    """The first half of a release: ``sums`` (outputs, width) go to their owner, the rest stays.

    ``masks`` are R modulo 2^64 per output and measure.
    """

    passed: Passed
    sums: Bytes
    masks: list[list[int]]

    def kept(self) -> bytes:
        """Return what the second half needs besides the owner's answer."""
        return json.dumps({**asdict(self.passed), "masks": self.masks}).encode()


def read_kept(data: bytes) -> tuple[Passed, list[list[int]]]:
    """Return what passed, and the masks, from what ``Masked.kept`` wrote."""
    found = json.loads(data)
    pooled = found["pooled"]
    passed = Passed(
        tuple(ReleasedGroup(**group) for group in found["groups"]),
        Pooled(
            tuple(pooled["released"]),
            tuple(pooled["other"]),
            tuple(pooled["suppressed"]),
            tuple(Suppression(**rule) for rule in pooled["rules"]),
        ),
        tuple(found["people"]),
    )
    return passed, found["masks"]


def mask_release(
    inputs: Inputs | HubInputs, values: Values, random: Random, executor: Executor | None = None
) -> Masked:
    """Match two sides, choose what passes the threshold, and mask the sums of all outputs.

    Raises ``InvalidMessageError`` if a side's rows are not honest ones.
    """
    passed, place = passing(inputs, random)
    sums: list[Bytes] = []
    masks: list[list[int]] = []
    for key, blocks in values:
        first = len(sums) * LATTICE_OPENINGS
        count = min(LATTICE_OPENINGS, inputs.plan.outputs - first)
        own = np.where((place >= first) & (place < first + count), place - first, -1)
        added = sum_groups(key.context, blocks, own, count, executor)
        masked, drawn = mask_sums(key, added, random)
        sums.append(masked.to_rows())
        masks += drawn
        del blocks  # those of the next key are read now
    return Masked(passed, np.vstack(sums), masks)


def passing(inputs: Inputs | HubInputs, random: Random) -> tuple[Passed, Integers]:
    """Return what passes the threshold, and the place of every row of the values, -1 for none."""
    if isinstance(inputs, HubInputs):
        return hub.passing(inputs, random)
    matches = matches_of(inputs)
    cell = pair_cells(inputs, matches)
    passed = threshold(inputs, count_people(inputs, matches, cell).tolist(), random)
    on_brand = inputs.plan.value_side == "brand"
    place = np.full(len(inputs.brand if on_brand else inputs.platform), -1, dtype=np.int64)
    rows = matches.brand if on_brand else matches.platform
    # A made-up row of the receiver may match twice; the values are its own then, and added once.
    place[rows] = places_of(inputs.plan, passed)[cell]
    return passed, place


def encrypt_values(
    roots: Sequence[Secret],
    contexts: Sequence[bytes],
    values: Integers,
    random: Random,
    threads: Executor | None = None,
) -> Iterator[tuple[bytes, Iterator[Blocks]]]:
    """Encrypt ``values`` (rows, measures) under a key of each root, one key after the other.

    Yields a key's public share and its blocks, which are to be taken before the next key.
    """
    for root, context in zip(roots, contexts, strict=True):
        secret = SecretKey(root, context, values.shape[1])
        yield secret.public.to_bytes(), encrypt(secret, values, random, threads)


def sums_bytes(outputs: int, measures: int) -> int:
    """Return how many bytes the masked sums of a job have."""
    return outputs * masked_bytes(measures)


def open_masked_sums(
    key: PrivateKey,
    roots: Sequence[Secret],
    contexts: Sequence[bytes],
    slots: Sequence[int],
    masked: Bytes,
    random: Random,
    executor: Executor | None = None,
) -> Bytes:
    """Open masked sums, ``slots`` of them per output, and encrypt each output under Paillier.

    Raises:
        InvalidMessageError: on another width, a residue that is not below its prime, or more
            outputs than the keys may open.
    """
    if not len(masked) <= len(roots) * LATTICE_OPENINGS:
        raise InvalidMessageError("there are more sums than the keys may open")
    plain: list[int] = []
    for number, (root, context) in enumerate(zip(roots, contexts, strict=True)):
        part = masked[number * LATTICE_OPENINGS : (number + 1) * LATTICE_OPENINGS]
        secret = SecretKey(root, context, len(slots))
        opened = open_masked(secret, read_masked(part, len(slots)))
        plain += [pack_opened(key.public.bits, numbers, slots) for numbers in opened]
    return as_rows(key.public, key.encrypt_many(plain, random, executor))


def finish_release(
    terms: Terms,
    passed: Passed,
    masks: Sequence[Sequence[int]],
    opened: Bytes,
    random: Random,
    executor: Executor | None = None,
) -> Release:
    """Take the masks off what the owner returned, and release it.

    Raises ``InvalidMessageError`` or ``InvalidCiphertextError`` if it cannot be what was asked
    for; nothing is released then.
    """
    key, slots = terms.value_key, [slot.slot for slot in terms.plan.slots]
    if key is None or len(opened) != len(masks):
        raise InvalidMessageError("there is one opened ciphertext for every output")
    sums = [
        take_off(key, read_row(key, opened, place), drawn, slots)
        for place, drawn in enumerate(masks)
    ]
    return finish(terms, passed, sums, random, executor, wrapped=True)
