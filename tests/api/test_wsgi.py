"""What the server sends, and in how many pieces."""

from __future__ import annotations

import http.client
import socket

import pytest
from flask import Flask, request
from waitress.buffers import TempfileBasedBuffer
from waitress.channel import HTTPChannel

from api import wsgi
from api.wsgi import serve
from cleanroom.mediator.settings import ServerSettings
from tests.hostile.listening import running
from tests.waits import PATIENCE, wait_for

LONG = bytes(range(256)) * (3 << 14)
"""More than two sockets hold."""


@pytest.fixture
def sent(monkeypatch):
    """Return the pieces that a server sent, and its port."""
    app, pieces = Flask(__name__), []
    app.add_url_rule("/one", "one", lambda: "all of it")
    app.add_url_rule("/many", "many", lambda: iter(["first ", "second"]))
    app.add_url_rule("/none", "none", lambda: ("", 204))
    app.add_url_rule("/long", "long", lambda: LONG)
    write = HTTPChannel.write_soon

    def noted(channel, data):
        pieces.append(data)
        return write(channel, data)

    monkeypatch.setattr(HTTPChannel, "write_soon", noted)
    server = serve(app, ServerSettings(threads=2, connections=10), "127.0.0.1", 0)
    with running(server) as (_, port):
        yield pieces, port


@pytest.mark.parametrize(
    ("path", "first", "body", "count"),
    [
        ("/one", b"\r\n\r\nall of it", b"all of it", 1),
        ("/many", b"\r\n\r\n6\r\nfirst \r\n", b"first second", 3),
        ("/none", b"\r\n\r\n", b"", 1),
    ],
)
def test_the_head_goes_with_the_first_piece_of_the_body(sent, path, first, body, count):
    pieces, port = sent
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    assert connection.getresponse().read() == body
    connection.close()
    assert pieces[0].startswith(b"HTTP/1.1 20") and pieces[0].endswith(first)
    assert len(pieces) == count


def test_a_few_long_answers_stay_in_memory_and_all_arrive(sent, monkeypatch):
    _, port = sent
    files, make = [], TempfileBasedBuffer.newfile
    monkeypatch.setattr(
        TempfileBasedBuffer, "newfile", lambda buffer: files.append(make(buffer)) or files[-1]
    )

    def asked():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/long")
        return connection, connection.getresponse()

    slow = [asked() for _ in range(wsgi.IN_MEMORY_OF_ONE)]
    assert files == []
    connection, answer = asked()
    assert answer.read() == LONG
    connection.close()
    assert len(files) == 1
    slow[0][0].close()
    slow[0][1].close()
    for line, answer in slow[1:]:
        assert answer.read() == LONG
        line.close()

    # One that was sent, and one whose connection is gone, leave their places.
    def all_stay_in_memory():
        before = len(files)
        several = [asked() for _ in range(wsgi.IN_MEMORY_OF_ONE)]
        assert all(answer.read() == LONG for _, answer in several)
        for line, _ in several:
            line.close()
        return len(files) == before

    wait_for(all_stay_in_memory)


def test_the_next_request_of_a_connection_is_read_once_the_answer_before_it_is_taken(sent):
    pieces, port = sent
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        wait_for(lambda: pieces)
        for _ in range(20):
            other = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            other.request("GET", "/one")
            assert other.getresponse().read() == b"all of it"
            other.close()
        assert len(pieces) == 21
        with line.makefile("rb") as answers:
            for _ in range(3):
                while answers.readline() != b"\r\n":
                    pass
                assert answers.read(len(LONG)) == LONG
    assert len(pieces) == 23


def test_so_many_long_answers_of_one_caller_wait_to_be_read_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its key where the application names one: behind a proxy all have one address."""
    app = Flask(__name__)

    @app.get("/<caller>")
    def long(caller: str) -> bytes:
        request.environ[wsgi.CALLER] = caller
        return LONG

    monkeypatch.setattr(wsgi, "IN_MEMORY_OF_ONE", 1)
    monkeypatch.setattr(wsgi, "LONG_ANSWERS_OF_ONE", 3)
    server = serve(app, ServerSettings(threads=2, connections=20), "127.0.0.1", 0)
    with running(server) as (_, port):

        def asked(caller: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", f"/{caller}")
            return connection, connection.getresponse()

        lines = [asked("one") for _ in range(3)]
        for _ in range(2):
            line, refused = asked("one")
            assert (refused.status, refused.getheader("Connection")) == (429, "close")
            line.close()
        lines.append(asked("other"))
        assert [answer.status for _, answer in lines] == [200] * 4

        # One that was read, of a file or of memory, and one whose connection is gone leave theirs.
        def is_let_in() -> bool:
            line, answer = asked("one")
            fine = answer.status == 200 and answer.read() == LONG
            line.close()
            return fine

        for place in range(3):
            line, answer = lines[place]
            if place < 2:
                assert answer.read() == LONG
            line.close()
            answer.close()
            wait_for(is_let_in)
            lines.append(asked("one"))
        for line, answer in lines:
            answer.close()
            line.close()
