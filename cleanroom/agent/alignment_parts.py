"""Run a large alignment part by part, keep what is done, and go on with what is missing.

Of a part that both sides finished each keeps T of its identifiers, in the vault, and what the
transcript was then.  An attempt that comes after one that broke off begins with both sides saying
what they have; a part of which the transcripts agree is done, every other is run anew, with fresh
secrets.  What a part's secrets were is written down nowhere, so nobody is answered by them twice.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cleanroom.agent import endings, erased
from cleanroom.agent.aligned_people import Entrants
from cleanroom.agent.vault import Blocks
from cleanroom.errors import InvalidInput
from cleanroom.scratch import Buckets
from protocols.alignment import Context, Frame, Participant, parts
from protocols.alignment.profiles import profile
from protocols.errors import InvalidMessageError
from protocols.limits import SECRET_BYTES

if TYPE_CHECKING:
    from cleanroom.agent.alignments import LocalAlignment

Bytes = npt.NDArray[np.uint8]
Talk = Callable[[Participant], bytes]
"""Runs a participant to its end; returns the transcript so far."""

AT_ONCE = 1 << 20
"""Rows that are brought into order at a time."""

DIGEST_BYTES = 32


class Claims:
    """Tell the peer which parts are done here, and hear which are done there."""

    def __init__(self, own: list[bytes]) -> None:
        self._own = own
        self._peers: list[bytes] | None = None

    def start(self) -> Iterator[Frame]:
        """Yield what this side has."""
        return iter((Frame("parts", 0, b"".join(self._own)),))

    def receive(self, frame: Frame) -> Iterator[Frame]:
        """Take what the peer has; InvalidMessageError for anything else."""
        size = DIGEST_BYTES * len(self._own)
        if self._peers is not None or (frame.step, frame.chunk, len(frame.payload)) != (
            "parts",
            0,
            size,
        ):
            raise InvalidMessageError("the peer does not say which parts it has")
        starts = range(0, size, DIGEST_BYTES)
        self._peers = [frame.payload[at : at + DIGEST_BYTES] for at in starts]
        return iter(())

    @property
    def finished(self) -> bool:
        """Tell whether the peer has said it."""
        return self._peers is not None

    def missing(self) -> list[int]:
        """Return the parts that are not done on both sides, with one transcript."""
        both = zip(self._own, self._peers or (), strict=True)
        none = bytes(DIGEST_BYTES)
        return [
            number
            for number, (own, peers) in enumerate(both)
            if hmac.compare_digest(own, none) or not hmac.compare_digest(own, peers)
        ]

    def secrets(self) -> Bytes:
        """Return nothing: nobody is aligned by this."""
        return np.zeros((0, SECRET_BYTES), dtype=np.uint8)

    def erase(self) -> None:
        """Forget nothing: what is told is no secret of this side's."""


def run(
    alignment: LocalAlignment,
    context: Context,
    people: Entrants,
    talk: Talk,
    executor: Executor | None,
) -> Bytes | Blocks:
    """Run an alignment, of a large one the parts that are missing; return T of everybody."""
    bits = parts.part_bits(context)
    make = partial(
        profile(alignment.document.profile), random=secrets.token_bytes, executor=executor
    )
    if bits == 0:
        return _finished(make(context, people.whole()), talk)[0]
    claims = Claims([_claim(alignment, number) for number in range(1 << bits)])
    talk(claims)
    missing = claims.missing()
    members, buckets = _divided(context, bits, people, missing, alignment.folder)
    try:
        for number in missing:
            of_part = parts.part_of(context, bits, number)
            entries = parts.entries(buckets.take(number), of_part.own_count)
            _keep(alignment, number, *_finished(make(of_part, entries), talk))
    finally:
        buckets.close()
    shape = (len(members), SECRET_BYTES)
    return Blocks(np.dtype(np.uint8), shape, _in_order(alignment, members))


def _finished(participant: Participant, talk: Talk) -> tuple[Bytes, bytes]:
    """Return T of what was entered, and the transcript."""
    try:
        transcript = talk(participant)
        return participant.secrets(), transcript
    finally:
        participant.erase()


def _divided(
    context: Context,
    bits: int,
    people: Entrants,
    missing: list[int],
    folder: Path,
) -> tuple[npt.NDArray[np.uint16], Buckets]:
    """Return the part of everybody, and what is entered for each part that is missing."""
    buckets = Buckets(1 << bits, DIGEST_BYTES, folder)
    wanted = np.zeros(1 << bits, dtype=np.bool_)
    wanted[missing] = True
    members = []
    for block in people.blocks():
        found = parts.digests(context, block)
        numbers = parts.numbers(found, bits)
        members.append(numbers)
        chosen = wanted[numbers]
        buckets.add(numbers[chosen], found[chosen])
    return np.concatenate([np.zeros(0, dtype=np.uint16), *members]), buckets


def _in_order(alignment: LocalAlignment, members: npt.NDArray[np.uint16]) -> Iterator[Bytes]:
    """Yield T of everybody in blocks, out of the parts that hold it, ``members`` of each one.

    ``InvalidInput`` if parts are of other people.
    """
    loads = np.bincount(members)
    for number in np.flatnonzero(loads).tolist():
        _rows(alignment, number, 0, 0, of=int(loads[number]))
    taken = np.zeros_like(loads)
    for start in range(0, len(members), AT_ONCE):
        numbers = members[start : start + AT_ONCE]
        order = np.argsort(numbers, kind="stable")
        ends = np.cumsum(np.bincount(numbers, minlength=len(taken)))
        out = np.empty((len(numbers), SECRET_BYTES), dtype=np.uint8)
        for number, places in enumerate(np.split(order, ends[:-1])):
            if len(places):
                out[places] = _rows(alignment, number, int(taken[number]), len(places))
        taken += np.diff(ends, prepend=0)
        yield out


def _rows(
    alignment: LocalAlignment, number: int, start: int, count: int, of: int | None = None
) -> Bytes:
    with alignment.room.home.vault.opened_arrays(_file(alignment, number)) as kept:
        found = kept["secrets"]
        if start + count > len(found) or of not in (None, len(found)):
            raise InvalidInput(f"Part {number} of the alignment holds other people.")
        return found[start : start + count]


def _file(alignment: LocalAlignment, number: int) -> Path:
    return alignment.folder / f"part-{number}"


def _claim(alignment: LocalAlignment, number: int) -> bytes:
    """Return the transcript of a part that is done here, zeros if it is not."""
    file = _file(alignment, number)
    if not file.exists():
        return bytes(DIGEST_BYTES)
    with alignment.room.home.vault.opened_arrays(file) as kept:
        return kept["transcript"][:].tobytes()


def _keep(alignment: LocalAlignment, number: int, found: Bytes, transcript: bytes) -> None:
    home = alignment.room.home
    with erased.steady(home):
        # People may have been erased while the two agents talked.
        endings.check(home, alignment.room.identity, alignment.own_datasets)
        home.vault.write_arrays(
            _file(alignment, number),
            transcript=np.frombuffer(transcript, dtype=np.uint8),
            secrets=found,
        )


def forget(folder: Path) -> None:
    """Delete the parts of an alignment: its secrets are kept whole, or nobody's any more."""
    for file in folder.glob("part-*"):
        file.unlink(missing_ok=True)
