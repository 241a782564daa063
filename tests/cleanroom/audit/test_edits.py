"""Random edits of a bundle, by a liar with and without the mediator's key."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest
import rfc8785

from cleanroom.audit import verify_audit_bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.errors import AuditFailure
from protocols import merkle
from tests.cleanroom.audit.scene import RoomLog, whole_log

EDITS = (200, pytest.param(1000, marks=pytest.mark.slow))
DEMAND = ("acme", "telco", "eve")


@pytest.fixture(scope="module")
def log() -> RoomLog:
    return whole_log()


@pytest.fixture(scope="module")
def honest(log: RoomLog) -> dict[str, Any]:
    return json.loads(json.dumps(log.bundle(*DEMAND).to_json()))


def leaves_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values that are not containers."""
    if isinstance(value, dict):
        return [p for name, item in value.items() for p in leaves_of(item, (*path, name))]
    if isinstance(value, list):
        return [p for place, item in enumerate(value) for p in leaves_of(item, (*path, place))]
    return [path]


def changed(value: Any, dice: random.Random) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + dice.choice([-1, 1, 7])
    if value is None:
        return "other"
    if not value:
        return "x"
    place = dice.randrange(len(value))
    letter = dice.choice([c for c in "0a1bZ" if c != value[place]])
    return value[:place] + letter + value[place + 1 :]


def flip(document: dict[str, Any], dice: random.Random) -> None:
    entry = dice.choice(document["entries"])
    path = dice.choice(leaves_of(entry))
    for step in path[:-1]:
        entry = entry[step]
    entry[path[-1]] = changed(entry[path[-1]], dice)


def delete(document: dict[str, Any], dice: random.Random) -> None:
    del document["entries"][dice.randrange(len(document["entries"]))]


def delete_and_renumber(document: dict[str, Any], dice: random.Random) -> None:
    delete(document, dice)
    for index, entry in enumerate(document["entries"]):
        entry["index"] = index


def insert(document: dict[str, Any], dice: random.Random) -> None:
    entries = document["entries"]
    entries.insert(dice.randrange(len(entries)), copy.deepcopy(dice.choice(entries)))


def insert_and_renumber(document: dict[str, Any], dice: random.Random) -> None:
    insert(document, dice)
    for index, entry in enumerate(document["entries"]):
        entry["index"] = index


def reorder(document: dict[str, Any], dice: random.Random) -> None:
    entries = document["entries"]
    one, two = dice.sample(range(len(entries)), 2)
    entries[one], entries[two] = entries[two], entries[one]
    if dice.random() < 0.5:
        entries[one]["index"], entries[two]["index"] = one, two


def truncate(document: dict[str, Any], dice: random.Random) -> None:
    del document["entries"][dice.randrange(len(document["entries"])) :]


def drop_field(document: dict[str, Any], dice: random.Random) -> None:
    entry = dice.choice(document["entries"])
    del entry[dice.choice(list(entry))]


def refuse(document: dict[str, Any], dice: random.Random) -> None:
    """Say that an accepted statement was refused."""
    entry = dice.choice([e for e in document["entries"] if e["outcome"] == "accepted"])
    entry["outcome"], entry["rule"] = "refused", "sequence"


def forge(document: dict[str, Any], dice: random.Random) -> None:
    """Replace a signature by that of another statement."""
    signed = [entry for entry in document["entries"] if entry["statement"]]
    one, two = dice.sample(signed, 2)
    one["statement"]["signature"] = two["statement"]["signature"]


def head_flip(document: dict[str, Any], dice: random.Random) -> None:
    note = document["checkpoint"]
    place = dice.randrange(len(note))
    document["checkpoint"] = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]


def memory_flip(document: dict[str, Any], dice: random.Random) -> None:
    memory = dice.choice(document["memories"])
    path = dice.choice(leaves_of(memory))
    target = memory
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = changed(target[path[-1]], dice)


def memory_delete(document: dict[str, Any], dice: random.Random) -> None:
    del document["memories"][dice.randrange(len(document["memories"]))]


def agreement_flip(document: dict[str, Any], dice: random.Random) -> None:
    target = document["agreement"]
    path = dice.choice(leaves_of(target))
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = changed(target[path[-1]], dice)


OF_ENTRIES = (
    flip, delete, delete_and_renumber, insert, insert_and_renumber, reorder, truncate, drop_field,
    refuse, forge,
)  # fmt: skip
OF_THE_REST = (head_flip, memory_flip, memory_delete, agreement_flip)


def rehash(document: dict[str, Any], log: RoomLog) -> None:
    """Cover an edit as the mediator can: hash everything again and sign the new root."""
    leaves = [rfc8785.dumps(entry) for entry in document["entries"]]
    document["hashes"] = [merkle.leaf_hash(leaf).hex() for leaf in leaves]
    document["checkpoint"] = log.note(leaves)


@pytest.mark.parametrize("edits", EDITS)
def test_random_edits_are_all_caught(honest, log, edits):
    dice = random.Random(20_260_603)
    caught: dict[str, int] = {}
    named = 0
    for number in range(edits):
        document = copy.deepcopy(honest)
        covered = number % 2 == 0
        edit = dice.choice(OF_ENTRIES if covered else (*OF_ENTRIES, *OF_THE_REST))
        edit(document, dice)
        while covered and document["entries"] == honest["entries"]:
            edit(document, dice)
        if covered and document["entries"]:
            rehash(document, log)
        with pytest.raises(AuditFailure) as failure:
            verify_audit_bundle(document, room=log.room, demand=DEMAND)
        named += isinstance(failure.value, BadEntry)
        name = f"{edit.__name__}{' and rehash' if covered else ''}"
        caught[name] = caught.get(name, 0) + 1
    assert failure.value.exit_code == 5
    print(json.dumps({"caught": sum(caught.values()), "named": named, **caught}, indent=1))
    assert sum(caught.values()) == edits
    assert len(caught) == 2 * len(OF_ENTRIES) + len(OF_THE_REST)


def test_the_stated_limit_a_mediator_leaves_out_what_no_chain_counts():
    """Readings, and what it refused, before any member saw a head with them."""
    log = RoomLog()
    log.open()
    log.upload()
    log.align()
    log.refuse("telco", "room.close", {}, "no")
    log.add("audit.read", "eve")
    log.run(log.document("overlap"))
    counted = [one for one in log.entries if one.statement and one.outcome == "accepted"]
    kept = [one for one in log.entries if one in counted or one.kind == "job.release"]
    assert {one.kind for one in log.entries if one not in kept} == {
        "room.close", "audit.read", "result.read",
    }  # fmt: skip
    log.entries = [one.model_copy(update={"index": at}) for at, one in enumerate(kept)]
    verify_audit_bundle(log.bundle(*DEMAND).to_json(), demand=DEMAND)
