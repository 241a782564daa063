"""Use the time in which nothing waits for a party: draw randomness for the next encryptions.

What is drawn stays in the memory of this process (``protocols.paillier.prepared``): not in the
home, so no copy of the home and no process that starts anew has it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from cleanroom.agent.rooms import Room

if TYPE_CHECKING:
    from protocols.paillier import PrivateKey

QUIET_SECONDS = 1.0
"""Nothing is drawn before so long a pause: until then somebody may wait for the processor."""

_drawn: Final[WeakSet[PrivateKey]] = WeakSet()
"""Keys for which something was drawn; a fork, which shares it with its parent, forgets it."""


@contextmanager
def drawing_ahead(rooms: Collection[Room]) -> Iterator[None]:
    """Draw under the keys that ``rooms`` used, in a thread, until the block ends."""
    over = Event()
    thread = Thread(target=_draw, args=(rooms, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _draw(rooms: Collection[Room], over: Event) -> None:
    if over.wait(QUIET_SECONDS):
        return
    for key in (room.used_key for room in rooms):
        if key is not None:
            _drawn.add(key)
            key.draw_ahead(secrets.token_bytes, over.is_set)


def _forget() -> None:
    for key in _drawn:
        key.drop_ahead()


os.register_at_fork(after_in_child=_forget)
