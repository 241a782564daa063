"""A mediator that lets serving break its rules is found out by whoever verifies the log."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cleanroom.agent.serving.publish import publish, stop
from cleanroom.audit.failures import BadEntry
from cleanroom.errors import InvalidInput
from cleanroom.room import serving
from cleanroom.room.agreements import check_agreement
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace, grant


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("serving"))))


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the mediator, and nobody else, take everything."""
    rules = {name: getattr(serving, name) for name in dir(serving)}
    silent = {name: lambda *_: None for name in rules if name.startswith("check_")}
    monkeypatch.setattr("cleanroom.mediator.serving.serving", SimpleNamespace(**rules | silent))


def tally(scene, who, questions, late=0):
    room = {"brand": scene.brand, "platform": scene.platform}[who]
    minute = int(scene.clock()) // 60 + late
    body = {"grant": 0, "minute": minute, "questions": questions}
    room.chain.say("/v1/serving/tallies", "serving.tally", body)


def more_than_a_day(scene):
    is_last = (int(scene.clock()) // 60 + 1) % serving.MINUTES_OF_DAY == 0
    for late in (-1, 0) if is_last else (0, 1):
        tally(scene, "brand", 1500, late)


def another_number(scene):
    tally(scene, "brand", 5)
    tally(scene, "platform", 4)


def an_earlier_minute(scene):
    tally(scene, "brand", 5)
    tally(scene, "brand", 5, -1)


def after_the_withdrawal(scene):
    stop(scene.brand, 0)
    tally(scene, "brand", 5, 4)


def by_the_platform(scene):
    scene.platform.chain.say("/v1/serving/stop", "serving.stop", {"grant": 0})


def twice(scene):
    stop(scene.brand, 0)
    stop(scene.brand, 0)


def published_after_the_withdrawal(scene):
    stop(scene.brand, 0)
    publish(scene.brand, 0)


def under_no_grant(scene):
    scene.brand.chain.say("/v1/serving/stop", "serving.stop", {"grant": 7})


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (more_than_a_day, "quota"),
        (another_number, "counted a different number"),
        (an_earlier_minute, "tallied before"),
        (after_the_withdrawal, "nothing was served"),
        (by_the_platform, "only the party that granted"),
        (twice, "was withdrawn"),
        (published_after_the_withdrawal, "was withdrawn"),
        (under_no_grant, "no such grant"),
    ],
)
@pytest.mark.usefixtures("lenient")
def test_what_a_lying_mediator_lets_through_is_named(meeting, deed, words):
    scene = Scene.open(meeting)
    publish(scene.brand, 0)
    scene.verified()
    deed(scene)
    with pytest.raises(BadEntry, match=words):
        scene.verified()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"platform": "acme"}, "by the room's brand to a platform"),
        ({"audience": "other"}, "no audience other"),
        ({"label": "age"}, "no label age"),
        ({"values": ["gold", "gold"]}, "a value twice"),
        ({"label": None}, "has one value"),
        ({"ends": 4_000_000_000}, "ends with the room"),
        ({"minimum": 129}, "least audience"),
    ],
)
def test_terms_that_could_not_be_kept_are_signed_by_nobody(meeting, changes, words):
    scene = Scene.open(meeting)
    agreement = scene.brand.agreement.model_copy(update={"grants": (grant(**changes),)})
    with pytest.raises(InvalidInput, match=words):
        check_agreement(agreement, 0)


def test_a_grant_has_terms_of_serving_exactly_if_it_is_one(meeting):
    agreement = meeting.agreement()
    other = grant().model_copy(update={"kind": "activation"})
    for wrong in (other, grant().model_copy(update={"serving": None})):
        with pytest.raises(InvalidInput, match="and no other"):
            check_agreement(agreement.model_copy(update={"grants": (wrong,)}), 0)


def test_a_grant_of_another_kind_has_the_digest_that_it_always_had():
    plain = grant().model_copy(update={"kind": "activation", "serving": None})
    assert set(plain.to_json()) == {"party", "kind", "purposes", "minimum"}
