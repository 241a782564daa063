"""Connections to a brand's server: kept, replaced when the server closed them, never trusted."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from cleanroom.agent.serving import transport
from cleanroom.agent.serving.transport import Connections, General, connect
from cleanroom.agent.serving.wire import CURRENT_HEADER

PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nCleanroom-Publication: ab\r\nContent-Length: 2\r\n\r\nhi"


@contextmanager
def server(*scripts: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one connection after the other, each by its script; yield address and requests."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            for script in scripts:
                accepted, _ = listening.accept()
                with accepted:
                    for answer in script:
                        seen.append(accepted.recv(65536))
                        accepted.sendall(answer)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
        thread.join(5)


def post(connections: Connections, url: str, timeout: float = 60.0) -> tuple[int, bytes]:
    found = connections.post(url=f"{url}/v1/ask", content=b"q", headers={"A": "b"}, timeout=timeout)
    assert found.headers.get(CURRENT_HEADER) == "ab"
    return found.status_code, found.content


def test_a_connection_is_kept_and_replaced_once_the_server_has_closed_it():
    with server([OK, OK], [OK]) as (url, seen):
        connections = Connections(url)
        for _ in range(2):
            assert post(connections, url) == (200, b"hi")
        [idle] = connections._idle
        idle.recv(1)  # waits for the end of the first connection
        assert post(connections, url) == (200, b"hi")
        connections.close()
    assert len(seen) == 3
    assert all(request.startswith(b"POST /v1/ask HTTP/1.1\r\n") for request in seen)
    assert all(request.endswith(b"\r\n\r\nq") for request in seen)
    assert all(b"\r\naccept-encoding: identity\r\n" in request for request in seen)


def test_what_was_sent_after_an_answer_is_not_taken_for_the_next_one():
    with server([OK + OK.replace(b"hi", b"no")], [OK]) as (url, _):
        connections = Connections(url)
        assert post(connections, url) == (200, b"hi")
        [idle] = connections._idle
        idle.recv(1, socket.MSG_PEEK)  # waits for the rest, or for the end if that came with it
        assert post(connections, url) == (200, b"hi")
        connections.close()


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", OK[:-1], CHUNKED + b"-2\r\n", CHUNKED + b"z\r\n"]
)
def test_no_whole_answer_is_an_error_of_the_transport(answer):
    with server([answer]) as (url, _):
        connections = Connections(url)
        with pytest.raises(httpx.TransportError):
            post(connections, url)
        assert not connections._idle


def test_a_chunk_of_less_than_no_bytes_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(transport, "LONGEST", 1000)
    monkeypatch.setattr(transport, "AROUND", 1000)
    endless = CHUNKED + b"-1\r\n" + bytes(2000)
    with server([endless]) as (url, _), pytest.raises(httpx.ReadError, match="is too long"):
        post(Connections(url), url)


def test_a_general_client_reads_no_more_and_unpacks_nothing(monkeypatch):
    monkeypatch.setattr(transport, "LONGEST", 1)
    for answer, kind in ((OK, httpx.ReadError), (PACKED, httpx.DecodingError)):
        with server([answer]) as (url, seen), httpx.Client() as client, pytest.raises(kind):
            post(General(client), url)
        assert b"\r\naccept-encoding: identity\r\n" in seen[0].lower()


def test_a_packed_answer_is_none():
    with server([PACKED]) as (url, _), pytest.raises(httpx.DecodingError):
        post(Connections(url), url)


def test_an_answer_that_drips_is_not_waited_for():
    """Each byte comes in time, and all of them would take a minute."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            accepted, _ = listening.accept()
            with accepted, suppress(OSError):
                for _ in range(2000):
                    accepted.sendall(b"H")
                    time.sleep(0.03)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(httpx.ReadTimeout):
            post(Connections(url), url, timeout=0.2)
        thread.join(5)


def test_an_answer_that_is_late_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(httpx.ReadTimeout):
            post(Connections(url), url, timeout=0.05)
    with pytest.raises(httpx.TransportError):
        post(Connections(url), url)


def test_a_proxy_gets_a_general_client(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert isinstance(connect("http://brand.invalid"), Connections)
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    assert isinstance(connect("http://brand.invalid"), General)
    monkeypatch.setenv("no_proxy", "brand.invalid")
    assert isinstance(connect("http://brand.invalid"), Connections)
