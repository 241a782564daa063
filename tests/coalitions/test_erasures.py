"""Who was erased, and whether anybody was there to erase: what everybody who reads the log sees."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import datasets, endings, erased, erasure, to_erase
from cleanroom.agent.chain import Chain
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import DatasetTerms
from cleanroom.errors import NotFound, PolicyRefusal
from cleanroom.ingest.identifiers import message
from protocols.strings import PackedStrings
from tests.cleanroom.agent.conftest import meet
from tests.cleanroom.queries import room as columns
from tests.cleanroom.queries.harness import audience

CUSTOMERS = [f"person{number}" for number in range(6)]


def brand(folder: Path) -> Room:
    """Return the brand in a room with a dataset at the mediator."""
    meeting = meet(folder)
    terms = tuple(
        DatasetTerms(party=name, name="data", kind="audience", identifier_profile=columns.PROFILE)
        for name in meeting.homes
    )
    room = meeting.propose(datasets=terms)
    meeting.sign(room.identity)
    data = audience(CUSTOMERS)
    written = PackedStrings.pack([message(columns.PROFILE, one) for one in CUSTOMERS])
    table = replace(columns.table_of(data), people=written)
    datasets.upload(room, "data", columns.spec_of(data), table)
    return room


def asked(name: str, who: str) -> erasure.Request:
    return erasure.Request(name, (frozenset(erased.everything(who, None)),))


def seen_of(room: Room, name: str, who: str) -> list[Any]:
    """Return what everybody sees of an erasure: kinds, fields, sizes; random texts by length."""
    start = len(room.client.entries(room.identity))
    erasure.erase(room.home, room.client, asked(name, who))
    entries = room.client.entries(room.identity)[start:]
    return [(entry["kind"], _shape(entry["statement"] or entry["facts"])) for entry in entries]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        own = {"sequence", "version"}
        return {name: _shape(one) for name, one in value.items() if name not in own}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return len(value) if isinstance(value, str) and len(value) > 15 else value


def test_an_erasure_looks_the_same_for_strangers_customers_and_those_who_are_out(
    tmp_path: Path,
) -> None:
    """Whoever asks in somebody's name, and reads the log, learns nothing of that person."""
    room = brand(tmp_path)
    seen = [seen_of(room, name, who) for name, who in (("a", "x"), ("b", "person1"))]
    seen.append(seen_of(room, "c", "person1"))
    assert seen[0] == seen[1] == seen[2]
    kinds = [kind for kind, _ in seen[0]]
    assert kinds == ["dataset.erase", "data.delete", "dataset.create", "dataset.seal"]


def test_renewing_only_what_holds_the_person_tells_who_is_a_customer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = brand(tmp_path)
    standing = to_erase.standing

    def only_hits(place: Room, sealed: list[str]) -> dict[str, Any]:
        found = standing(place, sealed)
        held = [one for one in found["taken"] if _hit(place, one)]
        return found if held else {**found, "taken": [], "lines": {}}

    monkeypatch.setattr(to_erase, "standing", only_hits)
    assert [bool(seen_of(room, who, who)) for who in ("x", "person1")] == [False, True]


def _hit(room: Room, dataset: str) -> bool:
    return bool(erased.marked(room.home, datasets.local(room, dataset).people()).any())


def calls_them_withdrawn(client: Client, room: str) -> list[dict[str, Any]]:
    return [{**one, "state": "WITHDRAWN"} for one in SHOWN(client, room)]


def forgets_the_room(*_: object) -> list[dict[str, Any]]:
    raise NotFound("there is no such room")


SHOWN = Client.datasets
LIES = [calls_them_withdrawn, forgets_the_room]


def shown_again(room: Room, lie: Any) -> None:
    """Erase somebody while the mediator lies, and take its version up again afterwards."""
    [version] = [one["id"] for one in room.client.datasets(room.identity)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "datasets", lie)
        erasure.erase(room.home, room.client, asked("a", "person1"))
    assert [one["state"] for one in room.client.datasets(room.identity)] == ["READY"]
    endings.check(room.home, room.identity, (version,))
    assert (datasets.local(room, version).folder / "order").exists()


@pytest.mark.parametrize("lie", LIES)
def test_a_version_that_a_mediator_hides_from_an_erasure_serves_no_more(
    tmp_path: Path, lie: Any
) -> None:
    """Every question, alignment and publication is held against what this party ended."""
    room = brand(tmp_path)
    with pytest.raises(PolicyRefusal, match="this party ended the dataset"):
        shown_again(room, lie)
    assert not list((room.folder / "datasets").glob("*/order"))


@pytest.mark.parametrize("lie", LIES)
def test_with_the_mediators_word_for_what_is_there_who_left_is_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: Any
) -> None:
    monkeypatch.setattr(Chain, "end", lambda *_: None)
    shown_again(brand(tmp_path), lie)


def test_a_stolen_filter_names_nobody_without_the_key_of_the_home(tmp_path: Path) -> None:
    """With the key whoever has the passphrase can try a list: the vault protects it, no hash."""
    room = brand(tmp_path)
    erasure.erase(room.home, room.client, asked("a", "person1"))
    file = room.home.path / erased.FOLDER / erased.KEPT
    kept = room.home.vault.read_arrays(file)
    forms = erased.everything("person1", None)
    digests = {row.tobytes() for row in kept["digests"]}
    plain = {hashlib.sha256(form).digest()[:16] for form in forms}
    assert not plain & digests and not any(one in file.read_bytes() for one in plain | digests)
    assert all(erased._digest(kept["key"].tobytes(), form) in digests for form in forms)
