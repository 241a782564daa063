"""Questions that make rows, of people with several identifiers: joined by one kind, all as by hand.

The oracle finds each side's people by the text of ``identity:v1`` and names each by what it keeps
of the kind that joins, or by nothing that anybody else has.  The answer about that file, in which
people have one identifier, is the one about the file with several.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from cleanroom.errors import PolicyRefusal
from tests.cleanroom.ingest.identity_oracle import Row, people_of
from tests.cleanroom.queries.harness import Data, Measure, ask, audience, events, plan

EMAIL, PHONE = "email:uid2:v1", "phone:e164:v1"
KINDS = ("email", "phone")
DAY = 86_400
PERIOD = {"start": 0, "end": 30 * DAY}


def named(seed: int, count: int) -> list[Row]:
    """Name the rows of one side's people: typos, shared telephones, missing ones, two addresses."""
    random, rows = Random(seed), []
    for _ in range(count):
        number = random.randrange(40)
        email, phone = f"p{number}@example.com", f"+861380013{8000 + number}"
        odd = random.random()
        if odd < 0.1:
            email = f"q{number}@example.com"
        elif odd < 0.25:
            phone = f"+861380013{8000 + number // 5 * 5}"
        rows.append((None if 0.3 < odd < 0.45 else email, None if odd > 0.85 else phone))
    return rows


def of_kind(data: Data, rows: list[Row], kind: str, side: str) -> Data:
    """Name each row of the file as the oracle does, once for each person of an audience."""
    known = people_of(rows, KINDS)
    names = [
        known.kept[person][KINDS.index(kind)] or f"{side} {min(person)}" for person in known.rows
    ]
    if data.kind == "events":
        return replace(data, ids=names, kinds={})
    first = sorted({min(person) for person in known.rows})
    return replace(
        data,
        ids=[names[row] for row in first],
        labels={name: [values[row] for row in first] for name, values in data.labels.items()},
        measures={
            name: one._replace(values=[one.values[row] for row in first])
            for name, one in data.measures.items()
        },
        domains={name: tuple(values) for name, values in data.labels.items()},
        kinds={},
    )


def columns(rows: list[Row]) -> dict[str, list[str | None]]:
    return {EMAIL: [email for email, _ in rows], PHONE: [phone for _, phone in rows]}


def conversions(rows: list[Row]) -> Data:
    random = Random(7)
    times = [random.randrange(20 * DAY, 30 * DAY) for _ in rows]
    value = {"value": Measure([random.randrange(50) for _ in rows], 50)}
    return replace(events([], times, measures=value), kinds=columns(rows))


def touches(rows: list[Row]) -> Data:
    random = Random(8)
    times = [random.randrange(10 * DAY, 30 * DAY) for _ in rows]
    labels = {"campaign": [random.choice("ABC") for _ in rows]}
    return replace(events([], times, [0] * len(rows), labels), kinds=columns(rows))


def crm(rows: list[Row]) -> Data:
    tiers = {"tier": ["gold" if at % 3 else "silver" for at in range(len(rows))]}
    spend = {"spend": Measure([at % 9 for at in range(len(rows))], 9)}
    return replace(audience([], tiers, spend), kinds=columns(rows))


def users(rows: list[Row]) -> Data:
    score = {f"f{n}": Measure([at * (n + 2) % 7 for at in range(len(rows))], 7) for n in range(2)}
    return replace(audience([], measures=score), kinds=columns(rows))


OURS, THEIRS = named(1, 60), named(2, 90)
CASES: dict[str, tuple[str, dict[str, Any], Data, Data]] = {
    "attribution": (
        "email",
        {**PERIOD, "model": "last_touch", "window": "7d", "measures": ["value"]},
        conversions(OURS),
        touches(THEIRS),
    ),
    "reach_frequency": ("phone", {"max_frequency": 3}, crm(OURS), touches(THEIRS)),
    "lookalike": (
        "phone",
        {"features": ["f0", "f1"], "holdout": 0, "minimum": 1},
        crm(OURS),
        users(THEIRS),
    ),
    "cross_attribution": (
        "phone",
        {**PERIOD, "window": "7d", "measures": ["value"], "resolution": "1d", "campaigns": 3},
        conversions(OURS),
        touches(THEIRS),
    ),
    "cross_reach": ("email", {"max_frequency": 3}, crm(OURS), touches(THEIRS)),
}


def told(template: str, parameters: dict[str, Any], brand: Data, platform: Data) -> dict[str, Any]:
    """Return what an answer says of the people."""
    receiver = "platform" if template == "lookalike" else "brand"
    result = ask(template, parameters, brand, platform, receiver=receiver).result
    return {name: value for name, value in result.items() if name not in ("receipt", "quality")}


@pytest.mark.parametrize("template", CASES)
def test_the_answer_is_that_of_the_file_in_which_one_kind_names_everybody(template: str) -> None:
    kind, parameters, brand, platform = CASES[template]
    answer = told(template, {**parameters, "match_by": kind}, brand, platform)
    plain = of_kind(brand, OURS, kind, "brand"), of_kind(platform, THEIRS, kind, "platform")
    assert len(answer["groups"]) > 1 or answer["total"]["people"] > 5
    assert answer == told(template, parameters, *plain)


def test_where_one_kind_is_common_it_joins_unasked() -> None:
    """A brand with addresses and telephones meets a platform that has telephones."""
    rows = [row for row in THEIRS if row[1]]
    phones, shown = [phone for _, phone in rows if phone], touches(rows)
    parameters = {"max_frequency": 3}
    answer = told("reach_frequency", parameters, crm(OURS), replace(shown, kinds={PHONE: phones}))
    plain = of_kind(crm(OURS), OURS, "phone", "brand"), replace(shown, ids=phones, kinds={})
    assert answer["total"]["people"] > 5
    assert answer == told("reach_frequency", parameters, *plain)


def test_where_several_are_common_nothing_is_asked_without_a_name() -> None:
    with pytest.raises(PolicyRefusal, match="email and phone in common"):
        plan("reach_frequency", {"max_frequency": 3}, crm(OURS), touches(THEIRS))
