"""``where``: its grammar, its oracle, and what it tells whom."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.agent import activation, jobs, preview, private, question, selection
from cleanroom.agent.job_rows import party_data
from cleanroom.engine.layout import audience_rows
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries import where
from cleanroom.report.conditions import in_words
from cleanroom.report.sentences import sentence
from cleanroom.room.policy import check_job
from protocols.errors import InvalidMessageError
from protocols.limits import WHERE_BYTES
from tests.cleanroom.queries.desk import Window
from tests.cleanroom.queries.harness import (
    Measure,
    ask,
    audience,
    by_key,
    events,
    plan,
    plan_jobs,
    sign_room,
)

TIERS, AGES = ("gold", "it's", "unknown"), ("18-24", "25-34", "60, and over")
GRANT = ({"party": "brand", "kind": "activation", "purposes": ["spring"], "minimum": 1},)
FEW = settings(max_examples=4, deadline=None)


@pytest.mark.parametrize(
    ("written", "column", "test", "values"),
    [
        ("platform.age_band in ('25-34', '35-44')", "platform.age_band", "in", ("25-34", "35-44")),
        ("brand.tier = 'gold'", "brand.tier", "in", ("gold",)),
        ("brand.tier != 'it''s'", "brand.tier", "not in", ("it's",)),
        ("  BRAND.Tier NOT IN('b','a','b') ", "brand.Tier", "not in", ("a", "b")),
        ("brand.城市='上海'", "brand.城市", "in", ("上海",)),
        ("brand.\"city of birth\" = 'a\u00a0b'", "brand.city of birth", "in", ("a b",)),
    ],
)
def test_a_condition_has_one_form(written, column, test, values):
    (found,) = where.parse([written])
    assert (found.column, found.test, found.values) == (column, test, values)
    assert where.parse([found.text()]) == (found,)


@pytest.mark.parametrize(
    "written",
    [
        *("brand.tier = gold", "brand.tier in ()", "brand.tier in ('a',)", "brand.tier in 'a'"),
        *("brand.tier = 'a' and brand.age = 'b'", "brand.tier = 'a' or brand.tier = 'b'"),
        *("tier = 'a'", "auditor.tier = 'a'", "brand.tier = 'a", "brand.tier like 'a'", ""),
        *("brand.tier = ''", "brand.tier = 'a\tb'", "brand.tier not = 'a'", "brand.tier"),
        *("brand.tier == 'a'", "brand.tierin ('a')", "brand. tier = 'a'", "segment = 'x'"),
        *("segment in ('x')", "brand.tier = '" + "x" * 129 + "'", "brand.tier = 'a'; drop"),
        "brand." + "t" * 501 + " = 'a'",
    ],
)
def test_nothing_else_can_be_written(written):
    with pytest.raises(InvalidInput):
        where.parse([written])


@pytest.mark.parametrize("written", ["brand.tier = 'gold'", [1], None, [["brand.tier = 'gold'"]]])
def test_conditions_are_a_list_of_texts(written):
    with pytest.raises(InvalidInput, match="list of conditions"):
        where.parse(written)


def test_conditions_on_one_column_are_put_together():
    texts = ["brand.t in ('a','b','c')", "brand.a = 'x'", "brand.t != 'b'", "brand.t in ('b','c')"]
    assert [one.text() for one in where.parse(texts)] == ["brand.a = 'x'", "brand.t = 'c'"]
    with pytest.raises(InvalidInput, match="nobody can fulfil"):
        where.parse(["brand.t = 'a'", "brand.t = 'b'"])


def test_a_segment_is_its_conditions():
    saved = {"young": ["platform.age in ('18-24')"]}
    found = where.parse(["segment = 'young'", "brand.tier = 'gold'"], saved.__getitem__)
    assert [one.text() for one in found] == ["brand.tier = 'gold'", "platform.age = '18-24'"]


PERSON = st.tuples(st.sampled_from(TIERS), st.sampled_from(AGES), st.integers(0, 90))
LISTED = st.tuples(st.booleans(), st.sets(st.integers(0, 2), min_size=1))


def condition(column: str, domain: tuple[str, ...], listed: tuple[bool, set[int]]) -> str:
    values = ", ".join(where.quoted(domain[place]) for place in sorted(listed[1]))
    return f"{column} {'not ' * listed[0]}in ({values})"


@FEW
@given(
    st.lists(PERSON, min_size=1, max_size=14),
    LISTED,
    LISTED,
    st.sampled_from(["brand", "platform"]),
)
def test_people_outside_are_not_counted(people, tiers, ages, receiver):
    names = [f"p{number}" for number in range(len(people))]
    brand = audience(
        [*names, "b"],
        {"tier": [tier for tier, _, _ in people] + ["gold"]},
        {"spend": Measure([spend for *_, spend in people] + [7], 90)},
        {"tier": TIERS},
    )
    platform = audience(
        [*names, "q"], {"age": [age for _, age, _ in people] + ["18-24"]}, domains={"age": AGES}
    )
    asked = {
        "group_by": ["platform.age"],
        "measures": ["spend"],
        "where": [condition("brand.tier", TIERS, tiers), condition("platform.age", AGES, ages)],
    }
    result = ask("overlap", asked, brand, platform, receiver=receiver).result
    kept = [
        (age, spend)
        for tier, age, spend in people
        if (TIERS.index(tier) in tiers[1]) != tiers[0] and (AGES.index(age) in ages[1]) != ages[0]
    ]
    counts, sums = Counter(age for age, _ in kept), Counter()
    for age, spend in kept:
        sums[age] += spend
    groups = by_key(result["groups"], "platform.age")
    assert {key[0]: group["people"] for key, group in groups.items()} == counts
    assert {key[0]: group["sums"]["spend"] for key, group in groups.items()} == sums
    assert result["total"]["people"] == len(kept)
    assert where.parse(result["where"]) == where.parse(asked["where"])
    assert (
        sentence(result, "en").count("Only people with the following are counted: brand.tier is")
        == 1
    )
    assert sentence(result, "zh").count("仅统计满足以下条件的人群：brand.tier") == 1


def both(**more: Any) -> tuple[Any, Any]:
    names = [f"p{number}" for number in range(8)]
    tier = {"tier": ["gold", "silver"] * 4}
    stages = {"stage": ["A", "I", "P", "L", "none", "A", "I", "P"]}
    return (
        audience(names, tier | stages, {"spend": Measure([1, 2, 4, 8, 16, 32, 64, 128], 200)}, {}),
        audience(names, {"age": ["young"] * 4 + ["old"] * 4} | stages, **more),
    )


def test_an_index_compares_the_part_with_the_whole_base():
    asked = {"group_by": ["platform.age"], "where": ["brand.tier = 'gold'", "platform.age = 'old'"]}
    result = ask("profile", asked, *both()).result
    (old,) = result["groups"]
    assert (old["people"], old["share"], old["base_share"]) == (2, 1.0, 0.5)
    assert result["base"]["people"] == 8


def test_stages_of_a_part_are_those_of_the_overlap():
    asked = {"stage": {"brand": "stage", "platform": "stage"}, "where": ["platform.age = 'young'"]}
    result = ask("aipl", asked, *both()).result
    assert {group["key"]["side"] for group in result["groups"]} == {"overlap"}
    assert result["total"]["people"] == 4


def test_the_platform_gets_the_rows_of_the_part_alone():
    asked = {"purpose": "spring", "where": ["brand.tier = 'gold'", "platform.age = 'young'"]}
    answer = ask("activation", asked, *both(), grants=GRANT)
    order, table = answer.platform.dataset.order(), answer.platform.dataset.table()
    rows = sorted(order[answer.release.matched].tolist())
    assert [table.people[table.person[row]] for row in rows] == [b"p0", b"p2"]
    assert answer.result["total"]["people"] == 2
    # A mediator that names every row and all padding hands over nobody beyond the question's part.
    taken = activation.own_rows(answer.platform, np.arange(len(order)))
    assert 0 < len(taken) < table.rows
    age = table.labels["age"]
    assert {age.domain[code] for code in age.codes[taken]} == {"young"}


def test_the_platform_may_not_ask_for_a_part_by_the_brands_labels():
    sides = dict(zip(("brand", "platform"), both(), strict=True))
    room = sign_room("activation", sides, GRANT, None, {})
    fields = {"name": "q", "template": "activation", "alignment": room.alignment}
    fields |= {"receiver": "brand", **room.datasets}
    by_own = {"purpose": "spring", "where": ["platform.age = 'young'"]}
    assert jobs.write_job(room.rooms["platform"], fields, by_own).plan.where
    for fishing in (["brand.tier = 'gold'"], ["platform.age = 'young'", "brand.tier != 'gold'"]):
        with pytest.raises(PolicyRefusal) as refused:
            jobs.write_job(room.rooms["platform"], fields, by_own | {"where": fishing})
        assert refused.value.rule == "activation-where"


def test_a_seed_and_what_is_held_out_of_it_are_the_same_part():
    names = [f"p{number}" for number in range(40)]
    brand = audience(names, {"tier": ["gold", "silver"] * 20})
    feature = {"f": Measure([1] * 40, 1)}
    platform = audience(names, {"age": ["young"] * 20 + ["old"] * 20}, feature)
    asked = {"features": ["f"], "minimum": 1, "holdout": 50, "where": ["brand.tier = 'gold'"]}
    jobs_of = plan_jobs(
        sign_room("lookalike", {"brand": brand, "platform": platform}, (), None, {}),
        *("lookalike", asked, "platform", None),
    )
    made = jobs_of["brand"].template.rows(jobs_of["brand"].question, party_data(jobs_of["brand"]))
    everybody = party_data(jobs_of["brand"]).table
    tiers = everybody.labels["tier"]
    assert 0 < made.rows < 20
    assert {tiers.domain[tiers.codes[person]] for person in made.person} == {"gold"}


def test_the_quality_of_a_model_is_asked_of_the_same_part(monkeypatch):
    names = [f"p{number}" for number in range(40)]
    brand = audience(names, {"tier": ["gold", "silver"] * 20})
    sides = {"brand": brand, "platform": audience(names, measures={"f": Measure([1] * 40, 1)})}
    both_templates = {"templates": ("lookalike", "lookalike_quality")}
    room = sign_room("lookalike", sides, (), both_templates, {})
    asked = {"features": ["f"], "minimum": 1, "where": ["brand.tier = 'gold'"]}
    model = plan_jobs(room, "lookalike", asked, "platform", None)["platform"]
    item = {"id": model.identity, "job": model.document.to_json(), "state": "SUCCESS"}
    monkeypatch.setattr(Window, "jobs", lambda *_room: [item])
    quality = plan_jobs(room, "lookalike_quality", {"model": "question"}, "platform", None)
    for job in quality.values():
        assert selection.conditions(job) == selection.conditions(model)
    made = quality["brand"].template.rows(quality["brand"].question, party_data(quality["brand"]))
    tiers = quality["brand"].dataset.table().labels["tier"]
    assert made.rows
    assert {tiers.domain[tiers.codes[person]] for person in made.person} == {"gold"}
    with pytest.raises(InvalidInput, match="Leave where out"):
        plan_jobs(
            room,
            "lookalike_quality",
            {"model": "question", "where": asked["where"]},
            "platform",
            None,
        )


def test_conditions_without_their_columns_are_refused(monkeypatch):
    sealed = [{"column": "brand.tier", "test": "in", "values": ["gold"]}]
    monkeypatch.setattr(jobs.LocalJob, "private", lambda _job: {"conditions": sealed})
    with pytest.raises(InvalidInput, match="not about the columns"):
        plan("overlap", {}, *both())


def test_where_is_for_people():
    brand = audience(["a"], {"tier": ["gold"]})
    platform = events(["a"], [1000], [0], {"campaign": ["Hero"]})
    with pytest.raises(PolicyRefusal) as refused:
        plan("reach_frequency", {"where": ["platform.campaign = 'Hero'"]}, brand, platform)
    assert refused.value.rule == "where-of-events"


def test_a_label_that_was_not_granted_is_refused():
    brand, platform = both()
    terms = sign_room("overlap", {"brand": brand, "platform": platform}, (), None, {})
    agreed = terms.rooms["brand"].agreement.datasets
    fewer = tuple(t.model_copy(update={"labels": ("tier", "stage")}) for t in agreed)
    job = plan("overlap", {"where": ["platform.age = 'old'"]}, brand, platform)
    agreement = job.room.agreement.model_copy(update={"datasets": fewer})
    document = job.document.model_copy(update={"room": agreement.identity()})
    with pytest.raises(PolicyRefusal) as refused:
        check_job(agreement, document, job.question.brand, job.question.platform, 0)
    assert (refused.value.rule, refused.value.missing) == (
        "label-not-allowed",
        "platform/data/age",
    )


@pytest.mark.parametrize("rows", [["gold"] * 3, ["silver"] * 3])
def test_an_unknown_value_is_refused_by_its_owner_whatever_its_rows_hold(rows):
    brand = audience(["a", "b", "c"], {"tier": rows}, domains={"tier": ["gold", "silver"]})
    platform = audience(["a"], {"age": ["old"]}, domains={"age": ["old", "young"]})
    for known in ("gold", "silver"):
        assert plan("overlap", {"where": [f"brand.tier = '{known}'"]}, brand, platform).plan.where
    with pytest.raises(InvalidInput, match="does not declare 'bronze'"):
        plan("overlap", {"where": ["brand.tier != 'bronze'"]}, brand, platform)
    # Of the other side's values only that side knows: it refuses before anything is computed.
    sides = {"brand": brand, "platform": platform}
    room = sign_room("overlap", sides, (), None, {})
    planned = plan_jobs(room, "overlap", {"where": ["platform.age = 'ancient'"]}, "brand", None)
    planned["brand"].check_own()
    with pytest.raises(InvalidInput, match="does not declare 'ancient'"):
        planned["platform"].check_own()


def test_no_label_leaves_the_two_parties():
    asked = {"where": ["brand.tier = 'gold'", "platform.age in ('old', 'young')"]}
    answer = ask("overlap", asked, *both())
    document = answer.brand.document
    assert document.parameters["where"] == ["brand.tier", "platform.age"]
    assert "gold" not in json.dumps(document.to_json()) and "young" not in json.dumps(
        document.to_json()
    )
    for job in (answer.brand, answer.platform):
        assert selection.conditions(job) == where.parse(asked["where"])
        text = str(question.describe(job))
        assert "brand.tier is 'gold'; and platform.age is 'old' or 'young'" in text
        assert "brand.tier 为 'gold'；platform.age 为 'old' 或 'young'" in str(
            question.describe(job, "zh")
        )


def test_what_is_sealed_has_the_same_length_whatever_a_label_is_called():
    asked = [["brand.tier = 'gold'"], ["brand.tier in ('gold', 'silver')"]]
    jobs_of = [plan("overlap", {"where": texts}, *both()) for texts in asked]
    assert len({len(job.document.sealed) for job in jobs_of}) == 1
    assert len({job.document.private for job in jobs_of}) == 2


def test_too_many_values_are_refused_before_they_are_sent():
    values = [f"value number {number} of a long list" for number in range(300)]
    brand = audience(["a"], {"tier": ["value number 0 of a long list"]}, domains={"tier": values})
    listed = ", ".join(f"'{value}'" for value in values)
    with pytest.raises(InvalidInput, match="Name fewer values"):
        plan("overlap", {"where": [f"brand.tier in ({listed})"]}, brand, audience(["a"]))


def test_what_an_owner_says_of_its_labels_cannot_be_guessed_from_a_digest():
    job = plan("overlap", {"where": ["brand.tier = 'gold'"]}, *both())
    said = [selection.kept_labels(job) for _ in range(2)]
    domains, column = job.dataset.domains()["tier"], job.question.brand.label("tier")
    for rows in said:
        kept = [
            domains[pseudonym]
            for pseudonym, row in zip(column.domain, rows, strict=True)
            if row[0] & 1
        ]
        assert kept == ["gold"]
    assert (said[0] != said[1]).sum() > 8


def test_the_same_condition_written_otherwise_is_the_same_question():
    first = ["brand.tier = 'gold'", "platform.age in ('old', 'young')"]
    again = ["platform.age in ('young','old')", "brand.tier in ('gold','gold')"]
    sides = dict(zip(("brand", "platform"), both(), strict=True))
    room = sign_room("overlap", sides, (), None, {})
    asked = [
        plan_jobs(room, "overlap", {"where": texts}, "brand", None)["brand"].document.question()
        for texts in (first, again, first[:1])
    ]
    assert asked[0] == asked[1] != asked[2]


@pytest.mark.parametrize(
    "sealed",
    [
        [],
        [{"column": "brand.tier", "test": "in", "values": ["silver", "gold"]}],
        [{"column": "brand.stage", "test": "in", "values": ["A"]}],
        [{"column": "brand.tier", "test": "in", "values": []}],
        [{"column": "brand.tier", "test": "like", "values": ["gold"]}],
        [{"column": "brand.tier", "test": "in", "values": ["gold"]}] * 2,
        "brand.tier",
        [7],
    ],
)
def test_sealed_conditions_are_those_of_the_columns_that_all_see(sealed):
    with pytest.raises(InvalidInput):
        where.opened(["brand.tier"], {"conditions": sealed})


@pytest.mark.parametrize(
    "open_columns", [["platform.age", "brand.tier"], ["brand.tier", "brand.tier"], ["tier"]]
)
def test_columns_are_named_in_their_one_form(open_columns):
    job = plan("overlap", {"where": ["brand.tier = 'gold'"]}, *both())
    with pytest.raises(InvalidInput):
        job.question.where(tuple(open_columns))


def test_nobody_writes_the_sealed_form():
    with pytest.raises(InvalidInput, match="made by the agent"):
        plan("overlap", {"conditions": []}, *both())


def test_the_engine_refuses_conditions_of_another_shape():
    tokens, rows = np.zeros((2, 16), np.uint8), np.zeros((2, 8), np.uint8)
    domain = ((0, ("00" * 8, "11" * 8)),)
    for kept in (None, np.zeros((1, WHERE_BYTES), np.uint8), np.zeros((2, 1), np.uint8)):
        with pytest.raises(InvalidMessageError, match="2 labels"):
            audience_rows(tokens, rows, (), 0, domain, kept)


def test_a_part_costs_and_hides_what_the_whole_does():
    noisy = {"noise": "discrete-gaussian", "k_min": 5, "rho_per_release": 0.5}
    whole = plan("overlap", {"measures": ["spend"]}, *both(), **noisy)
    part = plan(
        "overlap", {"measures": ["spend"], "where": ["brand.tier = 'gold'"]}, *both(), **noisy
    )
    assert whole.charge == part.charge
    seen = preview._slice(part)
    assert (seen["where"], seen["at_most"]["people"]) == (["brand.tier = 'gold'"], 4)
    low, high = seen["at_most"]["interval"]
    assert low < 4 < high


def test_equal_conditions_are_known_again_only_in_the_same_question_on_the_same_data():
    """The digest stands in the log: another template or upload must not show the same condition."""
    job = plan("overlap", {"where": ["brand.tier = 'gold'"]}, *both())
    asked, text = job.document.to_json(), b"{}"
    digest = private.digest(job.room, job.peer, asked, text)
    assert private.digest(job.room, job.peer, {**asked, "name": "again"}, text) == digest
    for other in ({"template": "exclusion"}, {"brand": "0" * 64}, {"platform": "0" * 64}):
        assert private.digest(job.room, job.peer, {**asked, **other}, text) != digest


def test_a_label_cannot_read_like_another_condition():
    forged = where.parse(["brand.tier = 'silver; and platform.age is old'"])
    real = where.parse(["brand.tier = 'silver'", "platform.age = 'old'"])
    assert in_words(forged, "en") == "brand.tier is 'silver; and platform.age is old'"
    assert in_words(real, "en") == "brand.tier is 'silver'; and platform.age is 'old'"
    assert in_words(where.parse(["brand.tier = 'gold or silver'"]), "zh") == (
        "brand.tier 为 'gold or silver'"
    )


@pytest.mark.parametrize("values", [("gold", "gold"), ("silver", "gold"), ("",)])
@pytest.mark.parametrize("column", ["brand.tier", 'brand.a"b'])
def test_sealed_conditions_are_such_as_a_person_can_write(values, column):
    sealed = {"conditions": [{"column": column, "test": "in", "values": list(values)}]}
    with pytest.raises(InvalidInput):
        where.opened([column], sealed)
