"""Use the time in which nothing waits for a party: draw randomness for the next encryptions.

What is drawn stays in the memory of this process (``protocols.paillier.prepared``): not in the
home, so no copy of the home and no process that starts anew has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import AbstractContextManager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from cleanroom.agent.rooms import Room
from cleanroom.forks import Forked
from cleanroom.system import in_background

if TYPE_CHECKING:
    from protocols.paillier import PrivateKey

QUIET_SECONDS = 1.0
"""Nothing is drawn before so long a pause: until then somebody may wait for the processor."""


class _Drawn(Forked):
    """Hold the keys for which something was drawn; a fork, which shares it, forgets it."""

    def __init__(self) -> None:
        self.keys: WeakSet[PrivateKey] = WeakSet()
        super().__init__()

    def in_fork(self) -> None:
        for key in self.keys:
            key.drop_ahead()


_drawn: Final = _Drawn()


def drawing_ahead(rooms: Collection[Room]) -> AbstractContextManager[None]:
    """Draw under the keys that ``rooms`` used, in a thread, until the block ends."""
    return in_background(partial(_draw, rooms))


def _draw(rooms: Collection[Room], over: Event) -> None:
    if over.wait(QUIET_SECONDS):
        return
    for key in (room.used_key for room in rooms):
        if key is not None:
            _drawn.keys.add(key)
            key.draw_ahead(secrets.token_bytes, over.is_set)
