"""What the mediator keeps of an attribution job tells no order, no time, no path, no person.

Each test is an attack on the rows that the mediator was sent.  It finds nothing, and finds what
it looks for as soon as the defence that it is about is taken away.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cleanroom.agent import job_rows, row_spool
from cleanroom.queries import crediting
from protocols.tokens import event_tokens
from tests.cleanroom.queries.harness import Answer, ask, events
from tests.cleanroom.queries.journeys import START

PEOPLE, TICKS = 60, 256
ASKED = {"start": START, "end": START + TICKS, "window": "100s", "max_conversions": 4}


def market(model: str = "last_touch") -> Answer:
    """Everybody has four touches of two campaigns, and three conversions at random times."""
    drawn = random.Random(3)
    names = [f"p{n}" for n in range(PEOPLE) for _ in range(4)]
    touches = events(
        names, [START + drawn.randrange(TICKS) for _ in names],
        labels={"campaign": [drawn.choice("XY") for _ in names]},
    )  # fmt: skip
    buyers = [f"p{n}" for n in range(PEOPLE) for _ in range(3)]
    orders = events(buyers, [START + drawn.randrange(TICKS) for _ in buyers])
    return ask("attribution", {"model": model, **ASKED}, orders, touches)


def uploaded(answer: Answer, side: str) -> Any:
    """Return the rows of one side as the mediator has them."""
    job = {"brand": answer.brand, "platform": answer.platform}[side]
    layout = job_rows.row_layout(job)
    data = np.frombuffer(answer.desk.whole(f"{job.path}/rows", side), dtype=np.uint8)
    labels = answer.desk.uploads("job.rows")[side]["labels"]
    return layout.decode(data.reshape(-1, layout.width), labels)


def owners(answer: Answer, side: str) -> dict[bytes, tuple[int, int]]:
    """Return person and level behind every token: what its owner knows and the attack looks for."""
    job = {"brand": answer.brand, "platform": answer.platform}[side]
    data = job_rows.party_data(job)
    made = job.template.rows(job.question, data)
    tokens = event_tokens(
        data.secrets, bytes.fromhex(job.identity), "attribution", made.level, made.index,
        people=made.person,
    )  # fmt: skip
    behind = zip(made.person.tolist(), made.level.tolist(), strict=True)
    return {token.tobytes(): what for token, what in zip(tokens, behind, strict=True)}


def neighbours_of_one_person(answer: Answer, side: str) -> float:
    """Return how often a row and the next one are of one person."""
    known = owners(answer, side)
    people = [
        {known[t.tobytes()][0] for t in row if t.tobytes() in known}
        for row in uploaded(answer, side).tokens
    ]
    real = [person for person in people if person]
    return sum(a == b for a, b in zip(real, real[1:], strict=False)) / len(real)


@pytest.mark.parametrize("side", ["brand", "platform"])
def test_the_order_of_rows_links_nobody(side, monkeypatch):
    # Of 60 people with rows alike, two neighbours are of one person once in 60.
    assert neighbours_of_one_person(market(), side) < 0.1
    monkeypatch.setattr(row_spool, "_order_by", lambda tokens: np.arange(len(tokens)))
    monkeypatch.setattr(row_spool, "random_order", np.arange)
    assert neighbours_of_one_person(market(), side) > 0.5


def levels_by_place(answer: Answer) -> float:
    """Guess the level of a matching node from its place in the brand's row."""
    platform = {token.tobytes() for row in uploaded(answer, "platform").tokens for token in row}
    known = owners(answer, "brand")
    guesses, right = 0, 0
    for row in uploaded(answer, "brand").tokens:
        lowest = min((known[t.tobytes()][1] for t in row if t.tobytes() in known), default=0)
        for place, token in enumerate(row):
            if token.tobytes() in platform and lowest == 0:
                guesses += 1
                right += known[token.tobytes()][1] == place
    return right / guesses


def test_the_place_of_a_token_in_its_row_tells_no_time(monkeypatch):
    # Nine places: a guess is right once in nine.
    assert levels_by_place(market()) < 0.35
    monkeypatch.setattr(np, "take_along_axis", lambda rows, *_, **__: rows)
    assert levels_by_place(market()) == 1.0


def labels_by_length(answer: Answer, lengths: dict[int, int]) -> set[frozenset[int]]:
    """Return, per path length, the labels of the rows of people with such a path."""
    known = owners(answer, "platform")
    found = defaultdict(set)
    side = uploaded(answer, "platform")
    for row, label in zip(side.tokens, side.cell.tolist(), strict=True):
        if row[0].tobytes() in known:
            found[lengths[known[row[0].tobytes()][0]]].add(label)
    return {frozenset(labels) for labels in found.values()}


def test_a_label_tells_no_path_length(monkeypatch):
    """One campaign seen once or nine times pays the same vector and has the same label."""
    times = {f"p{n}": (1, 9)[n % 2] for n in range(20)}
    names = [name for name, count in times.items() for _ in range(count)]
    seen: dict[str, int] = defaultdict(int)
    moments = []
    for name in names:
        moments.append(START + seen[name])
        seen[name] += 1
    touches = events(names, moments, labels={"campaign": ["X"] * len(names)})
    orders = events(list(times), [START + 50] * 20)
    lengths = dict(enumerate(times.values()))

    def attack() -> set[frozenset[int]]:
        answer = ask("attribution", {"model": "linear", **ASKED}, orders, touches)
        return labels_by_length(answer, lengths)

    assert len(attack()) == 1, "people with one touch and with nine look alike"
    honest = crediting.platform_pieces

    def by_length(*arguments: Any) -> Any:
        """Give a label to every (vector, length of the path), as by (campaign, parts)."""
        pieces = honest(*arguments)
        long = np.array([lengths[person] == 9 for person in pieces.person.tolist()])
        vectors = pieces.vectors
        double = replace(
            vectors,
            offsets=np.append(vectors.offsets, vectors.offsets[1:] + vectors.offsets[-1]),
            keys=np.tile(vectors.keys, 2),
            units=np.tile(vectors.units, 2),
        )
        labels = (pieces.label + len(vectors) * long).astype(np.int32)
        return replace(pieces, label=labels, vectors=double)

    monkeypatch.setattr(crediting, "platform_pieces", by_length)
    assert len(attack()) == 2, "a label per length tells who has a long path"


def linked(tokens: Any) -> int:
    """Return how many rows share a token with another one."""
    _, inverse, counts = np.unique(
        tokens.reshape(-1, 16), axis=0, return_inverse=True, return_counts=True
    )
    return int((counts[inverse.reshape(tokens.shape[:2])] > 1).any(axis=1).sum())


def test_conversions_of_one_person_share_no_token():
    answer = market()
    assert linked(uploaded(answer, "brand").tokens) == 0
    job = answer.brand
    made, depth = job.template.rows(job.question, job_rows.party_data(job)), job.plan.brand_tokens
    # Each conversion with all its ancestors, instead of the groups of the person's trie.
    leaves = np.flatnonzero(made.level == 0)
    level = np.tile(np.arange(depth), len(leaves))
    naive = replace(
        made,
        row=np.repeat(np.arange(len(leaves)), depth),
        person=np.repeat(made.person[leaves], depth),
        level=level,
        index=np.repeat(made.index[leaves], depth) >> level,
        rows=len(leaves),
    )
    assert linked(row_spool._row_tokens(job, naive, depth)) == len(leaves) > 2 * PEOPLE
