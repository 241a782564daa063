"""What strangers and members can make the server hold of requests that are not all there yet."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waitress.buffers import TempfileBasedBuffer

from api import wsgi
from tests.api.party import OCTETS, Party, World
from tests.hostile.listening import Address, listening
from tests.waits import PATIENCE, caught_up, wait_for

PATH = f"/v1/datasets/{'0' * 32}/chunks/0"
LONG = 1 << 20


@pytest.fixture
def address(place: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """A server whose temporary files lie in a folder of their own."""
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    with listening(place.mediator) as found:
        yield found


def head(length: int, headers: dict[str, str], method: str = "PUT") -> bytes:
    lines = {"Host": "x", "Content-Length": str(length), **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {PATH} HTTP/1.1\r\n{text}\r\n".encode()


def signed(party: Party, body: bytes) -> bytes:
    return head(len(body), party.signed_headers("PUT", PATH, body, Content_Type=OCTETS))


def status(connection: socket.socket) -> bytes:
    connection.settimeout(PATIENCE)
    return connection.recv(4096)[9:12]


def begin(address: Address, data: bytes) -> socket.socket:
    connection = socket.create_connection(address, timeout=PATIENCE)
    connection.sendall(data)
    return connection


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}], ids=["plain", "continue"])
@pytest.mark.parametrize(
    "length", [{}, {"Transfer-Encoding": "chunked", "Content-Length": ""}], ids=["long", "chunked"]
)
def test_a_long_body_of_a_stranger_is_refused_at_its_head(
    address: Address, expect: dict[str, str], length: dict[str, str]
) -> None:
    headers = {"Content-Type": OCTETS, **expect, **length}
    text = head(LONG, headers).replace(b"Content-Length: \r\n", b"")
    with begin(address, text) as connection:
        assert status(connection) == b"401"


def test_a_long_body_wants_the_signature_of_its_own_head(place: World, address: Address) -> None:
    body = bytes(LONG)
    honest = signed(place.platform, body)
    for spoilt in (
        honest.replace(b"/chunks/0", b"/chunks/1"),
        honest.replace(b"sha-256=:", b"sha-256=:AAAA"),
        honest.replace(b'nonce="', b'nonce="a'),
        signed(Party("nobody", "brand", place.brand.http, place.clock), body),
    ):
        assert spoilt != honest
        with begin(address, spoilt) as connection:
            assert status(connection) == b"401"
    with begin(address, honest + body) as connection:
        assert status(connection) == b"404"


def test_short_bodies_of_strangers_stay_in_memory(address: Address, tmp_path: Path) -> None:
    body = bytes(wsgi.SHORT_BYTES)
    lines = [begin(address, head(len(body), {}) + body[1:]) for _ in range(5)]
    caught_up(address)
    spooled = list((tmp_path / "spool").iterdir())
    for line in lines:
        line.sendall(b"x")
        assert status(line) == b"401"
        line.close()
    assert spooled == []


def test_a_key_has_so_many_long_bodies_under_way(
    place: World, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = bytes(LONG)
    count = wsgi.LONG_BODIES_OF_ONE
    lines = [begin(address, signed(place.platform, body) + body[:1000]) for _ in range(count)]
    try:
        caught_up(address)
        with begin(address, signed(place.platform, body)) as more:
            assert status(more) == b"429"
        with begin(address, signed(place.brand, body) + body) as other:
            assert status(other) == b"404"
        # One that is answered, and one that is gone, leave their places.
        lines[0].sendall(body[1000:])
        assert status(lines[0]) == b"404"
        lines[1].close()

        def is_let_in() -> bool:
            lines.append(begin(address, signed(place.platform, body) + body[:1000]))
            caught_up(address)
            return not select.select(lines[-1:], [], [], 0)[0]

        for _ in range(2):
            wait_for(is_let_in)
    finally:
        for line in lines:
            line.close()


def test_a_few_long_bodies_of_a_key_stay_in_memory(
    place: World, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, make = [], TempfileBasedBuffer.newfile

    def made(buffer: TempfileBasedBuffer) -> object:
        files.append(make(buffer))
        return files[-1]

    monkeypatch.setattr(TempfileBasedBuffer, "newfile", made)
    body = bytes(LONG)
    count = wsgi.IN_MEMORY_OF_ONE
    lines = [begin(address, signed(place.platform, body) + body[1:]) for _ in range(count)]
    # The server has read of all of these before it answers one that comes after them.
    for party, number in ((place.brand, 0), (place.platform, 1)):
        with begin(address, signed(party, body) + body) as more:
            assert status(more) == b"404"
        assert len(files) == number
    for line in lines:
        line.sendall(b"\0")
        assert status(line) == b"404"
        line.close()
    with begin(address, signed(place.platform, body) + body) as again:
        assert status(again) == b"404"
    assert len(files) == 1


def test_what_waits_behind_a_request_leaves_its_place_with_the_connection(
    place: World, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is gone just when the first of several requests was answered."""
    kept: list[
        wsgi.Channel
    ] = []  # the garbage collector would let go of the seats, some time or other
    cut, gone = threading.Event(), threading.Event()
    service, close = wsgi.Channel.service, wsgi.Parser.close
    closed = wsgi.Channel.handle_close

    def served(channel: wsgi.Channel) -> None:
        kept.append(channel)
        cut.wait(PATIENCE)
        service(channel)

    def let_go(parser: wsgi.Parser) -> None:
        close(parser)
        gone.wait(PATIENCE)

    def cut_off(channel: wsgi.Channel) -> None:
        closed(channel)
        gone.set()

    monkeypatch.setattr(wsgi, "SHORT_BYTES", 10)
    monkeypatch.setattr(wsgi.Channel, "service", served)
    monkeypatch.setattr(wsgi.Parser, "close", let_go)
    monkeypatch.setattr(wsgi.Channel, "handle_close", cut_off)
    body = bytes(11)
    behind = (signed(place.platform, body) + body for _ in range(wsgi.LONG_BODIES_OF_ONE))
    line = begin(address, b"".join([b"GET /v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n", *behind]))
    wait_for(lambda: kept and len(kept[0].requests) > wsgi.LONG_BODIES_OF_ONE)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    cut.set()
    assert gone.wait(PATIENCE)

    def is_let_in() -> bool:
        with begin(address, signed(place.platform, body) + body) as again:
            found = status(again)
        assert found in (b"404", b"429")
        return found == b"404"

    wait_for(is_let_in)


def test_a_head_is_short_and_an_address_that_is_none_is_said_to_be(address: Address) -> None:
    with begin(address, b"GET /v1/healthz HTTP/1.1\r\nX: " + b"a" * wsgi.HEAD_BYTES) as line:
        assert status(line) == b"431"
    with begin(address, b"GET http://[x/v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        assert status(line) == b"400"
