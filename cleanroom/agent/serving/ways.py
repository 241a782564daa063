"""The two ways from a platform's server to a brand's: straight, or through the room's mediator."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from cleanroom.agent.http.client import OCTETS
from cleanroom.agent.rooms import Room, verifying_key
from cleanroom.agent.serving import wire
from cleanroom.agent.serving.transport import Connections, General
from cleanroom.agent.serving.wire import Reply
from cleanroom.errors import PeerFault
from cleanroom.room.serving import granted

TABLE_SECONDS: Final = 60.0

MOST_OF_PROBLEM: Final = 4096
"""Most bytes of a refusal that are read: longer ones, and deeply nested ones, say nothing."""

Request = dict[str, Any]
"""What a client of either kind posts."""


class Way(Protocol):
    """Carry a platform's signed questions, and what comes back."""

    address: str

    def request(self, domain: str, question: bytes, timeout: float) -> Request:
        """Return what is posted for a question."""
        ...

    def read(self, request: Request, response: Reply) -> Reply:
        """Return what the brand's server said; raise ``PeerFault`` if that did not come."""
        ...

    def table(self, http: Connections | General, question: Callable[[], bytes], size: int) -> Reply:
        """Fetch a table of so many bytes; ``question`` makes a fresh request for it."""
        ...


class Straight:
    """Ask the brand's server at its address, where TLS says whose it is."""

    def __init__(self, room: Room, url: str) -> None:
        self.address = url.rstrip("/")
        self._key = room.home.signing

    def request(self, domain: str, question: bytes, timeout: float) -> Request:
        """Return what is posted for a question."""
        signature = base64.b64encode(self._key.sign(domain, question)).decode()
        path = "/v1/table" if domain == wire.TABLE_DOMAIN else "/v1/ask"
        return {
            "url": f"{self.address}{path}",
            "content": question,
            "headers": {**OCTETS, wire.SIGNATURE_HEADER: signature},
            "timeout": timeout,
        }

    def read(self, _request: Request, response: Reply) -> Reply:
        """Return the response as it is."""
        return response

    def table(
        self, http: Connections | General, question: Callable[[], bytes], _size: int
    ) -> Reply:
        """Fetch the table at once."""
        return http.post(**self.request(wire.TABLE_DOMAIN, question(), TABLE_SECONDS))


class Passed:
    """Ask through the room's mediator, which learns when and about how many, and changes nothing.

    What comes back counts if the brand signed it for this very question.
    """

    def __init__(self, room: Room, place: int) -> None:
        self.address = room.client.transport.url
        self._room, self._place = room, place
        grant, _ = granted(room.agreement, place)
        self._brand = verifying_key(room.member(grant.party))

    def request(self, domain: str, question: bytes, timeout: float, piece: int = 0) -> Request:
        """Return what is posted for a question; the mediator waits a little less than the asker."""
        content = wire.write_passed(piece, self._room.home.signing.sign(domain, question), question)
        query = {"room": self._room.identity, "grant": self._place, "wait": round(0.9 * timeout, 4)}
        signed = self._room.client.transport.signed(
            "POST", "/v1/serving/questions", content, OCTETS, query
        )
        kept = ("host", "content-length", "connection")
        headers = {name: value for name, value in signed.headers.items() if name not in kept}
        return {"url": str(signed.url), "content": content, "headers": headers, "timeout": timeout}

    def read(self, request: Request, response: Reply) -> Reply:
        """Return the brand's reply; what the mediator says itself proves nothing was counted."""
        if response.status_code == 204:
            raise PeerFault("no reply came through the mediator in time")
        if response.status_code != 200:
            raise PeerFault(problem_of(response))
        return wire.read_reply(self._brand, request["content"], response.content)

    def table(self, http: Connections | General, question: Callable[[], bytes], size: int) -> Reply:
        """Fetch the table piece by piece."""
        found = bytearray()
        for piece in range(1, 1 + -(-size // wire.PIECE_BYTES)):
            request = self.request(wire.TABLE_DOMAIN, question(), TABLE_SECONDS, piece)
            reply = self.read(request, http.post(**request))
            if reply.status_code != 200:
                return reply
            found += reply.content
        return Reply(200, {}, bytes(found))


def problem_of(response: Reply) -> str:
    """Return the rule or the reason of a refusal."""
    if len(response.content) <= MOST_OF_PROBLEM:
        with suppress(ValueError, AttributeError, RecursionError):
            document = response.json()
            return str(document.get("rule") or document.get("detail"))
    return f"status {response.status_code}"
