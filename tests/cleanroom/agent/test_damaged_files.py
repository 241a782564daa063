"""A file of a home that holds something else is named, with the way out; nothing is unforeseen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cleanroom.agent import (
    agreed,
    approved,
    contacts,
    datasets,
    endings,
    leftovers,
    rooms,
    versions,
)
from cleanroom.agent.home import Home
from cleanroom.agent.memory import memory_of
from cleanroom.agent.rooms import Room
from cleanroom.errors import InvalidInput
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.queries.harness import audience

OTHERS = ("[]", "{}", "null", "3", '"x"', '{"url": 3}', '[["x"]]', '{"a": []}', "[" * 3000)
AGENT = Path(rooms.__file__).parent


def readers(home: Home, room: Room) -> list[Callable[[], object]]:
    """Return what reads each file of a home."""
    return [
        lambda: Home(home.path, home.vault).card,
        lambda: home.mediator,
        lambda: contacts.known_cards(home),
        lambda: rooms.known(home),
        lambda: rooms.open_room(home, room.client, room.identity),
        lambda: versions.newest(room.folder),
        room.chain.finish,
        lambda: memory_of(home, room.identity),
        lambda: [datasets.local(room, one.name) for one in (room.folder / "datasets").iterdir()],
        lambda: leftovers.versions_at_home(room),
        lambda: agreed.read(room.folder / "agreed.json"),
        lambda: approved._read(room.folder / "approved.json"),
        lambda: endings._read(home, room.identity),
    ]


def test_a_file_that_holds_something_else_is_named_with_the_way_out(meeting: Place) -> None:
    people = ["a", "b", "c"]
    room = meeting.talk({"acme": audience(people), "telco": audience(people)})["acme"]
    home, foreign = room.home, '{"pair": {"job": [1.0, 2]}}'
    for name, text in {"agreed.json": "{}", "approved.json": foreign, "ended.json": "[]"}.items():
        (room.folder / name).write_text(text)
    for read in readers(home, room):
        read()
    files = [one for one in home.path.rglob("*.json") if one.name != "master.json"]
    spoilt = set()
    for file in files:
        kept = file.read_bytes()
        for text in OTHERS:
            file.write_text(text)
            for read in readers(home, room):
                try:
                    read()
                except InvalidInput as refusal:
                    assert str(file) in str(refusal), text
                    assert refusal.remedy == "Put back the newest copy of this home."
                    spoilt.add(file.name)
        file.write_bytes(kept)
    known = {"agreement.json", "manifest.json", "chain.json", "mediator.json", "card.json"}
    assert spoilt >= known | {"agreed.json", "approved.json", "ended.json"}
    assert json.loads((home.path / "mediator.json").read_bytes())["url"]


@pytest.mark.parametrize("file", sorted(AGENT.rglob("*.py")), ids=lambda one: one.stem)
def test_files_in_clear_are_read_in_one_place(file: Path) -> None:
    if file.name not in ("home.py", "keys.py", "vault.py"):
        text = file.read_text("utf-8")
        assert not re.search(r"(parse|loads)\([^()]*\.read_(bytes|text)\(", text)
