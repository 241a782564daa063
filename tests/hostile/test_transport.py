"""Broken lines: bodies cut short or too long, uploads that go on where they were cut."""

from __future__ import annotations

import gzip
import hashlib
import socket
from contextlib import suppress

import httpx
import numpy as np
import pytest

from cleanroom.agent.http import Client, Transport
from cleanroom.agent.uploads import send_rows
from cleanroom.errors import PeerFault, Unauthenticated, Unreachable
from cleanroom.mediator.settings import ServerSettings
from protocols import limits
from protocols.signing import SigningKey
from tests.api import story
from tests.api.party import OCTETS, Party, World, sealing
from tests.hostile.listening import Address, Line, listening
from tests.waits import PATIENCE, caught_up


def head(party: Party, method: str, path: str, body: bytes, length: int) -> bytes:
    """Return the head of a signed request that declares some length."""
    headers = party.signed_headers(method, path, body, Content_Type=OCTETS)
    headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{lines}\r\n".encode()
    )


def exchange(address: Address, data: bytes) -> bytes:
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(data)
        parts = []
        with suppress(OSError):  # the server may have closed before it read all
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)


def answered_by(data: bytes, **headers: str) -> Transport:
    """Return a transport whose mediator answers everything with the same bytes."""
    transport = Transport("http://mediator", SigningKey(bytes(32)))

    def answer(_request: httpx.Request) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        pieces = (data[at : at + 1000] for at in range(0, len(data), 1000))
        return httpx.Response(200, headers=named, content=pieces)

    transport._client = httpx.Client(
        base_url="http://mediator", transport=httpx.MockTransport(answer)
    )
    return transport


def test_an_agent_reads_no_answer_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanroom.agent.http.transport.LONGEST_ANSWER", 5000)
    assert answered_by(b"1" * 5000).send("GET", "/v1/work").content == b"1" * 5000
    with pytest.raises(PeerFault, match="longer than any"):
        answered_by(b"1" * 5001).send("GET", "/v1/work")


def test_an_agent_unpacks_no_answer() -> None:
    bomb = gzip.compress(bytes(1 << 20))
    with pytest.raises(PeerFault, match="compressed"):
        answered_by(bomb, content_encoding="gzip").send("GET", "/v1/work")


def test_who_waits_for_a_mediator_that_is_away_is_told_at_the_first_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        happened.append(f"try {request.extensions['timeout']['connect']:g}")
        raise httpx.ConnectError("refused")

    def sleep(seconds: float) -> None:
        happened.append(f"wait {seconds:g}")

    monkeypatch.setattr("cleanroom.agent.http.transport.time.sleep", sleep)
    transport = Transport("http://mediator", SigningKey(bytes(32)), happened.append)
    transport._client = httpx.Client(
        base_url="http://mediator", transport=httpx.MockTransport(refuse)
    )
    with pytest.raises(Unreachable, match="does not answer"):
        transport.send("GET", "/v1/work")
    told = happened.pop(1)
    assert told.startswith("http://mediator does not answer; trying again until ")
    waits = [f"wait {0.2 * 2**turn:g}" for turn in range(5)]
    assert happened == ["try 1", *(one for wait in waits for one in (wait, "try 5"))]
    happened.clear()
    with pytest.raises(Unreachable):
        transport.hurried().send("GET", "/v1/work")
    assert happened == ["try 1", "wait 0.2", "try 5", "wait 0.4", "try 5"]


@pytest.mark.parametrize(("refusals", "sent"), [(1, 2), (2, 2), (9, 2)])
def test_a_request_that_is_refused_is_signed_anew_once(
    monkeypatch: pytest.MonkeyPatch, refusals: int, sent: int
) -> None:
    """A proxy sent it to two servers: the second one refuses the nonce, and nobody is at fault."""
    nonces: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        nonces.append(request.headers["signature-input"].partition("nonce=")[2])
        return httpx.Response(401 if len(nonces) <= refusals else 200, content=b"1")

    monkeypatch.setattr("cleanroom.agent.http.transport.time.sleep", lambda _seconds: None)
    transport = Transport("http://mediator", SigningKey(bytes(32)))
    transport._client = httpx.Client(
        base_url="http://mediator", transport=httpx.MockTransport(answer)
    )
    if refusals < sent:
        assert transport.send("GET", "/v1/work").content == b"1"
    else:
        with pytest.raises(Unauthenticated):
            transport.send("GET", "/v1/work")
    assert len(set(nonces)) == len(nonces) == sent


def chunk_files(room: World, dataset: str) -> list[str]:
    folder = room.home / "blobs" / "datasets" / dataset / "rows"
    return [file.name for file in folder.rglob("*") if file.is_file()]


