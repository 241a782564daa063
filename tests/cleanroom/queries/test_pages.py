"""The pages of these templates say what the program does: examples, leaks, fields, rules."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cleanroom.agent.job_section import JobSection
from cleanroom.queries.attribution.template import steps_base
from cleanroom.queries.plan import Column
from cleanroom.queries.registry import template, templates
from cleanroom.queries.stages.rules import DEFAULT, Rules
from tests.cleanroom.queries.harness import Measure, ask, audience, events
from tests.cleanroom.queries.scenes import SCENES, scene
from tests.cleanroom.queries.truths import show

CHANNEL = Column("platform", "channel")
HELD_AGAINST_SCENES = {
    *("activation", "attribution", "cross_attribution", "cross_reach", "exclusion", "funnel"),
    *("joint_activation", "lift", "lookalike", "lookalike_quality", "purchase_intent"),
    *("reach_frequency", "sequence"),
}
"""Templates whose answers have more, or ask for more, than the example of a page and these files;
every other page's example is asked."""
FOLDER = Path(__file__).parents[3] / "docs" / "reference" / "templates"
STAGES = ["none", "A", "P"]
BRAND = audience(
    list("abc"), labels={"s1": STAGES, "s2": STAGES[::-1]}, measures={"spend": Measure([1] * 3, 9)}
)
ORDERS = events(
    list("bcdbcd"),
    [0] * 6,
    labels={"category": ["cream", "cream", "cream", "mask", "mask", "serum"]},
)
TOUCHES = events(list("bcdbcd"), [0] * 6, labels={"channel": ["feed", "tv"] * 3})
PLATFORM = audience(
    list("bcd"),
    labels={"s1": STAGES, "s2": STAGES, "age_band": ["18-24"] * 3},
    measures={"category_spend": Measure([1] * 3, 9)},
)


def block(text, language):
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


@pytest.mark.parametrize("name", sorted(set(templates()) - HELD_AGAINST_SCENES))
def test_example_runs_and_has_the_fields_of_the_page(name):
    text = (FOLDER / f"{name}.md").read_text()
    job = JobSection.model_validate(tomllib.loads(block(text, "toml"))["jobs"][0])
    brand = ORDERS if job.brand == "orders" else BRAND
    platform = TOUCHES if job.platform == "touches" else PLATFORM
    answer = ask(job.template, job.parameters(), brand, platform, receiver=job.receiver)
    shown = json.loads(block(text, "json"))
    assert shown.keys() <= answer.result.keys()
    assert shown["groups"][0].keys() == answer.result["groups"][0].keys()
    for field in ("total", "base", "conversion", "purchasing_power", "sides", "aipl_total"):
        if field in shown:
            assert shown[field].keys() == answer.result[field].keys()


@pytest.mark.parametrize("name", sorted(HELD_AGAINST_SCENES))
def test_example_of_a_page_has_fields_of_an_answer(name):
    """Where an answer needs more than a page shows, one of made-up truths has the fields."""
    page = FOLDER / f"{'lookalike' if name == 'lookalike_quality' else name}.md"
    examples = re.findall(r"```toml\n(.*?)```.*?```json\n(.*?)```", page.read_text(), re.DOTALL)
    (shown,) = (
        json.loads(answer)
        for question, answer in examples
        if tomllib.loads(question)["jobs"][0]["template"] == name
    )
    scenes = [one for one in SCENES if one.split()[0] == name]
    missing = fields(shown) - {"sentence"}
    for one in scenes:
        if missing:
            missing -= fields(show(scene(one), np.random.default_rng(3), 1, 0.0).result)
    assert not missing
    if "sentence" in shown:
        assert template(name).sentence(shown) == shown["sentence"]


def fields(value, path=""):
    """Return the paths of all fields, down to those whose names are data, such as a group's key."""
    if isinstance(value, list):
        return {one for item in value for one in fields(item, path)}
    if not isinstance(value, dict) or path.endswith(("key", "sums", "incremental", "most")):
        return {path} if path else set()
    return {
        one for name, item in value.items() for one in fields(item, f"{path}.{name}".strip("."))
    }


SOME = ("overlap", "overlap over several", "cross_reach", "profile", "aipl overlap", "drivers")


@pytest.mark.parametrize("name", SOME)
def test_of_a_question_only_rows_that_are_not_about_it_are_left_out(name):
    job = scene(name).job
    hub = job.plan.hub is not None
    left = {leak.what for leak in job.template.leaks} - {
        leak.what for leak in job.template.learned(job.plan)
    }
    expected = {
        "which of several datasets hold a person": not hub,
        "labels of the hub that a condition names": not (hub and job.plan.where),
        "labels that a condition names": hub or not (job.plan.where or job.plan.outcome),
        "people per label in the base": not job.plan.base,
        "people per stage of one side": not job.plan.base,
    }
    assert left <= {what for what, absent in expected.items() if absent}
    assert not {leak.what for leak in job.template.learned(job.plan)} & {
        what for what, absent in expected.items() if absent
    }


def test_conditions_bring_their_row_and_before_there_is_a_plan_all_of_two_datasets_are_told():
    job = scene("overlap").job
    restricted = replace(job.plan, where=job.plan.columns[:1])
    for plan in (restricted, None):
        told = [leak.what for leak in job.template.learned(plan)]
        assert "labels that a condition names" in told
        assert "which of several datasets hold a person" not in told
    together = template("cross_reach").learned(None)
    assert "which of several datasets hold a person" in {leak.what for leak in together}


@pytest.mark.parametrize(("base", "told"), [((), False), ((steps_base(CHANNEL),), True)])
def test_only_a_model_that_needs_all_steps_tells_them(base, told):
    plan = replace(scene("overlap").job.plan, base=base)
    learned = {leak.what for leak in template("attribution").learned(plan)}
    assert ("steps of all paths" in learned) is told


def test_page_names_every_interaction_of_the_default_rules():
    text = (FOLDER / "aipl.md").read_text()
    for interaction in Rules.read(DEFAULT).interactions:
        assert f"`{interaction}`" in text
