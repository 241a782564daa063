"""Nothing is published for a platform that an amendment took away, whoever would let it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cleanroom.agent.serving import publish as publishing
from cleanroom.audit.failures import BadEntry
from cleanroom.errors import PolicyRefusal
from cleanroom.room import serving
from tests.cleanroom.agent.conftest import meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace
from tests.cleanroom.agent.test_serving import ELEMENT, asked, problem


@pytest.fixture
def scene(tmp_path):
    roles = {"acme": "brand", "telco": "platform", "video": "platform"}
    made = Scene.open(SharedPlace(**vars(meet(tmp_path, roles))))
    publishing.publish(made.brand, 0)
    return made


def refused(scene):
    with pytest.raises(PolicyRefusal) as refusal:
        publishing.publish(scene.brand, 0)
    return refusal.value.rule


def test_the_brand_the_mediator_and_the_verifier_refuse_the_next_publication(scene, monkeypatch):
    answerer = scene.answerer()
    before = answerer.current
    scene.take_away()
    assert refused(scene) == "member-left"
    assert len(scene.entries("serving.publish")) == 1, "the brand itself sends nothing"
    answerer.look()
    for named in (before, "0" * 32):
        assert problem(scene, answerer, asked(scene, answerer, [ELEMENT], named))[:2] == (
            403,
            "member-left",
        )
    assert answerer.current == ""
    scene.verified()
    monkeypatch.setattr(publishing, "check_sides", lambda *_: None)
    assert refused(scene) == "member-left"
    assert [one["outcome"] for one in scene.entries("serving.publish")] == ["accepted", "refused"]
    lenient = vars(serving) | {"check_publication": lambda *_: None}
    monkeypatch.setattr("cleanroom.mediator.serving.serving", SimpleNamespace(**lenient))
    publishing.publish(scene.brand, 0)
    with pytest.raises(BadEntry, match="has left the room"):
        scene.verified()
