"""Carry the frames of an attempt through the mediator: few requests, each as full as it may be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cleanroom.errors import InvalidInput, PeerFault
from cleanroom.room.states import AlignmentState
from protocols.alignment import Frame
from protocols.sealing import Channel

if TYPE_CHECKING:
    from cleanroom.agent.alignments import LocalAlignment

POLL = 0.1
"""Seconds before a mediator is asked again that had nothing new, or no thread to wait with."""

TOGETHER_BYTES = 3 << 20
"""Bytes from which on frames wait for no others: with the longest frame they stay below what a
mediator takes as one message."""


def present(alignment: LocalAlignment, attempt: int, wait: int | None = None) -> dict[str, Any]:
    """Return what the mediator shows of an attempt; raise ``PeerFault`` once it was given up.

    With ``wait`` as soon as both sides take part, after so many seconds at most.
    """
    proposed = None if wait is None else AlignmentState.PROPOSED
    return of_attempt(alignment.room.client.alignment(alignment.identity, proposed, wait), attempt)


def of_attempt(item: dict[str, Any], attempt: int) -> dict[str, Any]:
    """Return what is shown of an alignment; raise ``PeerFault`` unless that attempt goes on."""
    if item["attempt"] != attempt or item["state"] == "FAILED":
        raise PeerFault("The peer gave up this attempt.")
    return item


@dataclass
class Relay:
    """Carry frames through the mediator, sealed and signed, in order.

    The last message that is to be sent waits for ``take``, if that comes before another one: one
    request then brings it and fetches the peer's.
    """

    alignment: LocalAlignment
    attempt: int
    channel: Channel
    sent: int = 0
    received: int = 0
    _taken: deque[Frame] = field(default_factory=deque)
    _held: bytes | None = None
    _apart: bool = False
    """Whether the mediator is one of before, which refuses to bring and take with one request."""

    def send(self, frames: Iterable[Frame]) -> None:
        """Hand the mediator the next frames for the peer, several together while they are short."""
        for data in self.channel.seal_together(frames, TOGETHER_BYTES):
            self.pass_on()
            self._held = data

    def pass_on(self) -> None:
        """Send the message that waits, if there is one."""
        if self._held is not None:
            self._post(self._held)

    def take(self, wait: int) -> Frame | None:
        """Return the peer's next frame, None if there is none yet."""
        if self._taken:
            self.pass_on()
            return self._taken.popleft()
        if self._held is not None and not self._apart:
            data = self._post(self._held, self.received, wait)
        else:
            self.pass_on()
            client = self.alignment.room.client
            data = client.next_message(self.alignment.identity, self.attempt, self.received, wait)
        if data is None:
            return None
        self._taken += self.channel.open_together(data)
        self.received += 1
        return self._taken.popleft()

    def _post(self, data: bytes, *asked: int) -> bytes | None:
        client, identity = self.alignment.room.client, self.alignment.identity
        try:
            found = client.send_message(identity, self.attempt, self.sent, data, *asked)
        except InvalidInput:
            if not asked:
                raise
            self._apart = True
            found = client.send_message(identity, self.attempt, self.sent, data)
        self.sent, self._held = self.sent + 1, None
        return found

    def pause(self) -> None:
        """Wait a little for the peer; raise ``PeerFault`` if the attempt was given up."""
        present(self.alignment, self.attempt)
        time.sleep(POLL)
