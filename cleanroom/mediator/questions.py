"""Pass questions about single people on to the brand's server, which dials out for them.

A platform whose servers reach the mediator alone asks here and waits; the brand's server asks for
the next question and brings the reply to the one before.  Both are signed for each other and
blinded, so the mediator reads nothing of them but their size.  They are held in memory, and no
longer than whoever asked waits.  The mediator connects to nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator.context import LEAST_POLL, SEATS_OF_ONE, Caller, Context, Seats, membership
from cleanroom.room.serving import granted
from cleanroom.room.states import RoomState
from protocols.limits import CHUNK_BYTES, VOPRF_BATCH

TICKET_BYTES: Final = 16
"""What names a question to the brand's server, and nothing else does."""

QUESTION_BYTES: Final = 256 + 32 * (VOPRF_BATCH + 1)
"""Most bytes of a question: signature, head, and one element more than is answered, so that too
large a batch is refused by the brand as what it is."""

REPLY_BYTES: Final = CHUNK_BYTES // 2 + 256
"""Most bytes of a reply: a piece of the table with its signature."""

MOST_WAITING: Final = 64
"""Questions under one grant that may wait for the brand's server to ask for them."""

SEATS_OF_KEY: Final = 4 * SEATS_OF_ONE
"""Requests of one key that may wait under all of its grants; ``SEATS_OF_ONE`` under each."""


@dataclass(eq=False)
class _Call:
    """A question on its way."""

    question: bytes = field(repr=False)
    done: Event = field(default_factory=Event)
    reply: bytes | None = field(default=None, repr=False)


@dataclass(eq=False)
class _Poll:
    """A connection of the brand's server that waits for a question."""

    filled: Event = field(default_factory=Event)
    call: _Call | None = None


@dataclass(eq=False)
class Line:
    """Both ends of the questions under one grant, as they meet in this process."""

    name: str = ""
    lock: Lock = field(default_factory=Lock)
    waiting: deque[_Call] = field(default_factory=deque)
    polls: list[_Poll] = field(default_factory=list)
    asked: dict[bytes, _Call] = field(default_factory=dict)

    def put(self, call: _Call) -> bool:
        """Hand a question to the poll that came last, or let it wait; False if too many do.

        The last one is the likeliest to have somebody behind it still.
        """
        with self.lock:
            if self.polls:
                poll = self.polls.pop()
                poll.call = call
                poll.filled.set()
                return True
            if len(self.waiting) >= MOST_WAITING:
                return False
            self.waiting.append(call)
            return True

    def leave(self, call: _Call) -> None:
        """Forget a question that nobody waits for any more, wherever it is."""
        with self.lock:
            if call in self.waiting:
                self.waiting.remove(call)
            for ticket in [one for one, known in self.asked.items() if known is call]:
                del self.asked[ticket]
            call.done.set()

    def take(self, poll: _Poll, ticket: bytes, wait: Callable[[Event], None]) -> bytes | None:
        """Return the next question behind its ticket, None if none comes while this waits."""
        with self.lock:
            if self.waiting:
                poll.call = self.waiting.popleft()
            else:
                self.polls.append(poll)
        if poll.call is None:
            wait(poll.filled)
        with self.lock:
            if poll in self.polls:
                self.polls.remove(poll)
            if poll.call is None or poll.call.done.is_set():
                return None
            self.asked[ticket] = poll.call
            return ticket + poll.call.question

    def answer(self, ticket: bytes, reply: bytes) -> None:
        """Give a reply to whoever asked; one that comes too late, or twice, is dropped."""
        with self.lock:
            call = self.asked.pop(ticket, None)
            if call is not None:
                call.reply = reply
                call.done.set()


class Questions:
    """Serve both ends."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = Lock()
        self._lines: dict[tuple[str, int], Line] = {}
        # A quarter is left to agents, however many are served.
        self._of_keys = Seats(max(1, context.seats.free * 3 // 4), SEATS_OF_KEY)

    def line(self, caller: Caller, room: str, place: int, *, asks: bool) -> Line:
        """Return the line of a grant to the one side that may use this end of it.

        Raises ``NotFound`` for anybody else.
        """
        with self._context.store.read() as transaction:
            member = membership(transaction, caller, room)
        grant, terms = granted(member.agreement, place)
        if member.party != (terms.platform if asks else grant.party):
            raise NotFound("there is no such end of a grant of serving")
        with self._lock:
            return self._lines.setdefault((room, place), Line(f"{room}/{place}"))

    def check(self, room: str, place: int, question: bytes) -> None:
        """Raise ``InvalidInput`` for a size that no question has.

        Raises ``Conflict`` if nothing is served under the grant, or no more.
        """
        _check_size("question", question, QUESTION_BYTES)
        with self._context.store.read() as transaction:
            row = transaction.get("rooms", id=room)
            served = transaction.get("servings", room=room, place=place)
        if row is None or row["state"] != RoomState.ACTIVE:
            raise Conflict("the room is not active", rule="room-state")
        if served is None or not served["number"] or served["closed"] is not None:
            raise Conflict("nothing is served under this grant", rule="serving-closed")

    def ask(self, caller: Caller, line: Line, question: bytes, wait: float) -> bytes | None:
        """Return the reply to a checked question, None if none comes within so many seconds."""
        call = _Call(question)
        with self._seat(caller, line) as may_wait:
            try:
                if may_wait and line.put(call):
                    self._wait(call.done, wait)
            finally:
                line.leave(call)
        return call.reply

    def next(self, caller: Caller, line: Line, reply: bytes, wait: float) -> bytes | None:
        """Take the reply to a question, if there is one, and return the next question.

        Each stands behind its ticket; None if no question comes within so many seconds.  Raises
        ``InvalidInput`` for a size that no reply has.
        """
        if reply:
            _check_size("reply", reply[TICKET_BYTES:], REPLY_BYTES)
            line.answer(reply[:TICKET_BYTES], reply[TICKET_BYTES:])
        with self._seat(caller, line) as may_wait:
            seconds = wait if may_wait else 0.0
            ticket = self._context.random(TICKET_BYTES)
            return line.take(_Poll(), ticket, lambda event: self._wait(event, seconds))

    @contextmanager
    def _seat(self, caller: Caller, line: Line) -> Iterator[bool]:
        """Hold a seat beside those of the key's agent, or yield False.

        A key has a share for each grant, so that one it serves or asks under takes none of
        another's; and a share for all of them, so that many grants do not take everybody's.
        """
        with ExitStack() as held:
            shares = (
                (self._context.seats, f"{caller.fingerprint} {line.name}"),
                (self._of_keys, caller.fingerprint),
            )
            yield all(held.enter_context(seats.take(name)) for seats, name in shares)

    def _wait(self, event: Event, seconds: float) -> None:
        """Wait for an event, but not for a mediator that is about to end."""
        elapsed = self._context.clock.elapsed
        end = elapsed() + min(seconds, self._context.settings.long_poll_seconds)
        while (left := end - elapsed()) > 0 and not event.wait(min(left, LEAST_POLL)):
            if not self._context.bell.wait(0.0):
                return


def _check_size(what: str, data: bytes, most: int) -> None:
    if not 0 < len(data) <= most:
        raise InvalidInput(f"a {what} has 1 to {most} bytes")