def test_a_disconnect_in_the_middle_of_a_chunk_leaves_nothing(room: World) -> None:
    dataset = story.create(room.platform, story.manifest("platform"))
    path, rows = f"/v1/datasets/{dataset}/chunks/0", b"".join(story.platform_rows())
    with listening(room.mediator) as address:
        with socket.create_connection(address, timeout=PATIENCE) as connection:
            connection.sendall(head(room.platform, "PUT", path, rows, len(rows)) + rows[:100])
        caught_up(address)
    room.reopen()
    assert room.platform.get(f"/v1/datasets/{dataset}").get_json()["chunks"] == []
    assert chunk_files(room, dataset) == []
    assert room.platform.put(path, rows).status_code == 201


def test_a_body_longer_than_declared_is_cut_there(room: World) -> None:
    """The rest is not part of the request: it must not be stored, nor be taken for a signed one."""
    dataset = story.create(room.platform, story.manifest("platform"))
    path, rows = f"/v1/datasets/{dataset}/chunks/0", b"".join(story.platform_rows())
    with listening(room.mediator) as address:
        smuggled = b"POST /v1/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        answer = exchange(
            address, head(room.platform, "PUT", path, rows, len(rows)) + rows + smuggled
        )
        assert answer.startswith(b"HTTP/1.1 201")
        assert b"HTTP/1.1 401" in answer[12:]
        short = exchange(address, head(room.platform, "PUT", path, rows, 10) + rows)
        assert short.startswith(b"HTTP/1.1 400")
    assert chunk_files(room, dataset) == [f"0-{hashlib.sha256(rows).hexdigest()[:32]}"]


def test_an_upload_over_a_line_that_is_cut_sends_one_chunk_more_per_cut(room: World) -> None:
    width, chunks, cuts = limits.PSEUDONYM_BYTES, 6, 5
    per = limits.rows_per_chunk(width)
    described = story.manifest("platform", rows=chunks * per, people=chunks * per)
    dataset = story.create(room.platform, described)
    path = f"/v1/datasets/{dataset}"
    pattern = np.frombuffer(bytes.fromhex(story.AGES[0]), dtype=np.uint8)
    rows = np.tile(pattern, (chunks * per, 1))
    with listening(room.mediator) as address:
        places = [int((n + 0.5) * 1.3 * limits.CHUNK_BYTES) for n in range(cuts)]
        line = Line(address, places)
        client = Client(Transport(line.url, room.platform.key))
        upload = send_rows(client, f"{path}/chunks", rows)
        client.close()
        line.close()
    assert line.done_cuts == cuts
    assert line.sent <= rows.nbytes + cuts * (limits.CHUNK_BYTES + 65536) + (chunks + cuts) * 2048
    room.reopen()
    body = {"dataset": dataset, "upload": upload.to_json()}
    sealed = room.platform.must_say(f"{path}/seal", "dataset.seal", body)["resource"]
    assert sealed["state"] == "READY"


def test_an_upload_that_was_given_up_goes_on_where_it_stopped(room: World) -> None:
    width = limits.PSEUDONYM_BYTES
    per = limits.rows_per_chunk(width)
    dataset = story.create(room.platform, story.manifest("platform", rows=3 * per))
    path = f"/v1/datasets/{dataset}"
    rows = np.zeros((3 * per, width), dtype=np.uint8)
    with listening(room.mediator) as address:
        room.platform.put(f"{path}/chunks/1", rows[:per].tobytes())
        line = Line(address, [])
        client = Client(Transport(line.url, room.platform.key))
        have = frozenset(client.dataset(dataset)["chunks"])
        upload = send_rows(client, f"{path}/chunks", rows, have)
        client.close()
        line.close()
    assert have == {1}
    assert line.sent < 2 * limits.CHUNK_BYTES + 16384
    room.reopen()
    body = {"dataset": dataset, "upload": upload.to_json()}
    room.platform.must_say(f"{path}/seal", "dataset.seal", body)


def test_a_room_has_its_share_of_the_disk_and_no_more(room: World) -> None:
    room.reopen(ServerSettings(room_bytes=2 * 8 * story.PEOPLE))
    story.create(room.platform, story.manifest("platform"))
    second = story.manifest("platform", version=2, rows=story.PEOPLE + 1)
    body = {"manifest": second.to_json(), "dictionary": ""}
    refused = room.platform.say("/v1/datasets", "dataset.create", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (413, "quota")
    assert room.platform.get(f"/v1/datasets/{second.identity()}").status_code == 404
    first = room.platform.get(f"/v1/datasets?room={room.room}").get_json()["items"][0]["id"]
    room.platform.must_say(f"/v1/datasets/{first}/withdraw", "dataset.withdraw", {"dataset": first})
    story.create(room.platform, second)


def test_what_was_sent_of_a_chunk_is_not_taken_for_a_seal(room: World) -> None:
    dataset = story.create(room.platform, story.manifest("platform"))
    rows = b"".join(story.platform_rows())
    body = {"dataset": dataset, "upload": sealing([rows], story.PEOPLE)}
    refused = room.platform.say(f"/v1/datasets/{dataset}/seal", "dataset.seal", body)
    assert (refused.status_code, refused.get_json()["rule"]) == (409, "chunk-missing")
