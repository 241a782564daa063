"""A mediator that leaves fields out of its answers, or writes something else into them.

What it sends is held against one shape where it comes in, so that nothing behind the client meets
a field that is not there: whatever is wrong is a named failure that blames the mediator.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from random import Random
from typing import Any, Final

import httpx
import pytest

from cleanroom.agent import (
    alignments,
    asking,
    datasets,
    earlier,
    jobs,
    loop,
    notices,
    preview,
    rooms,
)
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport, answers
from cleanroom.agent.loop import Agent
from cleanroom.agent.rooms import Room
from cleanroom.errors import CleanroomError, PeerFault, Unreachable
from protocols.errors import RemoteError
from protocols.signing import SigningKey
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.queries.room import audience

__all__ = ["meeting"]

DATA = {
    "acme": audience([f"p{number}" for number in range(40)]),
    "telco": audience([f"p{number}" for number in range(40)], {"age": ["young", "old"] * 20}),
}
DROP: Final = object()
WRONG: Final = (DROP, None, 7, -1, 1.5, "x", "../../x", [], {}, [None], {"x": None}, True)
Path = tuple[str | int, ...]
Asked = tuple[str, str, str]


class Tape:
    """Stand where the connection is: play back what a mediator answered, or record it."""

    def __init__(self, live: Transport | None = None) -> None:
        self.live = live
        self.known: dict[Asked, Any] = {}

    def json(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        asked = (method, path, json.dumps([body, sorted(query.items())]))
        if self.live is not None:
            self.known[asked] = self.live.json(method, path, body, **query)
        if asked not in self.known:
            raise Unreachable("nobody asked for this when it was recorded")
        return copy.deepcopy(self.known[asked])

    def send(self, *arguments: Any, **options: Any) -> httpx.Response:
        if self.live is None:
            raise Unreachable("only answers in JSON are recorded")
        return self.live.send(*arguments, **options)

    def signing_as(self, _key: SigningKey) -> Tape:
        return self

    def hurried(self) -> Tape:
        return self


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where every field of a value is, and the first items of its lists."""
    if at:
        yield at
    children = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value[:2])
    for name, child in children:
        yield from places(child, (*at, name))


def changed(value: Any, at: Path, wrong: Any) -> Any:
    """Return a copy of a value with one field changed, or without it."""
    made = copy.deepcopy(value)
    inner = made
    for name in at[:-1]:
        inner = inner[name]
    if wrong is DROP:
        del inner[at[-1]]
    else:
        inner[at[-1]] = wrong
    return made


def operations(room: Room, job: str) -> dict[str, Callable[[], object]]:
    """Return what an agent, a command and the console do with answers."""
    identity = room.identity
    alignment = room.client.alignments(identity)[0]["document"]
    pair = alignment["brand_datasets"][0], alignment["platform_datasets"][0]

    def find() -> object:
        return alignments.check(alignments.find(room, jobs.find_alignment(room, *pair)))

    def load() -> object:
        loaded = jobs.load(room, job)
        loaded.alignment  # noqa: B018 - it is fetched
        return preview.preview(loaded), notices.notices(loaded), earlier.was_opened(room, job)

    return {
        "find": find,
        "load": load,
        "keys": lambda: room.paillier_of("acme" if room.own.name == "telco" else "telco"),
        "read": lambda: asking.read_result(room, job),
        "newest": lambda: datasets.by_name(room, "acme", "data"),
        "fetch": lambda: rooms.fetch(room.client, identity),
        "listed": lambda: rooms.listed(room.home, room.client),
        "budget": lambda: room.client.budget(identity),
        "mediator": room.client.mediator,
        "entries": lambda: room.client.entries(identity),
        "search": lambda: room.client.search(identity),
        "proof": lambda: room.client.consistency(identity, 1, 2),
        "work": lambda: Agent(room.home, room.client).once(room.client.work(0)),
        "by hand": lambda: loop.refuse_by_hand(room, job, "no"),
    }


@pytest.fixture
def recorded(meeting: Place, monkeypatch: pytest.MonkeyPatch) -> tuple[Room, str, Tape]:
    """Everything that a mediator answers to a party that asked and has to approve."""
    monkeypatch.setattr(conftest, "ROUNDS", 3)
    monkeypatch.setattr(loop, "RETRY_SECONDS", 0)
    parties = meeting.talk(DATA)
    job = meeting.ask(parties["acme"], "overlap", {"group_by": ["platform.age"]})
    room = parties["acme"]
    tape = Tape(room.client.transport)
    asking_room = replace(room, client=Client(tape))  # type: ignore[arg-type]
    for name, operation in operations(asking_room, job).items():
        if name in ("work", "by hand"):  # these would change what is recorded
            asking_room.client.work(0)
            continue
        try:
            operation()
        except CleanroomError:
            assert name == "read"
    tape.live = None
    return asking_room, job, tape


