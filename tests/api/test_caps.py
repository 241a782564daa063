"""What bounds a member, or a stranger, that would fill others' lists, pages and connections."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from threading import Thread
from types import SimpleNamespace

import pytest
from flask import Flask

from api import wsgi
from cleanroom.documents.agreement import Agreement
from cleanroom.documents.statement import NOTHING_BEFORE
from cleanroom.mediator import log, rooms, search
from cleanroom.mediator.search import Wanted
from cleanroom.mediator.settings import ServerSettings
from tests.api import story
from tests.api.party import World
from tests.waits import PATIENCE, wait_for


def propose(place: World) -> tuple[int, str]:
    """Propose a room that nobody else signs; return the status and the room."""
    agreement = Agreement.from_json(place.describe())
    brand = place.brand
    brand.room, brand.sequence, brand.previous = agreement.identity(), 0, NOTHING_BEFORE
    body = {"agreement": agreement.to_json(), "paillier": brand.paillier}
    answer = brand.say("/v1/rooms", "room.propose", body)
    rule = answer.get_json().get("rule")
    assert (answer.status_code == 429) == (rule == "rooms-waiting")
    return answer.status_code, brand.room


def test_a_key_has_few_rooms_that_wait_for_others(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MOST_WAITING", 3)
    made = [propose(place) for _ in range(3)]
    assert [status for status, _ in made] == [201, 201, 201]
    assert propose(place)[0] == 429
    assert len(place.platform.get("/v1/work").get_json()["rooms"]) == 3
    # A room that is closed waits for nobody.
    last = made[-1][1]
    place.brand.room, place.brand.sequence = last, 1
    place.brand.previous = previous(place, last)
    place.brand.must_say(f"/v1/rooms/{last}/close", "room.close", {})
    assert propose(place)[0] == 201
    assert propose(place)[0] == 429
    # Nor does one whose time is over, nor one that all have signed.
    place.clock.shift = 2 * 86400
    assert propose(place)[0] == 201


def previous(place: World, room: str) -> str:
    members = place.brand.get(f"/v1/rooms/{room}/members").get_json()["items"]
    return str(next(one["previous"] for one in members if one["name"] == "brand"))


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(text="roomclose"), Wanted(kind="room.close")])
def test_what_a_search_returns_is_bounded_in_bytes_and_comes_to_its_end(
    room: World, monkeypatch: pytest.MonkeyPatch, wanted: Wanted
) -> None:
    for number in range(6):
        body = {"reason": f"reason {number} " + "x" * 300, "more": 1}
        room.platform.say(f"/v1/rooms/{room.room}/close", "room.close", body)
    with room.mediator.context.store.read() as transaction:
        size = log.size(transaction, room.room)
        whole = search.search(transaction, room.room, wanted, size, 500)
        assert len(whole.leaves) > 3 and whole.next is None
        monkeypatch.setattr(search, "FOUND_BYTES", 2 * max(map(len, whole.leaves)))
        leaves, before = list[bytes](), size
        while before:
            found = search.search(transaction, room.room, wanted, before, 500)
            assert sum(map(len, found.leaves)) <= search.FOUND_BYTES
            leaves, before = leaves + found.leaves, found.next
        assert leaves == whole.leaves
        monkeypatch.setattr(search, "FOUND_BYTES", 1)
        assert len(search.search(transaction, room.room, wanted, size, 500).leaves) == 1


def test_a_page_of_a_list_holds_so_many_rows_and_bytes(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [story.create(room.brand, story.manifest("brand", version=n)) for n in range(1, 24)]

    def pages() -> list[list[str]]:
        found, cursor = [], ""
        while cursor is not None:
            answer = room.brand.get(f"/v1/datasets?room={room.room}{cursor}").get_json()
            found.append([one["id"] for one in answer["items"]])
            cursor = answer["next"] and f"&cursor={answer['next']}"
        return found

    assert pages() == [made]
    monkeypatch.setattr("cleanroom.mediator.pages.PAGE_ROWS", 7)
    assert [len(page) for page in pages()] == [7, 7, 7, 2]
    monkeypatch.setattr("cleanroom.mediator.pages.PAGE_BYTES", 2500)
    found = pages()
    assert sum(found, []) == made and all(1 <= len(page) < 7 for page in found)
    monkeypatch.setattr("cleanroom.mediator.pages.PAGE_BYTES", 1)
    assert pages() == [[one] for one in made]


def test_a_request_that_trickles_in_is_cut_off_and_one_that_flows_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment, looks = [0.0], []
    clock = SimpleNamespace(monotonic=lambda: looks.append(moment[0]) or moment[0])
    monkeypatch.setattr(wsgi, "time", clock)
    app = Flask("slow")
    app.add_url_rule("/", "take", lambda: "taken", methods=["POST"])
    server = wsgi.serve(app, ServerSettings(threads=2), "127.0.0.1", 0)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    try:
        for piece, taken in ((b"x", b"408"), (b"x" * wsgi.SLOWEST, b"200")):
            with socket.create_connection(("127.0.0.1", server.effective_port), PATIENCE) as line:
                line.sendall(head % (20 * len(piece)))
                for _ in range(20):
                    seen = len(looks)
                    with suppress(OSError):  # it is cut off already
                        line.sendall(piece)
                    wait_for(
                        lambda seen=seen, line=line: (
                            len(looks) > seen or select.select([line], [], [], 0)[0]
                        )
                    )
                    moment[0] += wsgi.PATIENCE_SECONDS / 16
                assert line.recv(100).startswith(b"HTTP/1.1 " + taken)
    finally:
        server.close()
