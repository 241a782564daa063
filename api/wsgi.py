"""Waitress with what a mediator needs: no doubtful lengths, no shortage of connections."""

from __future__ import annotations

import resource
import time
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server
from waitress.utilities import Error

from cleanroom.mediator.settings import ServerSettings

PIECE_BYTES = 1 << 18
"""Most bytes of a body that are taken from the system at a time: a chunk comes in few turns."""


PATIENCE_SECONDS = 60.0
"""Seconds in which a request has to be here, and beyond it a second for each ``SLOWEST`` bytes."""

SLOWEST = 8192


class RequestTimeout(Error):  # type: ignore[misc]  # noqa: N818 (as HTTP calls it)
    """Say that a request comes too slowly."""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuse a request with two lengths, and one that trickles in to hold its connection.

    Two lengths mean one thing here and another behind a proxy.
    """

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self._began = time.monotonic()
        self._taken = 0

    def received(self, data: bytes) -> int:
        """Take bytes of the request; one that is too late is answered with 408 and cut off."""
        self._taken += len(data)
        if time.monotonic() - self._began > PATIENCE_SECONDS + self._taken / SLOWEST:
            self.error, self.completed = RequestTimeout("The request came too slowly"), True
            return len(data)
        return int(super().received(data))

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head of a request; ``ParsingError`` becomes 400."""
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("A request has one length")


class Channel(HTTPChannel):  # type: ignore[misc]
    """Read requests with the strict parser."""

    parser_class = Parser


def serve(app: Flask, settings: ServerSettings, host: str, port: int) -> Any:
    """Return a server that listens already; ``run()`` answers until SIGTERM."""
    # A thread's connection to the database has three files.
    _allow_files(settings.connections + 3 * settings.threads + 256)
    server = create_server(
        app,
        host=host,
        port=port,
        threads=settings.threads,
        connection_limit=settings.connections,
        max_request_body_size=max(settings.document_bytes, settings.message_bytes) + 1,
        asyncore_use_poll=True,
        recv_bytes=PIECE_BYTES,
        channel_timeout=60,
        ident="cleanroom",
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = Channel
    return server


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files as far as the system lets this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
