"""The chain of touches: from events to removal effects, against paths written out by hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.queries.credit.markov import (
    build_chain,
    conversion_probability,
    count_steps,
    markov_credit,
    removal_effects,
)
from cleanroom.queries.credit.rules import Model, Rule
from tests.cleanroom.queries.credit.oracle import credit, place
from tests.cleanroom.queries.credit.scene import CAMPAIGNS, Scene, scenes

PATHS = [("AB", 3, 2), ("B", 1, 4), ("ACB", 2, 1), ("C", 1, 6), ("BA", 0, 3), ("AAC", 2, 0)]
"""Channels, people who converted at the end, people who did not."""


def chain_of(paths: list[tuple[str, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    steps, conversions = np.zeros((4, 4), dtype=np.int64), np.zeros((3, 4), dtype=np.int64)
    for channels, converted, lost in paths:
        states = [3, *("ABC".index(c) for c in channels), 3]
        for before, after in pairwise(states):
            steps[before, after] += converted + lost
        conversions[states[-2], 3] += converted
    return steps, conversions


def test_removal_effects_agree_with_a_public_package() -> None:
    """Values computed by marketing-attribution-models 2.1.1, MarkovModel, on the same paths."""
    effects = removal_effects(build_chain(*chain_of(PATHS)))
    assert effects == pytest.approx([0.399306, 0.698718, 0.468048], abs=1e-6)
    shares = markov_credit(*chain_of(PATHS), attributed=1, campaigns="ABC")
    expected = [0.2549726898609176, 0.44615956968305037, 0.29886774045603204]
    assert list(shares.values()) == pytest.approx(expected, abs=1e-12)


def test_step_probabilities_agree_with_a_public_package() -> None:
    """Values computed by ChannelAttribution 2.2.5, transition_matrix, on the first five paths."""
    chain = build_chain(*chain_of(PATHS[:5]))
    assert chain.onward[3] == pytest.approx([0.347826, 0.347826, 0.304348], abs=1e-6)
    assert chain.onward[0] == pytest.approx([0, 0.454545, 0.272727], abs=1e-6)
    assert chain.onward[1] == pytest.approx([0.1875, 0, 0])
    assert chain.onward[2] == pytest.approx([0, 0.3, 0])
    assert chain.converts == pytest.approx([0, 0.375, 0.1, 0])


def test_removal_by_walking_the_chain() -> None:
    """Power iteration instead of a linear system, channel by channel."""
    chain = build_chain(*chain_of(PATHS))

    def walk(removed: int | None) -> float:
        mass, converted = np.array([0.0, 0, 0, 1]), 0.0
        for _ in range(300):
            converted += float(mass @ chain.converts)
            mass = np.append(mass @ chain.onward, 0.0)
            if removed is not None:
                mass[removed] = 0
        return converted

    whole = walk(None)
    assert conversion_probability(chain) == pytest.approx(whole)
    expected = [1 - walk(channel) / whole for channel in range(3)]
    assert removal_effects(chain) == pytest.approx(expected)


def test_a_loop_that_never_converts_is_worth_nothing() -> None:
    steps = np.array([[5, 5, 0], [5, 5, 0], [1, 1, 0]])
    chain = build_chain(steps, np.zeros((2, 3)))
    assert removal_effects(chain).tolist() == [0, 0]
    assert markov_credit(steps, np.zeros((2, 3)), 0, "AB") == {("A",): 0, ("B",): 0}


def test_noise_outside_the_possible_is_cut() -> None:
    steps, conversions = chain_of(PATHS)
    noisy = conversions + np.array([[-50, -1, -2, 90], [0, 0, 0, -70], [400, 0, 0, 0]])
    chain = build_chain(steps, noisy)
    assert (chain.onward >= 0).all()
    assert (chain.converts >= 0).all()
    assert (chain.onward.sum(axis=1) + chain.converts <= 1 + 1e-12).all()
    assert ((removal_effects(chain) >= 0) & (removal_effects(chain) <= 1)).all()


markov_rules = st.builds(
    lambda window, strict: Rule(Model.MARKOV, window, window, strict),
    st.sampled_from([0, 1, 5, 31]),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(scenes(markov_rules))
def test_the_chain_is_that_of_the_paths_split_at_their_conversions(scene: Scene) -> None:
    """Write every path out with its conversion in it; at most one per person."""
    reach = scene.clock.reach(scene.rule.click_window, scene.rule.strict)
    counted: Counter[tuple[int | str, int | str]] = Counter()
    matched = np.zeros((CAMPAIGNS, CAMPAIGNS + 1), dtype=np.int64)
    for touches, conversions in scene.people:
        read = sorted((t for t in touches if -reach <= t.tick < scene.ticks), key=place)
        first = min((tick for tick, _ in conversions), default=None)
        label = {} if first is None else credit(scene.definition, touches, first)
        for key in label:
            matched[divmod(key, CAMPAIGNS + 1)] += 1
        states: list[int | str] = ["start"]
        done = False
        for touch in read:
            if label and not done and first is not None and touch.tick >= first:
                states += ["conversion", "start"]
                done = True
            states.append(touch.campaign)
        if read:
            states.append("conversion" if label and not done else "null")
        counted.update(pair for pair in pairwise(states) if pair[0] != "conversion")
    chain = build_chain(count_steps(scene.touches(), scene.rule, scene.clock), matched)
    rows: list[int | str] = [*range(CAMPAIGNS), "start"]
    for i, before in enumerate(rows):
        whole = sum(n for (a, _), n in counted.items() if a == before)
        for after in range(CAMPAIGNS):
            expected = counted[before, after] / whole if whole else 0
            assert chain.onward[i, after] == pytest.approx(expected)
        expected = counted[before, "conversion"] / whole if whole else 0
        assert chain.converts[i] == pytest.approx(expected)
