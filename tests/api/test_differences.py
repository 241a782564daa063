"""Versions that differ by a few people are asked about like any other, and nobody is told."""

from __future__ import annotations

import pytest

from tests.api import story
from tests.api.party import World


@pytest.fixture
def asked(place: World) -> tuple[World, str, str]:
    """A room with k = 10 in which the first version of both datasets was asked about."""
    place.open_room(k_min=10, noise="discrete-gaussian")
    aligned = story.align(place)
    story.submit(place, story.question(place, aligned))
    return place, aligned[0], aligned[1]


def test_the_next_version_is_asked_about_and_pays_like_any_other_question(asked):
    """Whether it is accepted must not tell by how many people it differs."""
    world, _, platform = asked
    brand = story.upload_next(world)
    aligned = story.align_pair(world, brand, platform)
    left = world.brand.get(f"/v1/budgets?room={world.room}").get_json()
    answer = world.brand.say(
        "/v1/jobs", "job.submit", {"job": story.question(world, aligned, name="again")}
    )
    assert answer.status_code == 202, answer.get_json()
    assert world.brand.get(f"/v1/budgets?room={world.room}").get_json() != left


def test_how_far_two_versions_differ_is_nothing_that_a_statement_can_say(asked):
    world, first, _ = asked
    described = story.manifest("brand", version=2)
    dataset = story.create(world.brand, described)
    path = f"/v1/datasets/{dataset}"
    upload = world.brand.upload(f"{path}/chunks", story.brand_rows([1] * story.PEOPLE))
    body = {"dataset": dataset, "upload": upload, "differences": {first: 1}}
    answer = world.brand.say(f"{path}/seal", "dataset.seal", body)
    assert answer.status_code == 422, answer.get_json()
