"""Align two parties by oblivious transfer extension: the fast profile, ``ot``.

``profile`` makes participants (``protocols.alignment.Profile``); ``warm_up`` compiles the loops.
The model, the parameters and what is not covered: ``docs/explanation/ot-alignment.md``.
"""

from __future__ import annotations

from collections import deque

from protocols.alignment import Context, Frame, Profile
from protocols.alignment.ot.participant import ObliviousTransferParticipant
from protocols.randomness import Random
from protocols.strings import PackedStrings

profile: Profile = ObliviousTransferParticipant
"""Make a participant of the ``ot`` profile."""


def warm_up(random: Random) -> None:
    """Run a tiny alignment so that every loop is compiled, or loaded from the cache.

    Compiling takes some seconds once per machine and version, loading well under a second: tell
    the user before calling.
    """
    rows = PackedStrings.pack([bytes([number]) for number in range(64)])
    sides = [
        ObliviousTransferParticipant(Context(bytes(16), bytes(16), position, 64, 64), rows, random)
        for position in (0, 1)
    ]
    waiting: deque[tuple[int, Frame]] = deque(
        (1 - side, frame) for side in (0, 1) for frame in sides[side].start()
    )
    while waiting:
        receiver, frame = waiting.popleft()
        waiting.extend((1 - receiver, answer) for answer in sides[receiver].receive(frame))
