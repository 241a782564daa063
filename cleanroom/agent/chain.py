"""Say things in a room: signed, numbered, each naming the one before.

The statement is on disk before it is sent.  After a crash the next call sends it again first; the
mediator answers a repeated statement like the first time, so nothing is said twice or lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from cleanroom.agent import endings
from cleanroom.agent.home import Home, read_json, write_json
from cleanroom.agent.http import Client
from cleanroom.documents.dataset import Dictionary
from cleanroom.documents.statement import (
    NOTHING_BEFORE,
    Kind,
    SignedStatement,
    Statement,
    sign_statement,
)
from cleanroom.errors import CleanroomError, Conflict, InvalidInput, PolicyRefusal
from cleanroom.files import held

BEHIND: Final = (
    "This party has signed more in this room than this home knows of, so it can sign nothing"
    " here from this home. If a copy of the home signed it, use that one; otherwise another"
    " member has to close the room."
)


@dataclass(frozen=True)
class Pending:
    """What may have been sent already: where to, the statement, its attachment."""

    path: str
    statement: dict[str, Any]
    attachment: dict[str, Any] | None


@dataclass(frozen=True)
class State:
    """Say how far a chain is: the next statement's number, the digest of the one before it."""

    sequence: int = 0
    previous: str = NOTHING_BEFORE
    pending: Pending | None = None


@dataclass(frozen=True)
class Chain:
    """Speak as one party in one room; several processes of the party may share the home."""

    home: Home
    client: Client
    room: str

    def say(
        self,
        path: str,
        kind: Kind,
        body: dict[str, Any],
        attachment: Dictionary | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Sign and post a statement; return the mediator's answer.

        ``check`` raises what keeps it from being said.  It looks once nobody else of this home can
        say anything, and so end what the statement is about.

        Raises what the mediator refused; the chain has then not moved.
        """
        with self._locked() as file:
            check()
            state = self._resend(file, read_json(file, State) if file.exists() else State())
            statement = Statement(
                room=self.room,
                party=self.home.card.name,
                kind=kind,
                sequence=state.sequence,
                previous=state.previous,
                body=body,
            )
            signed = sign_statement(statement, self.home.signing)
            pending = Pending(path, signed.to_json(), attachment.to_json() if attachment else None)
            endings.remember(self.home, self.room, kind, body)
            _write(file, replace(state, pending=pending))
            return self._send(file, state, pending)

    def end(self, kind: Kind, body: dict[str, Any]) -> None:
        """Remember what a statement ends, whether or not there is anybody to say it to."""
        with self._locked():
            endings.remember(self.home, self.room, kind, body)

    def finish(self) -> None:
        """Send once more what was on its way when a process before this one ended."""
        with self._locked() as file:
            if file.exists():
                self._resend(file, read_json(file, State))

    def _resend(self, file: Path, state: State) -> State:
        if state.pending is None:
            return state
        before = replace(state, pending=None)
        try:
            self._send(file, before, state.pending)
        except (PolicyRefusal, InvalidInput, Conflict):
            _write(file, before)
        found: State = read_json(file, State)
        return found

    def _send(self, file: Path, state: State, pending: Pending) -> dict[str, Any]:
        signed = SignedStatement.from_json(pending.statement)
        attachment = pending.attachment
        try:
            answer = self.client.say(
                pending.path,
                signed,
                Dictionary.from_json(attachment) if attachment else None,
            )
        except CleanroomError as refusal:
            if refusal.exit_code != 4:
                _write(file, state)
            if getattr(refusal, "rule", "") == "sequence":
                raise Conflict(BEHIND, rule="sequence") from None
            raise
        _write(file, State(state.sequence + 1, signed.digest()))
        return answer

    @contextmanager
    def _locked(self) -> Iterator[Path]:
        folder = self.home.room(self.room)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(folder / "chain.lock"):
            yield folder / "chain.json"


def _write(file: Path, state: State) -> None:
    write_json(file, {name: value for name, value in asdict(state).items() if value is not None})
