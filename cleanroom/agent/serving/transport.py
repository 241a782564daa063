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
from cleanroom.forks import Forked
from protocols.voprf import table_bytes

LONGEST: Final = table_bytes(MOST_ENTRIES)
"""Most bytes of an answer: the largest table."""

AROUND: Final = 1 << 20
"""Most bytes that come with them: the head, and what frames each chunk."""

AS_IT_IS: Final = {"accept-encoding": "identity"}
"""Nothing is unpacked: a few packed bytes could fill the memory."""


class _Timed(io.RawIOBase):
    """Read a connection until a moment, however many waits that takes: a server may drip."""

    def __init__(self, kept: socket.socket, end: float) -> None:
        self._kept, self._end, self._left = kept, end, LONGEST + AROUND

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there; raise ``OSError`` when the time is over, or for too many bytes.

        Counted here, since a chunk may announce less than no bytes and is then read to the end.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        self._kept.settimeout(left)
        count = self._kept.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise OSError("the answer is too long")
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what ``HTTPResponse`` reads."""
        return io.BufferedReader(self)


class Connections(Forked):
    """Post to one server; threads may share it."""

    def __init__(self, url: str) -> None:
        super().__init__()
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
        given = {**headers, **AS_IT_IS, "host": self._named, "content-length": len(content)}
        end = monotonic() + timeout
        lines = (f"{name}: {value}\r\n" for name, value in given.items())
        target = urlsplit(url)
        path = f"{target.path}?{target.query}" if target.query else target.path
        head = f"POST {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode("ascii")
        try:
            kept = self._take(timeout)
        except OSError as error:
            raise httpx.ConnectError(str(error)) from None
        usable = False
        try:
            kept.settimeout(max(end - monotonic(), 1e-6))
            kept.sendall(head + content)
            found = HTTPResponse(cast("socket.socket", _Timed(kept, end)), method="POST")
            found.begin()
            body = found.read(LONGEST + 1)
            if len(body) > LONGEST or not found.isclosed():
                raise HTTPException("the answer is cut short or too long")
            usable = not found.will_close
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from None
        except (OSError, HTTPException, ValueError) as error:
            raise httpx.ReadError(str(error)) from None
        finally:
            if usable:
                self._idle.append(kept)
            else:
                kept.close()
        names = {name.lower(): value for name, value in found.getheaders()}
        _check_plain(names)
        return Reply(found.status, names, body)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def in_fork(self) -> None:
        """Leave the connections to the parent: closed here, they are still open there."""
        self.close()

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


class _Body:
    """The bytes of an answer as they come in."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, piece: bytes) -> None:
        """Take a piece; raise ``httpx.ReadError`` for too many bytes."""
        self._bytes += piece
        if len(self._bytes) > LONGEST:
            raise httpx.ReadError("the answer is too long")

    def of(self, response: httpx.Response) -> Reply:
        """Return the whole answer."""
        return Reply(response.status_code, dict(response.headers), bytes(self._bytes))


class General(Forked):
    """Post through a general client as ``Connections`` does, which know no proxy.

    That one gives each wait the whole time, so a server that drips can hold it up for longer.
    A client that was given is its giver's to replace in a fork.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        super().__init__()
        self._client, self._is_own = client or httpx.Client(), client is None
        self._of_parents: list[httpx.Client] = []

    def in_fork(self) -> None:
        """Take a client of its own; its parent's is kept, since closing it would say goodbye."""
        if self._is_own:
            self._of_parents.append(self._client)
            self._client = httpx.Client()

    def post(self, url: str, content: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
        """Post once; raise ``httpx.RequestError`` for no whole answer."""
        given = {**headers, **AS_IT_IS}
        with self._client.stream(
            "POST", url, content=content, headers=given, timeout=timeout
        ) as response:
            _check_plain(response.headers)
            body = _Body()
            for piece in response.iter_bytes():
                body.add(piece)
            return body.of(response)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def connect(url: str) -> Connections | General:
    """Return connections to a server, through a general client where a proxy stands between."""
    parts = urlsplit(url)
    proxied = parts.scheme in getproxies() and not proxy_bypass(parts.netloc)
    return General() if proxied else Connections(url)


def _check_plain(headers: Mapping[str, str]) -> None:
    """Refuse an answer that is packed."""
    if headers.get("content-encoding", "identity") != "identity":
        raise httpx.DecodingError("the answer is compressed, which nobody asked for")
