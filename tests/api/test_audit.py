from __future__ import annotations

import base64
import re

from cleanroom.documents.statement import Entry
from protocols import checkpoint, merkle
from tests.api import story
from tests.api.party import World


def test_the_log_proves_itself(room: World) -> None:
    story.align(room)
    answer = room.brand.get(f"/v1/audit/entries?room={room.room}&from=2&limit=3").get_json()
    assert [entry["index"] for entry in answer["entries"]] == [2, 3, 4]
    assert answer["next"] == 5
    found = room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"]
    leaves = [merkle.leaf_hash(Entry.from_json(entry).canonical()) for entry in found]
    note = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    key = room.mediator.context.key.verifying_key
    head = checkpoint.verify(note, f"log.test/{room.room}", key)
    assert (head.size, head.root) == (len(leaves), merkle.root(leaves))
    base = f"/v1/audit/proofs/inclusion?room={room.room}&size={head.size}"
    for index, leaf in enumerate(leaves):
        proof = room.brand.get(f"{base}&index={index}").get_json()["proof"]
        nodes = [bytes.fromhex(node) for node in proof]
        merkle.verify_inclusion(leaf, index, head.size, nodes, head.root)
    base = f"/v1/audit/proofs/consistency?room={room.room}&second={head.size}"
    for first in range(1, head.size):
        proof = room.brand.get(f"{base}&first={first}").get_json()["proof"]
        nodes = [bytes.fromhex(node) for node in proof]
        root = merkle.root(leaves[:first])
        merkle.verify_consistency(first, root, head.size, head.root, nodes)


def test_each_answer_carries_the_head_that_holds_its_entry(room: World) -> None:
    answer = room.brand.must_say(f"/v1/rooms/{room.room}/close", "room.close", {})
    key = room.mediator.context.key.verifying_key
    head = checkpoint.verify(answer["checkpoint"], f"log.test/{room.room}", key)
    assert head.size == answer["log_index"] + 1


def test_proofs_of_what_is_not_there_are_refused(room: World) -> None:
    base = f"room={room.room}"
    assert room.brand.get(f"/v1/audit/proofs/inclusion?{base}&index=0&size=99").status_code == 404
    assert room.brand.get(f"/v1/audit/proofs/inclusion?{base}&index=3&size=3").status_code == 422
    path = f"/v1/audit/proofs/consistency?{base}"
    assert room.brand.get(f"{path}&first=0&second=3").status_code == 422


def test_what_an_auditor_reads_is_an_entry(room: World) -> None:
    found = room.auditor.get(f"/v1/audit/entries?room={room.room}").get_json()["entries"]
    assert (found[-1]["kind"], found[-1]["actor"]) == ("audit.read", "auditor")
    before = len(found)
    room.brand.get(f"/v1/audit/entries?room={room.room}")
    assert room.brand.get(f"/v1/audit/entries?room={room.room}").get_json()["size"] == before


def test_a_member_vouches_for_heads_of_this_log_alone(room: World) -> None:
    note = room.brand.get(f"/v1/audit/checkpoint?room={room.room}").get_data(as_text=True)
    seen = checkpoint.cosign(note, "auditor", room.auditor.key, 1_800_000_000)
    room.auditor.must_say("/v1/audit/cosign", "audit.cosign", {"checkpoint": seen})
    found = room.brand.get(f"/v1/audit/cosignatures?room={room.room}").get_json()["items"]
    assert found == [{"party": "auditor", "size": 3, "checkpoint": seen}]
    checkpoint.verify_cosignature(found[0]["checkpoint"], "auditor", room.auditor.key.verifying_key)
    other = checkpoint.sign(
        checkpoint.Checkpoint(f"log.test/{room.room}", 3, bytes(32)), room.mediator.context.key
    )
    refused = room.auditor.say("/v1/audit/cosign", "audit.cosign", {"checkpoint": other})
    assert refused.get_json()["rule"] == "checkpoint-differs"
    forged = checkpoint.sign(
        checkpoint.Checkpoint(f"log.test/{room.room}", 3, bytes(32)), room.brand.key
    )
    refused = room.auditor.say("/v1/audit/cosign", "audit.cosign", {"checkpoint": forged})
    assert refused.status_code == 422


def test_nothing_that_the_mediator_stores_holds_a_label_an_identifier_or_a_sum(
    room: World,
) -> None:
    job = story.started(room)
    room.mediator.worker().run_once()
    room.brand.get(f"/v1/jobs/{job}/result?part=release")
    stored = b"".join(file.read_bytes() for file in room.home.rglob("*") if file.is_file())
    for secret in (b"canary@example.com", room.brand.key.expose()):
        assert secret not in stored
        assert base64.b64encode(secret) not in stored
    # As a word: four letters in a row turn up by chance in base64.
    assert not re.search(rb"(?<![\w+/-])gold(?![\w+/-])", stored)
    room.mediator.context.store.close()  # type: ignore[attr-defined]
