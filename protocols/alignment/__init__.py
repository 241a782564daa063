"""Join the people of two parties so that neither learns whom the other has.

Two participants and a relay in, one secret ``T`` per identifier out (32 bytes); two rows have the
same ``T`` exactly if they hold the same identifier.  A participant is a machine without input or
output: it is given frames and returns frames, in this order and no other:

1. ``start()`` yields the frames that need no answer first.  It is lazy: draw from it and
   ``receive`` what comes in by turns, so that both sides work at once.
2. Every frame of the peer goes to ``receive``, in the order in which the peer sent it.
3. When ``finished``, ``secrets()`` may be read, once; ``erase()`` forgets the keys in any case.

A frame that breaks a rule raises ``RemoteError``; the participant is then of no more use, and a
new attempt starts with fresh secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from protocols.randomness import Random
from protocols.strings import PackedStrings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class Frame:
    """Carry one chunk of one step from a participant to its peer."""

    step: str
    chunk: int
    payload: bytes


@dataclass(frozen=True)
class Context:
    """Bind an alignment to its room, its parties and its declared sizes.

    ``room`` and ``alignment`` are 16 bytes each.  ``position`` is 0 for the participant whose
    name sorts first and 1 for the other: it fixes the order of the two functions in T.
    ``own_count`` and ``peer_count`` are the padded sizes that the two sides declared; ``attempt``
    counts the attempts at this alignment from 1.  Where it is one of several parts of these sizes,
    ``part_bits`` is the logarithm of how many there are: bounds hold for all of them together.
    """

    room: bytes
    alignment: bytes
    position: int
    own_count: int
    peer_count: int
    attempt: int = 1
    part_bits: int = 0


class Participant(Protocol):
    """Run one side of an alignment, bytes in, frames out."""

    def start(self) -> Iterator[Frame]:
        """Yield the frames that this side sends of its own accord, lazily."""
        ...

    def receive(self, frame: Frame) -> Iterator[Frame]:
        """Take one frame of the peer, in order, and yield the answers to it."""
        ...

    @property
    def finished(self) -> bool:
        """Tell whether every frame of both directions has passed."""
        ...

    def secrets(self) -> npt.NDArray[np.uint8]:
        """Return T per identifier in the order of the input, shape (rows, 32)."""
        ...

    def erase(self) -> None:
        """Forget every key and every intermediate value."""
        ...


class Profile(Protocol):
    """Make a participant: the one signature that every alignment profile has.

    ``identifiers`` are the distinct ``profile || 0x00 || normalised value`` byte strings of this
    side; ``executor`` runs the heavy pure functions in processes, or in this one if None.
    """

    def __call__(
        self,
        context: Context,
        identifiers: PackedStrings,
        random: Random,
        executor: Executor | None = None,
    ) -> Participant:
        """Return a participant with fresh secrets."""
        ...
