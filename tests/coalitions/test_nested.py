"""A platform that receives, and meets a person's conversions together and each alone.

The brand sends a row for each group of a person's conversions below a common node, and an honest
platform, whose nodes do not overlap, meets each conversion in one of them.  Nobody can check that
they do not overlap, and so a live room wants the brand's word before that platform receives.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cleanroom.errors import PolicyRefusal
from cleanroom.room import policy
from tests.cleanroom.queries import movement
from tests.cleanroom.queries.harness import Data, Measure, ask, events, plan
from tests.cleanroom.queries.journeys import START

TICKS = 16
AT = [3, 6, 9, 12]
CONVERSIONS = len(AT)
WHEN = {"start": START, "end": START + TICKS, "measures": ["value"]}
PEOPLE = ["p0", "p1"]
BUYERS = [who for who in PEOPLE for _ in AT]
BOUGHT = events(
    BUYERS,
    [START + at for at in AT] * 2,
    measures={"value": Measure([10] * len(BUYERS), 10)},
)
SHOWN = events(PEOPLE, [START] * 2, None, {"campaign": ["A", "B"]})
ARMS = Data("audience", PEOPLE, {"arm": ["test", "control"]}, {}, {}, [1_000_000 * (START - 1)] * 2)
ASKED: dict[str, tuple[dict[str, Any], Data]] = {
    "attribution": ({**WHEN, "model": "last_touch", "window": "16s"}, SHOWN),
    "lift": ({**WHEN, "max_value_per_person": 10 * CONVERSIONS}, ARMS),
}
LIVE = {
    "agreement": {"rehearsal": False},
    "noise": "discrete-gaussian",
    "k_min": 10,
    "paillier_bits": 2048,
}


def asked(name: str, most: int) -> tuple[Any, ...]:
    parameters, platform = ASKED[name]
    return name, {**parameters, "max_conversions": most}, BOUGHT, platform


def at_every_level(made: Any) -> Any:
    """Give each person's first label a row for the root and one for each node of a tick."""
    people, first = np.unique(made.person, return_index=True)
    level = np.concatenate([[TICKS.bit_length() - 1], np.zeros(TICKS, dtype=np.int64)])
    index = np.concatenate([[0], np.arange(TICKS)])
    many = len(people) * len(level)
    return replace(
        made,
        row=np.arange(many),
        person=np.repeat(people, len(level)),
        level=np.tile(level, len(people)),
        index=np.tile(index, len(people)),
        rows=many,
        label=np.repeat(made.label[first], len(level)),
        flag=np.ones(many, dtype=np.bool_),
    )


def moved(name: str, most: int) -> list[tuple[float, float]]:
    """Return how far a person of the brand moves each sum that a liar's nodes make: found, paid."""
    job = ask(*asked(name, most), receiver="platform")
    jobs = {"brand": job.brand, "platform": job.platform}
    template = type(job.platform.template)
    honest = template.rows

    def lying(self: Any, question: Any, data: Any) -> Any:
        made = honest(self, question, data)
        return made if data.side == "brand" else at_every_level(made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "rows", lying)
        known = movement.tables(jobs)
        whole = movement.released(jobs, known)
        far = [
            whole.moved(movement.released(jobs, fewer))
            for fewer in movement.without_one(known, "brand")
        ]
    paid = [job.platform.plan.people_delta, *(slot.delta for slot in job.platform.plan.slots)]
    return [(max(each[place].l2 for each in far), delta.l2) for place, delta in enumerate(paid)]


@pytest.mark.parametrize("name", ASKED)
def test_a_platform_receives_several_conversions_of_a_person_with_the_brands_word_alone(name):
    with pytest.raises(PolicyRefusal) as refused:
        plan(*asked(name, CONVERSIONS), receiver="platform", **LIVE)
    assert refused.value.rule == "grant-shared-credit"
    assert plan(*asked(name, 1), receiver="platform", **LIVE).plan.source == "job"
    assert plan(*asked(name, CONVERSIONS), receiver="brand", **LIVE).plan.source == "job"


@pytest.mark.parametrize("name", ASKED)
def test_without_the_brands_word_it_would_count_a_person_several_times(name, monkeypatch):
    monkeypatch.setattr(policy, "_check_shared_credit", lambda *_: None)
    assert plan(*asked(name, CONVERSIONS), receiver="platform", **LIVE).plan.nested
    assert any(far >= 1.9 * paid for far, paid in moved(name, CONVERSIONS))
