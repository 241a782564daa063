"""Post bytes over connections that are kept, at a fifth of what a general client costs.

A question takes a millisecond of arithmetic on both sides together; building, pooling and tracing a
request must not double that.
"""

from __future__ import annotations

import io
import select
import socket
from collections import deque
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Any, Final, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from cleanroom.agent.serving.wire import Reply
from cleanroom.documents.serving import MOST_ENTRIES
from protocols.voprf import table_bytes

LONGEST: Final = table_bytes(MOST_ENTRIES)
"""Most bytes of an answer: the largest table."""


class _Timed(io.RawIOBase):
    """Read a connection until a moment, however many waits that takes: a server may drip."""

    def __init__(self, kept: socket.socket, end: float) -> None:
        self._kept, self._end = kept, end

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there; raise ``TimeoutError`` when the time is over."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._kept.settimeout(left)
        return self._kept.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what ``HTTPResponse`` reads."""
        return io.BufferedReader(self)


class Connections:
    """Post to one server; threads may share it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._tls = httpx.create_ssl_context() if parts.scheme == "https" else None
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._named = parts.netloc.rpartition("@")[2]
        self._idle: deque[socket.socket] = deque()

    def post(self, url: str, content: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
        """Post once; ``timeout`` in seconds holds for all of it, from connecting to the last byte.

        Raises ``httpx.TransportError`` for no whole answer.
        """
        given = {**headers, "host": self._named, "content-length": len(content)}
        end = monotonic() + timeout
        lines = (f"{name}: {value}\r\n" for name, value in given.items())
        target = urlsplit(url)
        path = f"{target.path}?{target.query}" if target.query else target.path
        head = f"POST {path} HTTP/1.1\r\n{''.join(lines)}\r\n"
        try:
            kept = self._take(timeout)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from None
        try:
            kept.settimeout(max(end - monotonic(), 1e-6))
            kept.sendall(head.encode("ascii") + content)
            found = HTTPResponse(cast("socket.socket", _Timed(kept, end)), method="POST")
            found.begin()
            body = found.read(LONGEST + 1)
            if len(body) > LONGEST or not found.isclosed():
                raise HTTPException("the answer is cut short or too long")
        except TimeoutError as error:
            kept.close()
            raise httpx.ReadTimeout(str(error)) from None
        except (OSError, HTTPException) as error:
            kept.close()
            raise httpx.ReadError(str(error)) from None
        if found.will_close:
            kept.close()
        else:
            self._idle.append(kept)
        names = {name.lower(): value for name, value in found.getheaders()}
        return Reply(found.status, names, body)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _take(self, timeout: float) -> socket.socket:
        """Return a connection that the server has not closed, the one used last if there is one."""
        while self._idle:
            kept = self._idle.pop()
            if not _readable(kept):
                kept.settimeout(timeout)
                return kept
            kept.close()
        made = socket.create_connection((self._host, self._port), timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._tls.wrap_socket(made, server_hostname=self._host) if self._tls else made


def _readable(kept: socket.socket) -> bool:
    """Tell whether something waits to be read, which between two questions is its end."""
    waiting = select.poll()
    waiting.register(kept, select.POLLIN)
    return bool(waiting.poll(0))


def connect(url: str) -> Connections | httpx.Client:
    """Return connections to a server, through a general client where a proxy stands between.

    That one gives each wait the whole time, so a server that drips can hold it up for longer.
    """
    parts = urlsplit(url)
    proxied = parts.scheme in getproxies() and not proxy_bypass(parts.netloc)
    return httpx.Client() if proxied else Connections(url)