def test_every_answer_without_a_field_or_with_a_wrong_one_is_refused_by_name(
    recorded: tuple[Room, str, Tape],
) -> None:
    """The client lets through what has the shape, and blames the mediator for all else."""
    room, job, tape = recorded
    shapes = {
        "/v1/mediator": answers.Mediator,
        "/v1/work": answers.Work,
        "/v1/budgets": answers.Budget,
        "/v1/audit/search": answers.Found,
        "/v1/audit/entries": answers.Entries,
        f"/v1/rooms/{room.identity}": answers.Room,
        f"/v1/jobs/{job}": answers.Job,
        "/v1/jobs/preview": answers.Preview,
    }
    seen = set()
    for asked, value in tape.known.items():
        shape = shapes.get(asked[1])
        if shape is None:
            continue
        seen.add(asked[1])
        assert answers.checked(shape, value) == value
        for name, field in shape.model_fields.items():
            for wrong in WRONG if field.is_required() else ():
                lie = changed(value, (name,), wrong)
                try:
                    kept = answers.checked(shape, lie)
                except PeerFault:
                    continue
                assert wrong is not DROP
                kinds = (int, float) if isinstance(value[name], float) else type(value[name])
                assert None in (kept[name], value[name]) or isinstance(kept[name], kinds)
    assert seen == set(shapes)


def test_no_answer_with_a_field_changed_ends_an_agent_without_a_name(
    recorded: tuple[Room, str, Tape],
) -> None:
    room, job, tape = recorded
    ways = operations(room, job)
    honest = dict(tape.known)
    lies = [
        (asked, at, wrong)
        for asked, value in honest.items()
        for at in places(value)
        for wrong in WRONG
    ]
    assert len(lies) > 2000
    caught = 0
    for asked, at, wrong in Random(15).sample(lies, 150):
        tape.known = {**honest, asked: changed(honest[asked], at, wrong)}
        for name, way in ways.items():
            try:
                way()
            except (PeerFault, Unreachable) as error:
                caught += isinstance(error, PeerFault)
            except (CleanroomError, RemoteError):
                pass
            except Exception as error:  # noqa: BLE001 (this is what must not come)
                pytest.fail(f"{name}: {asked[1]} {at} {wrong!r}: {error!r}")
    assert caught > 100


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff\xfe", b"nonsense", b"[" * 100_000, b'"\\ud800"', b"[NaN]"),
        *(b'{"rooms": [], "origin": "o", "key": "k", "items": [], "next": 1e999}', b"{}".ljust(99)),
    ],
)
def test_what_is_no_json_is_a_named_failure(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleanroom.agent.http.transport.LONGEST_JSON", 98)
    transport = Transport("http://mediator.invalid", SigningKey(bytes(32)))
    transport._client = httpx.Client(
        base_url="http://mediator.invalid",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )
    client = Client(transport)
    for ask in (client.work, client.mediator, lambda: client.jobs("0" * 32)):
        with pytest.raises(PeerFault):
            ask()


@pytest.mark.parametrize(
    "number", ["NaN", "-Infinity", "1e999", "9007199254740993", "9" * 400, "1e17"]
)
def test_an_entry_with_a_number_that_cannot_be_written_is_a_named_failure(number: str) -> None:
    transport = Transport("http://mediator.invalid", SigningKey(bytes(32)))
    body = f'{{"entries": [{{"facts": {{"x": {number}}}}}]}}'.encode()
    transport._client = httpx.Client(
        base_url="http://mediator.invalid",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)),
    )
    with pytest.raises(PeerFault, match="not JSON"):
        Client(transport).entries("0" * 32)


def test_a_list_that_never_ends_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tape = Tape()
    monkeypatch.setattr(tape, "json", lambda *_, **__: {"items": [], "next": "again"})
    with pytest.raises(PeerFault, match="circles"):
        Client(tape).rooms()  # type: ignore[arg-type]


def test_an_agent_outlives_a_list_of_work_that_it_cannot_read(tmp_path: FilePath) -> None:
    """A page of a proxy, or a mediator's whim, would otherwise stop a party's worker for good."""
    tape, said = Tape(), []
    home = Home.create(tmp_path / "home", "a long enough phrase", "acme", "brand", "http://none")
    agent = Agent(home, Client(tape), tell=said.append)  # type: ignore[arg-type]
    for answer in ({"rooms": [], "alignments": 7, "jobs": []}, None, "nonsense"):
        tape.json = lambda *_, now=answer, **__: now  # type: ignore[method-assign]
        assert agent._turn() is False
    assert len(said) == 3
