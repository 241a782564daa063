"""Waitress with what a mediator needs: no doubtful lengths, no shortage of connections or disk.

A long body is taken once its head is known to be signed: others would fill the folder for temporary
files, where waitress puts what it has not yet passed on. A few long bodies and answers at a time
stay in memory, which saves writing and reading each of them.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from socket import socket
from typing import Any, Final

from flask import Flask, Request
from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from cleanroom.mediator.context import Seats
from cleanroom.mediator.settings import ServerSettings

PIECE_BYTES = 1 << 18
"""Most bytes of a body that are taken from the system at a time: a chunk comes in few turns."""


PATIENCE_SECONDS = 60.0
"""Seconds in which a request has to be here, and beyond it a second for each ``SLOWEST`` bytes."""

SLOWEST = 8192

HEAD_BYTES: Final = 1 << 15
"""Most bytes of a head; an address has 8 KiB, a signature and its parameters less than one."""

SHORT_BYTES: Final = 1 << 16
"""Most bytes of a body that is taken from anybody; it stays in memory."""

LONG_BODIES, LONG_BODIES_OF_ONE = 256, 16
"""Longer bodies under way at a time, of all keys and of one."""

LONG_ANSWERS, LONG_ANSWERS_OF_ONE = 256, 16
"""Longer answers that are not read yet, likewise; whoever has no key is known by its address."""

IN_MEMORY, IN_MEMORY_OF_ONE = 16, 4
"""Those of either that stay in memory."""

CALLER: Final = "cleanroom.caller"
"""Under which the application says whose key signed a request."""

Signer = Callable[[Request], str | None]
"""Return the key that signed the head of a request, None if none did."""


class RequestTimeout(Error):  # type: ignore[misc]  # noqa: N818 (as HTTP calls it)
    """Say that a request comes too slowly."""

    code = 408
    reason = "Request Timeout"


class Unsigned(Error):  # type: ignore[misc]  # noqa: N818
    """Say that nobody who is known signed for a long body."""

    code = 401
    reason = "Unauthorized"


class TooManyBodies(Error):  # type: ignore[misc]  # noqa: N818
    """Say that this key, or all together, have enough long bodies under way."""

    code = 429
    reason = "Too Many Requests"


class TooManyAnswers(Error):  # type: ignore[misc]  # noqa: N818
    """Say that this key, or all together, leave enough long answers unread."""

    code = 429
    reason = "Too Many Requests"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuse a request with two lengths, a long one of nobody, and one that trickles in.

    Two lengths mean one thing here and another behind a proxy.
    """

    signer: Signer | None
    seats: Seats
    in_memory: Seats

    def __init__(self, keep: Callable[[bytes], None], adj: Any) -> None:
        """``keep`` is given what comes behind the request."""
        super().__init__(adj)
        self._keep = keep
        self._began = time.monotonic()
        self._taken = 0
        self._seat: ExitStack | None = None

    def received(self, data: bytes) -> int:
        """Take bytes of the request; one that is too late is answered with 408 and cut off."""
        self._taken += len(data)
        if time.monotonic() - self._began > PATIENCE_SECONDS + self._taken / SLOWEST:
            self._refuse(RequestTimeout("The request came too slowly"))
            return len(data)
        taken = int(super().received(data))
        is_long = self.signer and (self.chunked or self.content_length > SHORT_BYTES)
        if self.error is not None:
            self._refuse(self.error)
        elif self.headers_finished and is_long and self._seat is None:
            self._sit()
        if not self.completed:
            return taken
        # A request without a body that expects "100 Continue" would go on after it, with the head
        # of the next one.
        self.expect_continue = False
        self._keep(data[taken:])
        return len(data)

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head of a request; ``ParsingError`` becomes 400."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            # An address that looks like one of IPv6 and is none.
            raise ParsingError("The address cannot be read") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("A request has one length")
        if "TRANSFER_ENCODING" in self.headers:
            # What is left here was not understood: of another version than 1.1.
            raise ParsingError("A request with Transfer-Encoding is of HTTP/1.1")

    def close(self) -> None:
        """Let go of the body, once the request was answered or its connection is gone."""
        super().close()
        if self._seat is not None:
            self._seat.close()

    def _sit(self) -> None:
        """Let a key that signed for this body send it, if it has not too many under way."""
        self._seat = ExitStack()
        key = self.signer(self._head()) if self.signer else None
        if key is None:
            self._refuse(Unsigned("A long body needs a signature"))
        elif not self._seat.enter_context(self.seats.take(key)):
            self._refuse(TooManyBodies("Send fewer long bodies at a time"))
        elif self._seat.enter_context(self.in_memory.take(key)):
            self.body_rcv.getbuf().overflow = self.adj.max_request_body_size + 1

    def _refuse(self, error: Error) -> None:
        # "100 Continue" would ask for the body, and the request would go on.
        self.error, self.completed, self.expect_continue = error, True, False

    def _head(self) -> Request:
        environ = {
            name if name in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{name}": value
            for name, value in self.headers.items()
        }
        return Request(
            {
                **environ,
                "REQUEST_METHOD": self.command.upper(),
                "REQUEST_URI": self.request_uri,
                "PATH_INFO": self.path,
                "QUERY_STRING": self.query,
                "SERVER_NAME": "mediator.invalid",
                "SERVER_PORT": "80",
                "wsgi.url_scheme": "http",
            }
        )


class _Together:
    """Stand for a channel while a piece of an answer is written."""

    def __init__(self, channel: Channel) -> None:
        self.server = channel.server
        self._pieces: list[bytes] = []

    def write_soon(self, data: bytes) -> None:
        """Keep what is to be sent."""
        self._pieces.append(data)

    def pieces(self) -> bytes:
        """Return all that was written."""
        return b"".join(self._pieces)


