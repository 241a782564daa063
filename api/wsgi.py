"""Waitress with what a mediator needs: no doubtful lengths, no shortage of connections."""

from __future__ import annotations

import resource
from typing import Any

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server

from cleanroom.mediator.settings import ServerSettings

PIECE_BYTES = 1 << 18
"""Most bytes of a body that are taken from the system at a time: a chunk comes in few turns."""


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuse a request with two lengths: it means one thing here and another behind a proxy."""

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
