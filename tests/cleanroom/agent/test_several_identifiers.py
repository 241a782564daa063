"""Two parties whose people have several identifiers: answers equal those of the rules in clear."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from cleanroom.agent import (
    activation,
    alignments,
    approval,
    datasets,
    jobs,
    proposal,
    results,
)
from cleanroom.agent.alignments import LocalAlignment
from cleanroom.agent.datasets import local
from cleanroom.agent.logs import bundle_of
from cleanroom.agent.room_file import terms_of
from cleanroom.agent.rooms import Room
from cleanroom.audit import verify_audit_bundle
from cleanroom.documents.agreement import Grant
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.ingest import read_table
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.mediator.alignment_rows import tokens_name
from cleanroom.room.alignments import check_join
from protocols.limits import padded_size
from protocols.tokens import audience_tokens
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place
from tests.cleanroom.engine.test_match_people import as_numbers
from tests.cleanroom.ingest.identity_oracle import Row, people_of

EMAIL = {"column": "email", "profile": "email:uid2:v1"}
PHONE = {"column": "phone", "profile": "phone:e164:v1", "region": "CN"}
KINDS = ("email", "phone")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "ROUNDS", 3)


def population(seed: int, share: float) -> list[Row]:
    """Make rows of one side: typos, shared telephones, second addresses, missing ones, chains."""
    random, rows = Random(seed), []
    for number in range(90):
        if random.random() > share:
            continue
        email, phone = f"p{number}@example.com", f"+861380013{8000 + number}"
        odd = random.random()
        if odd < 0.15:
            rows.append((f"p{number}@exmaple.com", phone))
        elif odd < 0.3:
            rows.append((email, f"+861380013{8000 + number // 4 * 4}"))
        elif odd < 0.4:
            rows += [(email, None), (email, phone), (None, phone)]
        elif odd < 0.5:
            rows += [(email, phone), (f"q{number}@example.com", phone)]
        elif odd < 0.7:
            rows.append((email, None) if odd < 0.6 else (None, phone))
        else:
            rows.append((email, phone))
    return random.sample(rows, len(rows))


def write(path: Path, rows: list[Row], label: list[str]) -> None:
    lines = [
        f"{email or ''},{phone or ''},{label[place]},{place % 7}"
        for place, (email, phone) in enumerate(rows)
    ]
    path.write_text("\n".join(["email,phone,label,spend", *lines]) + "\n")


def spec_of(name: str, *ids: dict[str, str]) -> DatasetSpec:
    return DatasetSpec.model_validate(
        {
            "file": f"{name}.csv",
            "kind": "audience",
            "id": list(ids),
            "labels": ["label"],
            "domains": {"label": ["a", "b"]},
            "duplicates": "sum",
            "measures": {"spend": {"column": "spend", "max": 100}},
        }
    )


def opened(meeting: Place, folder: Path, files: dict[str, list[Row]], **changes: Any) -> Any:
    """Open a room of both files, upload and align them; return the rooms and the specs."""
    specs = {name: spec_of(name, EMAIL, PHONE) for name in files}
    for name, rows in files.items():
        write(folder / f"{name}.csv", rows, ["ab"[place % 2] for place in range(len(rows))])
    terms = tuple(terms_of(meeting.homes[name].card, "data", spec) for name, spec in specs.items())
    rooms = {"acme": meeting.propose(datasets=terms, **changes)}
    rooms["telco"] = meeting.sign(rooms["acme"].identity)
    ids = []
    for name, room in rooms.items():
        table = read_table(specs[name], folder / f"{name}.csv")
        ids.append(datasets.upload(room, "data", specs[name], table))
    alignments.propose(rooms["acme"], (ids[0],), (ids[1],), "dh")
    meeting.work()
    return rooms


def computed(meeting: Place, rooms: dict[str, Room], template: str, **parameters: Any) -> str:
    """Let both sides approve a question and the mediator compute it; return its job."""
    job = meeting.ask(rooms["acme"], template, parameters)
    for room in rooms.values():
        approval.approve(jobs.load(room, job))
    assert meeting.mediator.worker().run_once()
    return job


def people(rows: list[Row]) -> list[tuple[frozenset[int], Row]]:
    """Return the people of rows with what they keep, in the order of their first rows."""
    known = people_of(rows, KINDS)
    return [(person, known.kept[person]) for person in dict.fromkeys(known.rows)]


def matched(rooms: dict[str, Room], brand: list[Row], platform: list[Row]) -> set[tuple[int, int]]:
    """Match people in clear; of equal claims the least token decides, which the brand can make."""
    room = rooms["acme"]
    item = room.client.alignments(room.identity)[0]
    alignment: LocalAlignment = alignments.find(room, item["id"])
    own, other = alignment.own_datasets[0], alignment.peer_datasets[0]
    tokens = audience_tokens(
        alignment.secrets_of(own), *(bytes.fromhex(one) for one in (item["id"], own, other))
    )
    known = dict(zip(local(room, own).table().values, tokens, strict=True))
    likes = {}
    for b, (_, one) in enumerate(people(brand)):
        for p, (_, two) in enumerate(people(platform)):
            common = [x for x, y in zip(one, two, strict=True) if x and x == y]
            if common:
                least = min(as_numbers(known[name.encode()].tobytes()) for name in common)
                likes[b, p] = -len(common), least
    best = {b: min((v, p) for (x, p), v in likes.items() if x == b)[1] for b, _ in likes}
    back = {p: min((v, b) for (b, x), v in likes.items() if x == p)[1] for _, p in likes}
    return {(b, p) for b, p in likes if best[b] == p and back[p] == b}


def test_answers_equal_the_rules_in_clear_person_for_person(meeting: Place, tmp_path: Path) -> None:
    brand, platform = population(1, 0.8), population(2, 0.7)
    grant = Grant(party="acme", kind="activation", purposes=("ads",), minimum=1)
    rooms = opened(
        meeting,
        tmp_path,
        {"acme": brand, "telco": platform},
        templates=("overlap", "activation"),
        grants=(grant,),
    )
    wanted = matched(rooms, brand, platform)
    ones, others = people(brand), people(platform)
    assert len({b for b, _ in wanted}) == len({p for _, p in wanted}) == len(wanted) > 30
    job = computed(meeting, rooms, "overlap", group_by=["platform.label"], measures=["spend"])
    answer = results.receive(jobs.load(rooms["acme"], job))
    assert answer is not None
    label = {p: "ab"[min(others[p][0]) % 2] for _, p in wanted}
    spend = {b: sum(place % 7 for place in ones[b][0]) for b, _ in wanted}
    counts = Counter(label[p] for _, p in wanted)
    sums = {one: sum(spend[b] for b, p in wanted if label[p] == one) for one in "ab"}
    assert {
        group["key"]["platform.label"]: (group["people"], group["sums"]["spend"])
        for group in answer["groups"]
    } == {one: (counts[one], sums[one]) for one in "ab"}
    _check_what_the_mediator_has(meeting, rooms)
    _check_a_segment(meeting, rooms, tmp_path, {others[p][1] for _, p in wanted})
    log = bundle_of(rooms["acme"].client, rooms["acme"].agreement, [])
    verify_audit_bundle(log)


def _check_what_the_mediator_has(meeting: Place, rooms: dict[str, Room]) -> None:
    """Each side entered twice its people, whatever they lack, and sent two tokens a row."""
    room = rooms["acme"]
    item = room.client.alignments(room.identity)[0]
    manifests = {
        one["manifest"]["party"]: local(rooms[one["manifest"]["party"]], one["id"]).manifest
        for one in room.client.datasets(room.identity)
    }
    for name, manifest in manifests.items():
        assert manifest.profiles == ("email:uid2:v1", "phone:e164:v1")
        assert item["counts"][name] == padded_size(2 * manifest.people)
        check_join(room.agreement.policy, [manifest], item["counts"][name])
        with pytest.raises(PolicyRefusal, match="identifiers at most"):
            check_join(room.agreement.policy, [manifest], item["counts"][name] + 1)
    pair = (item["document"]["brand_datasets"][0], item["document"]["platform_datasets"][0])
    with meeting.mediator.context.store.read() as transaction:
        for side, name in (("brand", "acme"), ("platform", "telco")):
            stream = tokens_name(item["id"], item["attempt"], side, *pair)
            seal = transaction.get("uploads", stream=stream)
            assert seal is not None
            assert (seal["rows"], seal["width"]) == (manifests[name].rows, 32)


def _check_a_segment(
    meeting: Place, rooms: dict[str, Room], folder: Path, wanted: set[Row]
) -> None:
    job = computed(meeting, rooms, "activation", purpose="ads")
    own = jobs.load(rooms["telco"], job)
    activation.activate(own)
    assert activation.export(own, folder / "segment.csv") == len(wanted)
    head, *lines = (folder / "segment.csv").read_text().splitlines()
    assert head == "email,phone"
    cells = {tuple(cell.removeprefix("'") or None for cell in line.split(",")) for line in lines}
    assert cells == wanted
    with pytest.raises(InvalidInput, match="several identifiers"):
        activation.export(own, folder / "segment.txt")


def test_a_file_with_other_kinds_than_agreed_is_refused(meeting: Place) -> None:
    spec = spec_of("acme", EMAIL, PHONE)
    card = meeting.homes["acme"].card
    agreement = meeting.agreement(datasets=(terms_of(card, "data", spec_of("acme", EMAIL)),))
    with pytest.raises(InvalidInput, match="further_profiles"):
        proposal.check_terms("data", spec, agreement, card)
