"""A segment of two platforms that one of them activates: who learns which rows, with whose word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from unittest import mock

import numpy as np
import pytest

from cleanroom.agent import activation, jobs
from cleanroom.engine import hub_segment
from cleanroom.engine.layout import SideRows
from cleanroom.errors import NotFound, PolicyRefusal
from cleanroom.queries import activating
from cleanroom.queries.hub import Hub
from cleanroom.queries.joint_activation import template as joint_activation
from tests.api.conftest import verify_rooms
from tests.cleanroom.queries.room import audience, events
from tests.simulation.several import Several, several

OURS = [f"p{n}" for n in range(20)]
AT_DOUYIN = [f"p{n}" for n in range(4, 30)]
AT_WEIBO = [f"p{n}" for n in range(12, 40)]
SEEN = events(
    [who for who in AT_WEIBO for _ in (0, 1)],
    [100 if n % 3 else 900 for n in range(len(AT_WEIBO)) for _ in (0, 1)],
    [0, 1] * len(AT_WEIBO),
)
"""A view and a click of everybody, of every third person after the period."""
FILES = {
    "acme": {"crm": audience(OURS)},
    "douyin": {"users": audience(AT_DOUYIN)},
    "weibo": {"seen": SEEN},
}
REACHED = {who for n, who in enumerate(AT_WEIBO) if n % 3}
OTHERS = {"douyin": "users", "weibo": "seen"}
PERIOD = {"start": 0, "end": 500}


def grant(party: str, minimum: int, purpose: str = "spring") -> dict[str, object]:
    return {"party": party, "kind": "activation", "purposes": [purpose], "minimum": minimum}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    """Sign a room in which weibo grants five people and more, and the brand other purposes too."""
    grants = [
        grant("acme", 2), grant("weibo", 5), grant("acme", 2, "autumn"),
        grant("acme", 2, "winter"), grant("weibo", 12, "winter"),
        *(grant(party, 2, "both") for party in ("acme", "douyin", "weibo")),
    ]  # fmt: skip
    with several(tmp_path_factory.mktemp("joint"), FILES, grants) as made:
        made.align("crm", OTHERS)
        yield made
        context = made.service.context
        with context.store.read() as transaction:
            verify_rooms(transaction, context)


def asked(room: Several, purpose: str = "spring", others: dict[str, str] = OTHERS) -> str:
    job = room.document("joint_activation", "crm", others,
                        {"purpose": purpose, "known_to": "first-only", **PERIOD})  # fmt: skip
    identity = jobs.submit(job)["resource"]["id"]
    assert room.run(identity)["state"] == "SUCCESS"
    return identity


def people_at(room: Several, party: str, identity: str) -> list[str]:
    [found] = activation.segment(jobs.load(room.rooms[party], identity)).kinds
    return found


def test_the_first_one_learns_its_own_rows_of_the_segment_and_nobody_else_any(room):
    identity = asked(room)
    wanted = [who for who in AT_DOUYIN if who in OURS and who not in REACHED]
    assert len(wanted) >= 5
    assert people_at(room, "douyin", identity) == wanted
    for party in ("weibo", "acme"):
        with pytest.raises(NotFound):
            room.rooms[party].client.result_bytes(identity, "matched")
        assert not activation.has_segment(jobs.load(room.rooms[party], identity))


def test_with_another_platform_first_it_is_another_question(room):
    """Else the one answer would stand for the other, and whoever is first now would get nobody."""
    first = asked(room, "both")
    job = room.document("joint_activation", "crm", dict(reversed(OTHERS.items())),
                        {"purpose": "both", "known_to": "all", **PERIOD})  # fmt: skip
    same = room.document("joint_activation", "crm", OTHERS,
                         {"purpose": "both", "known_to": "all", **PERIOD})  # fmt: skip
    assert jobs.submit(same)["resource"]["id"] != first
    second = str(jobs.submit(job)["resource"]["id"])
    assert room.run(second)["state"] == "SUCCESS"
    known = [who for who in OURS if who in AT_DOUYIN and who in REACHED]
    assert people_at(room, "weibo", second) == known
    with pytest.raises(NotFound):
        people_at(room, "douyin", second)


def test_the_others_of_a_segment_have_no_order_but_for_the_first(room):
    job = room.document("joint_activation", "crm", OTHERS,
                        {"purpose": "both", "known_to": "all", **PERIOD})  # fmt: skip
    one, two = job.document.others
    third = two.model_copy(update={"party": "netease", "platform": "ab" * 16})

    def question(*others):
        named = {"platform": others[0].platform, "alignment": others[0].alignment}
        return job.document.model_copy(update={"others": others, **named}).question()

    assert question(one, two, third) == question(one, third, two)
    assert question(one, two, third) != question(two, one, third)


def test_below_the_greatest_of_all_minima_nobody_learns_a_row(room):
    """The brand grants from 2 people on, weibo from 12, and there are fewer."""
    identity = asked(room, "winter")
    with pytest.raises(NotFound):
        people_at(room, "douyin", identity)
    with pytest.raises(NotFound):
        room.rooms["douyin"].client.result_bytes(identity, "matched")


def test_with_the_brands_minimum_alone_it_would(room):
    job = room.document("joint_activation", "crm", OTHERS,
                        {"purpose": "winter", "known_to": "first-only", **PERIOD})  # fmt: skip
    assert job.plan.minimum == 12
    with mock.patch.object(joint_activation, "max", min, create=True):
        assert job.template.plan(job.question).minimum == 2


def test_without_the_word_of_the_other_platform_nothing_is_asked(room):
    with pytest.raises(PolicyRefusal) as found:
        room.document("joint_activation", "crm", OTHERS,
                      {"purpose": "autumn", "known_to": "all", **PERIOD})  # fmt: skip
    assert found.value.rule == "activation-purpose"
    assert "weibo" in str(found.value)
    # The first one needs to grant nothing: it learns of its own people.
    first = {"weibo": "seen", "douyin": "users"}
    with pytest.raises(PolicyRefusal, match="douyin has granted activation for other purposes"):
        room.document("joint_activation", "crm", first,
                      {"purpose": "spring", "known_to": "all", **PERIOD})  # fmt: skip


def test_where_the_brands_word_were_enough_the_first_one_would_learn_whom_the_other_knows(room):
    honest = activating.grant_for

    def of_the_brand(question, purpose, _party):
        return honest(question, purpose)

    with mock.patch.object(joint_activation, "grant_for", of_the_brand):
        job = room.document("joint_activation", "crm", OTHERS,
                            {"purpose": "autumn", "known_to": "all", **PERIOD})  # fmt: skip
    assert job.plan.activates


def side(place: int, people: list[int]) -> SideRows:
    """Return the rows of one other, or those of a hub with a token for each of ``place``."""
    tokens = b"".join(Random(f"{place}/{one}").randbytes(16) for one in people)
    return SideRows(
        tokens=np.frombuffer(tokens, dtype=np.uint8).reshape(len(people), 1, 16),
        cell=np.zeros(len(people), dtype=np.int64),
        flag=np.ones(len(people), dtype=np.bool_),
    )


@pytest.mark.parametrize("segment", ["all", "first-only"])
def test_a_segment_is_that_of_sets_and_a_person_moves_it_by_one(segment):
    chance = Random(9)

    def size(ours, others):
        shape = Hub(("a", "b", "c", "d")[: len(others)], segment=segment)
        tokens = np.stack([side(place, ours).tokens[:, 0] for place in range(len(others))], axis=1)
        own = replace(side(0, ours), tokens=tokens)
        rows = [side(place, one) for place, one in enumerate(others)]
        found = hub_segment.find(shape, own, rows)
        rest = [set(one) for one in others[1:]]
        wanted = {
            who for who in set(ours) & set(others[0])
            if all((who in one) == (segment == "all") for one in rest)
        }  # fmt: skip
        assert {others[0][row] for row in found.first.tolist()} == wanted
        assert {ours[row] for row in found.hub.tolist()} == wanted
        return len(wanted)

    for _ in range(20):
        ours = chance.sample(range(12), 9)
        others = [
            chance.sample(range(12), chance.randint(2, 11)) for _ in range(1 + chance.randrange(4))
        ]
        whole = size(ours, others)
        for place, one in enumerate(others):
            for who in one:
                fewer = [*others]
                fewer[place] = [name for name in one if name != who]
                assert abs(size(ours, fewer) - whole) <= 1
