"""Who is signed in: in memory alone, so that ending the program ends every session."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from api.console.people import EVERY_ROLE, Person, Role
from cleanroom.errors import Unauthenticated

IDLE_SECONDS = 30 * 60
"""Time without a request after which a session is over."""

LONGEST_SECONDS = 8 * 3600
"""Time after which a session is over however busy it was."""

MOST_SESSIONS = 1000

MOST_OF_ONE = 10
"""Sessions of one key, or of one person: nobody ends another's by opening many."""


@dataclass
class Session:
    """One browser that is signed in; ``csrf`` must come back with everything that it posts."""

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    fingerprint: str
    name: str
    opened: float
    seen: float
    subject: str = ""
    """Who it is at the provider; empty for whoever came by a link of the party's own key."""
    roles: frozenset[Role] = EVERY_ROLE
    rooms: set[str] = field(default_factory=set)
    """Rooms whose log says already that this session reads them."""


class Sessions:
    """Open, find and end sessions; tickets are used up here for consoles without a database."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}
        self._used: set[str] = set()

    def use_up(self, nonce: str) -> None:
        """Take a ticket's nonce; raise ``Unauthenticated`` if it was taken before.

        It is kept for as long as the program runs: the clock may go back to when it was good.
        """
        with self._lock:
            if nonce in self._used:
                raise Unauthenticated("this sign-in link was used")
            self._used.add(nonce)

    def open(self, fingerprint: str, name: str, person: Person | None = None) -> Session:
        """Begin a session of a key, or of a person under it."""
        now = self._elapsed()
        session = Session(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), fingerprint, name, now, now
        )
        if person is not None:
            session.subject, session.roles = person.subject, person.roles
        with self._lock:
            self._forget(now, session)
            self._open[session.token] = session
        return session

    def find(self, token: str | None) -> Session | None:
        """Return the session of a cookie, None if there is none or it is over."""
        now = self._elapsed()
        with self._lock:
            session = self._open.get(token or "")
            if session is None or _over(session, now):
                return None
            session.seen = now
            return session

    def close(self, session: Session) -> None:
        """End a session."""
        with self._lock:
            self._open.pop(session.token, None)

    def _forget(self, now: float, fresh: Session) -> None:
        """Drop what is over, and what was idle longest of whom or of all that have too many."""
        self._open = {key: one for key, one in self._open.items() if not _over(one, now)}
        seen = sorted(self._open.values(), key=lambda one: one.seen)
        own = [one for one in seen if _whose(one) == _whose(fresh)]
        for most, sessions in ((MOST_OF_ONE, own), (MOST_SESSIONS, seen)):
            for session in sessions[: max(0, len(sessions) + 1 - most)]:
                self._open.pop(session.token, None)


def _whose(session: Session) -> tuple[str, str]:
    return session.fingerprint, session.subject


def _over(session: Session, now: float) -> bool:
    return now - session.seen > IDLE_SECONDS or now - session.opened > LONGEST_SECONDS
