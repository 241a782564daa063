"""What strangers and members can make the server hold of requests that are not all there yet."""

from __future__ import annotations

import select
import socket
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
HEALTH = b"GET /v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n"


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


def test_what_waits_behind_a_request_takes_no_place_and_is_answered_in_its_turn(
    place: World, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, service = threading.Event(), wsgi.Channel.service

    def served(channel: wsgi.Channel) -> None:
        if channel.requests[0].path == "/v1/healthz":
            go_on.wait(PATIENCE)
        service(channel)

    monkeypatch.setattr(wsgi, "SHORT_BYTES", 10)
    monkeypatch.setattr(wsgi.Channel, "service", served)
    body, count = bytes(11), wsgi.LONG_BODIES_OF_ONE
    behind = [signed(place.platform, body) + body for _ in range(count)]
    with begin(address, b"".join([HEALTH, *behind, HEALTH])) as line:
        with begin(address, signed(place.platform, body) + body) as other:
            assert status(other) == b"404"
        go_on.set()
        assert statuses(line, count + 2) == [b"200", *[b"404"] * count, b"200"]


def statuses(connection: socket.socket, count: int) -> list[bytes]:
    """Return the statuses of so many answers, read to the end of each."""
    found = []
    with connection.makefile("rb") as lines:
        while len(found) < count:
            found.append(lines.readline()[9:12])
            length = 0
            while (line := lines.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            lines.read(length)
    return found


@pytest.mark.parametrize("length", ["", "Content-Length: 0\r\n"], ids=["none", "empty"])
def test_a_request_without_a_body_that_expects_to_be_continued_is_answered(
    address: Address, length: str
) -> None:
    """Or it goes on with the head of the next one."""
    expects = HEALTH.replace(b"\r\n\r\n", f"\r\nExpect: 100-continue\r\n{length}\r\n".encode())
    with begin(address, expects + HEALTH) as line:
        assert statuses(line, 2) == [b"200", b"200"]


@pytest.mark.parametrize("version", ["1.0", "1.2", "2.0"])
def test_a_body_in_chunks_is_of_one_version_alone(address: Address, version: str) -> None:
    """What does not read the chunks would take them for the next request."""
    fields = "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    spoilt = HEALTH.replace(b"1.1", version.encode())[:-2] + fields.encode()
    with begin(address, spoilt + HEALTH) as line:
        assert statuses(line, 1) == [b"400"]
        assert line.recv(1) == b""


def test_a_head_is_short_and_an_address_that_is_none_is_said_to_be(address: Address) -> None:
    with begin(address, b"GET /v1/healthz HTTP/1.1\r\nX: " + b"a" * wsgi.HEAD_BYTES) as line:
        assert status(line) == b"431"
    with begin(address, b"GET http://[x/v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n") as line:
        assert status(line) == b"400"