class _Answer(ReadOnlyFileBasedBuffer):  # type: ignore[misc]
    """Hold an answer that takes long to send where it is, or nothing behind one in a file.

    ``seat`` is closed once it is sent, or its connection gone.
    """

    def __init__(self, data: bytes, seat: ExitStack) -> None:
        self._rest = memoryview(data)
        self._seat = seat
        self.remain = len(data)

    def get(self, numbytes: int = -1, skip: bool = False) -> memoryview:  # noqa: ARG002
        """Return what is to be sent next, of so many bytes at most."""
        return self._rest[:numbytes] if numbytes >= 0 else self._rest

    def skip(self, numbytes: int, allow_prune: int = 0) -> None:  # noqa: ARG002
        """Let go of what was sent."""
        self._rest = self._rest[numbytes:]
        self.remain = len(self._rest)

    def close(self) -> None:
        """Let go of the rest, and of the seat."""
        self.skip(self.remain)
        self._seat.close()


class Task(WSGITask):  # type: ignore[misc]
    """Send the head with the first piece of the body: each send wakes the other side."""

    channel: Any

    def write(self, data: bytes) -> None:
        """Write a piece of the body, and the head before the first one."""
        channel = self.channel
        self.channel = together = _Together(channel)
        try:
            super().write(data)
        finally:
            self.channel = channel
        pieces = together.pieces()
        if len(pieces) > SHORT_BYTES:
            self._write_long(pieces)
        else:
            channel.write_soon(pieces)

    def _write_long(self, pieces: bytes) -> None:
        """Write to whoever may leave one more long answer unread; refuse it to others."""
        channel, seat = self.channel, ExitStack()
        caller = self.environ.get(CALLER, channel.addr[0])
        if not seat.enter_context(channel.answers.take(caller)):
            self.request.error = TooManyAnswers("Read the long answers that are on their way")
            ErrorTask(channel, self.request).execute()
            self.set_close_on_finish()
            return
        in_memory = seat.enter_context(channel.in_memory.take(caller))
        answer = _Answer(pieces if in_memory else b"", seat)
        try:
            if not in_memory:
                channel.write_soon(pieces)
            channel.write_soon(answer)
        except BaseException:
            answer.close()
            raise


class Channel(HTTPChannel):  # type: ignore[misc]
    """Read requests with the strict parser, each once the one before it is answered and sent.

    Until then what came with it are bytes: thousands of requests fit into one packet, and their
    answers, which nobody may ever take, into no memory.
    """

    task_class = Task
    parser: type[Parser]
    answers: Seats
    in_memory: Seats

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._behind = b""

    @property
    def parser_class(self) -> Callable[[Any], Parser]:
        """Return what makes the parser of a request."""
        return partial(self.parser, self._keep)

    def _keep(self, data: bytes) -> None:
        self._behind = data

    def readable(self) -> bool:
        """Tell whether to take more: behind bytes that wait, the end would drop their request."""
        return not self._behind and bool(super().readable())

    def received(self, data: bytes) -> bool:
        """Take bytes; read a request of them if none is under way, and no answer to be sent."""
        self._behind += data
        while self._behind and self.connected and super().readable():
            data, self._behind = self._behind, b""
            super().received(data)
        return True

    def service(self) -> None:
        """Answer a request, and let the server's own thread read the next one if it is here."""
        super().service()
        if self._behind:
            self.server.trigger.pull_trigger(lambda: self.received(b""))

    def handle_write(self) -> None:
        """Send what is to be sent, then read the next request if it is here."""
        super().handle_write()
        self.received(b"")

    def handle_close(self) -> None:
        """Let go of the connection and of a request that is not all there."""
        super().handle_close()
        if self.request is not None:
            self.request.close()


def _channel(signer: Signer | None) -> type[Channel]:
    """Return the class of a server's connections: they know who signs, and share their seats."""
    seats = Seats(LONG_BODIES, LONG_BODIES_OF_ONE)
    answers = Seats(LONG_ANSWERS, LONG_ANSWERS_OF_ONE)
    bodies_there, answers_there = (Seats(IN_MEMORY, IN_MEMORY_OF_ONE) for _ in range(2))
    members = {"signer": signer and staticmethod(signer), "seats": seats, "in_memory": bodies_there}
    parser = type("_Parser", (Parser,), members)
    channel = {"parser": parser, "answers": answers, "in_memory": answers_there}
    return type("_Channel", (Channel,), channel)


def serve(
    app: Flask, settings: ServerSettings, host: str, port: int, bound: socket | None = None
) -> Any:
    """Return a server that listens already; ``run()`` answers until SIGTERM.

    ``bound`` is a socket that several processes share; host and port are those of it then.
    Bodies above ``SHORT_BYTES`` are taken from those whom the application's ``signer`` knows; an
    application that has none says itself how long its bodies may be.
    """
    signer = app.extensions.get("signer")
    own = app.config["MAX_CONTENT_LENGTH"] or SHORT_BYTES
    longest = max(settings.document_bytes, settings.message_bytes) if signer else own
    # A thread's connection to the database has three files.
    _allow_files(settings.connections + 3 * settings.threads + 256)
    server = create_server(
        app,
        **({"host": host, "port": port} if bound is None else {"sockets": [bound]}),
        threads=settings.threads,
        connection_limit=settings.connections,
        # A little more than the longest: the application says in its own words that it is too long.
        max_request_body_size=longest + 1 if signer else 4 * longest,
        asyncore_use_poll=True,
        max_request_header_size=HEAD_BYTES,
        recv_bytes=PIECE_BYTES,
        channel_timeout=60,
        ident="cleanroom",
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _channel(signer)
    return server


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as the system lets this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
