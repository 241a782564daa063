from __future__ import annotations

from tests.api.party import World


def test_a_room_becomes_active_with_its_last_signature(place: World) -> None:
    room = place.open_room()
    shown = place.auditor.get(f"/v1/rooms/{room}").get_json()
    assert shown["state"] == "ACTIVE"
    assert [one["party"] for one in shown["signatures"]] == ["brand", "platform", "auditor"]
    assert place.brand.get("/v1/rooms").get_json()["items"] == [
        {"id": room, "state": "ACTIVE", "name": "spring"}
    ]
    assert place.stranger.get("/v1/rooms").get_json()["items"] == []
