"""Steps between channels and the synergy of pairs, against the definitions."""

from __future__ import annotations

import pytest

from cleanroom.errors import InvalidInput, PolicyRefusal
from tests.cleanroom.queries.credit.oracle import Definition
from tests.cleanroom.queries.harness import ask, by_key, plan
from tests.cleanroom.queries.journeys import TIMES, Journeys, five_people


def steps_by_definition(journeys: Journeys) -> dict[tuple[str | None, str], float]:
    counts, _ = journeys.truth(Definition("sequence", 20, 20, campaigns=3, ticks=100), one=True)
    names = ["A", "B", "C", None]
    return {(names[key // 4], names[key % 4]): float(n) for key, n in counts.items()}


@pytest.mark.parametrize("receiver", ["brand", "platform"])
@pytest.mark.parametrize("synergy", [False, True])
def test_steps_are_those_of_the_definition(receiver, synergy):
    journeys = Journeys.draw(3, people=14)
    parameters = journeys.asked(window="20s", synergy=synergy, measures=[])
    result = ask("sequence", parameters, *journeys.data(), receiver=receiver).result
    found = by_key(result["groups"], "from", "to")
    expected = steps_by_definition(journeys)
    assert {k: g["conversions"] for k, g in found.items()} == pytest.approx(expected)
    assert result["total"]["attributed"] == pytest.approx(sum(expected.values()))
    for before in ("A", "B", "C", None):
        rates = [group["rate"] for (start, _), group in found.items() if start == before]
        assert not rates or sum(rates) == pytest.approx(1)


def test_synergy_is_that_of_the_definition():
    journeys = Journeys.draw(3, people=20)
    parameters = journeys.asked(window="20s", synergy=True, measures=[])
    result = ask("sequence", parameters, *journeys.data()).result
    rule = Definition("channel_pairs", 20, 20, campaigns=3, ticks=100, channels=4)
    counts, _ = journeys.truth(rule, one=True)
    number = {("ABC"[key // 4], "ABC"[key % 4]): float(n) for key, n in counts.items()}
    whole = result["total"]["attributed"]
    found = by_key(result["synergy"], "first", "second")
    assert found
    for (a, b), pair in found.items():
        assert pair["conversions"] == pytest.approx(number[a, b])
        expected = number[a, a] * number[b, b] / whole
        assert pair["coefficient"] == pytest.approx(number[a, b] / expected)


def test_synergy_is_paid_for_by_more_noise():
    policy = {"noise": "discrete-gaussian", "k_min": 10}
    alone, both = (
        plan("sequence", {"synergy": synergy, **TIMES}, *five_people(), **policy)
        for synergy in (False, True)
    )
    # Four channels make four singles and six pairs beside the one path: eleven tables.
    people = [job.plan.people_delta.l2 / job.plan.units for job in (alone, both)]
    assert people[1] == pytest.approx(people[0] * 11**0.5)
    assert both.plan.slots[0].delta.l1 == pytest.approx(11 * both.plan.units)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"max_conversions": 2}, "one conversion"),
        ({"click_window": "1d", "view_window": "2d"}, "one window"),
        ({"channels": 1}, "channels"),
        ({"model": "linear"}, "model"),
    ],
)
def test_bad_input_is_refused(wrong, sentence):
    with pytest.raises((InvalidInput, PolicyRefusal), match=sentence):
        plan("sequence", {**TIMES, **wrong}, *five_people())
