"""Every rule, row by row, against its definition; the mediator's view is a set of tuples."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.queries.credit.pieces import platform_pieces
from cleanroom.queries.credit.rules import PATH_MODELS, WINNER_MODELS, Model, Rule
from tests.cleanroom.queries.credit.oracle import Touch, credit
from tests.cleanroom.queries.credit.scene import (
    CAMPAIGNS,
    Scene,
    as_fractions,
    dither,
    platform_rows,
    run,
    scenes,
)

WINDOWS = st.sampled_from([0, 1, 2, 3, 5, 8, 16, 31])


@st.composite
def rules(draw: st.DrawFn, model: Model) -> Rule:
    clicks = draw(WINDOWS)
    same = model in PATH_MODELS or draw(st.booleans())
    return Rule(
        model,
        click_window=clicks,
        view_window=clicks if same else draw(WINDOWS),
        strict=draw(st.booleans()),
        half_life=draw(st.integers(1, 40)),
        weights=draw(st.sampled_from([(40, 20, 40), (0.3, 0.3, 0.4), (100, 0, 0), (0, 50, 50)])),
        credits=draw(st.sampled_from([(1,), (5, 3, 1), (0.5, 0.25, 0.25), (1, 2, 1)])),
        by_action=model not in PATH_MODELS and draw(st.booleans()),
        channels=draw(st.integers(1, 5)),
    )


def exact(model: Model) -> bool:
    """Paths here have at most 8 touches and Q is 2520, which 1 to 10 divide."""
    return model not in (Model.TIME_DECAY, Model.POSITION, Model.LAST_N)


@pytest.mark.parametrize("model", Model)
def test_every_conversion_gets_the_credit_of_its_definition(model: Model) -> None:
    @settings(max_examples=60, deadline=None)
    @given(scenes(rules(model)))
    def check(scene: Scene) -> None:
        nodes, rule = scene.nodes(), scene.definition
        labels = platform_rows(nodes)
        for person, (touches, conversions) in enumerate(scene.people):
            for tick, _ in conversions:
                held = [
                    labels[person, level, tick >> level]
                    for level in range(scene.clock.depth + 1)
                    if (person, level, tick >> level) in labels
                ]
                expected = credit(rule, touches, tick)
                assert len(held) == bool(expected)
                if not expected:
                    continue
                found = as_fractions(nodes.vectors[held[0]], nodes.vectors.total)
                if exact(model):
                    assert found == expected
                else:
                    assert sum(found.values()) == 1
                    slack = Fraction(len(touches) + 1, nodes.vectors.total)
                    for key in set(expected) | set(found):
                        assert abs(found.get(key, 0) - expected.get(key, 0)) <= slack

    check()


@pytest.mark.parametrize("model", Model)
def test_the_whole_job_adds_up_what_the_definitions_say(model: Model) -> None:
    @settings(max_examples=30, deadline=None)
    @given(scenes(rules(model)))
    def check(scene: Scene) -> None:
        outcome, rule = run(scene), scene.definition
        counts: Counter[int] = Counter()
        values: dict[int, Fraction] = defaultdict(Fraction)
        people: dict[int, set[int]] = defaultdict(set)
        attributed = 0
        for person, (touches, conversions) in enumerate(scene.people):
            for tick, value in conversions:
                shares = credit(rule, touches, tick)
                attributed += bool(shares)
                for key, share in shares.items():
                    counts[key] += share
                    values[key] += share * value
                    people[key].add(person)
        assert outcome.attributed == attributed
        if exact(model):
            assert as_fractions(outcome.counts, outcome.total) == dict(counts)
            found = as_fractions(outcome.values, outcome.total)
            assert found == {k: v for k, v in values.items() if v}
        else:
            for key in set(counts) | set(outcome.counts):
                error = Fraction(outcome.counts.get(key, 0), outcome.total) - counts[key]
                assert abs(error) <= Fraction(9 * attributed, outcome.total)
        for key, flagged in outcome.flagged.items():
            assert flagged <= len(people[key])

    check()


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(Model)).flatmap(lambda model: scenes(rules(model))), st.integers(1, 9))
def test_the_order_of_the_file_changes_nothing(scene: Scene, seed: int) -> None:
    one, other = scene.nodes(), scene.nodes(shuffle=seed)
    assert platform_rows(one) == platform_rows(other)
    assert list(one.vectors) == list(other.vectors)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([Model.LINEAR, Model.TIME_DECAY]).flatmap(lambda m: scenes(rules(m))))
def test_sampled_gives_every_piece_to_one_of_its_touches(scene: Scene) -> None:
    sampled = replace(scene, rule=replace(scene.rule, quanta=1))
    nodes = sampled.nodes()
    for person, level, index in platform_rows(nodes):  # type: ignore[misc]
        label = platform_rows(nodes)[person, level, index]
        (key,) = nodes.vectors[label]
        assert key in credit(sampled.definition, sampled.people[person][0], index << level)
    assert nodes.vectors.total == 1


def test_winners_need_no_bits_to_round_with() -> None:
    assert {m for m in Model if Rule(m, half_life=1, credits=(1,)).units == 1} == (
        WINNER_MODELS | {Model.CHANNEL_PAIRS}
    )


@pytest.mark.parametrize("model", Model)
def test_long_paths_and_many_vectors(model: Model) -> None:
    """Hundreds of touches of one person: every buffer grows, every sort takes its other branch."""
    draw = np.random.default_rng(7)
    columns = zip(
        np.sort(draw.integers(-60, 900, 700)).tolist(),
        draw.integers(0, 2, 700).tolist(),
        draw.integers(0, CAMPAIGNS, 700).tolist(),
        strict=True,
    )
    touches = [Touch(t, ("view", "click")[a], c, i) for i, (t, a, c) in enumerate(columns)]
    rule = Rule(model, 60, 60, half_life=9, credits=(3, 2, 1))
    scene = Scene([(touches, [])], 900, rule)
    pieces = platform_pieces(scene.touches(), rule, scene.clock, dither)
    for tick in range(0, 900, 13):
        expected = credit(scene.definition, touches, tick)
        (row,) = np.flatnonzero((pieces.low <= tick) & (tick < pieces.high))
        found = as_fractions(pieces.vectors[pieces.label[row]], pieces.vectors.total)
        slack = Fraction(0) if rule.units == 1 else Fraction(1, rule.units)
        for key in set(expected) | set(found):
            assert abs(found.get(key, 0) - expected.get(key, 0)) <= slack
        if model is not Model.CHANNEL_PAIRS:
            assert sum(found.values()) == 1
