"""Two versions that differ by a few people are not both asked about."""

from __future__ import annotations

import pytest

from tests.api import story
from tests.api.party import World

K = 10


@pytest.fixture
def asked(place: World) -> tuple[World, str, str]:
    """A room with k = 10 in which the first version of both datasets was asked about."""
    place.open_room(k_min=K)
    aligned = story.align(place)
    story.submit(place, story.question(place, aligned))
    return place, aligned[0], aligned[1]


def second_version(world: World, first: str, difference: int | None) -> str:
    described = story.manifest("brand", version=2)
    dataset = story.create(world.brand, described)
    path = f"/v1/datasets/{dataset}"
    upload = world.brand.upload(f"{path}/chunks", story.brand_rows([1] * story.PEOPLE))
    body = {"dataset": dataset, "upload": upload}
    if difference is not None:
        body["differences"] = {first: difference}
    answer = world.brand.say(f"{path}/seal", "dataset.seal", body)
    assert answer.status_code == (422 if difference is None else 200), answer.get_json()
    return dataset


def ask_again(world: World, brand: str, platform: str):
    alignment = story.propose(world, brand, platform)
    story.join(world, alignment)
    story.finish(world, alignment, f"{brand}/{platform}")
    job = story.question(world, (brand, platform, alignment), name="again")
    return world.brand.say("/v1/jobs", "job.submit", {"job": job})


@pytest.mark.parametrize("difference", [1, K - 1])
def test_a_few_people_of_difference_are_refused_and_nothing_is_spent(asked, difference):
    world, first, platform = asked
    before = world.brand.get(f"/v1/budgets?room={world.room}").get_json()["spent"]
    answer = ask_again(world, second_version(world, first, difference), platform)
    assert answer.status_code == 403
    assert answer.get_json()["rule"] == "batch-overlap"
    after = world.brand.get(f"/v1/budgets?room={world.room}").get_json()["spent"]
    assert after == before


@pytest.mark.parametrize("difference", [0, K, 5000])
def test_the_same_people_or_many_others_may_be_asked_about(asked, difference):
    world, first, platform = asked
    answer = ask_again(world, second_version(world, first, difference), platform)
    assert answer.status_code == 202, answer.get_json()


def test_a_version_without_its_attestation_is_not_sealed(asked):
    world, first, _ = asked
    second_version(world, first, None)
