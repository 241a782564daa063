"""A clock that is set back revives nothing that had ended."""

from __future__ import annotations

from tests.api import story
from tests.api.party import World


def test_an_expired_room_stays_expired_when_the_clock_goes_back(place: World) -> None:
    place.open_room()
    body = {"manifest": story.manifest("brand").to_json(), "dictionary": ""}
    place.brand.clock.shift = 2 * 86400
    late = place.brand.say("/v1/datasets", "dataset.create", body)
    assert late.get_json()["rule"] == "room-expired"
    place.brand.clock.shift = 0
    again = place.brand.say("/v1/datasets", "dataset.create", body)
    assert again.get_json()["rule"] == "room-expired"
