"""A grant serves the people of a segment, who are told from everybody else of the audience."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cleanroom.agent.room_file import _granted
from cleanroom.agent.serving.ask import Label
from cleanroom.agent.serving.publish import publish
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.report.consent import Reader, _grants
from tests.cleanroom.agent.conftest import Place, meet
from tests.cleanroom.agent.serving_scene import Scene, SharedPlace, grant

GOLD = ("brand.tier = 'gold'",)


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return SharedPlace(**vars(meet(tmp_path_factory.mktemp("segments"))))


def test_who_is_in_the_segment_is_told_from_all_others(meeting: Place) -> None:
    scene = Scene.open(meeting, where=GOLD, label=None, values=["loyal"], minimum=25)
    publish(scene.brand, 0)
    asker = scene.asker(scene.answerer())
    people = ["P0000x", "P0001x", "P0002x", "P0003x", "Q0000x"]
    loyal = Label("loyal")
    assert asker.ask(people) == [loyal, Label(None), Label(None), loyal, Label(None)]
    for language, words in (("en", "those with brand.tier = 'gold'"), ("zh", "其中 brand.tier")):
        (line,) = _grants(scene.brand.agreement, Reader("acme", {}, language))
        assert words in line.text
    assert scene.verified()


def test_the_floor_is_that_of_the_segment(meeting: Place) -> None:
    scene = Scene.open(meeting, where=GOLD, label=None, values=["loyal"])
    with pytest.raises(PolicyRefusal) as refused:
        publish(scene.brand, 0)
    assert refused.value.rule == "serving-floor"
    assert scene.entries("serving.publish") == []


@pytest.mark.parametrize(
    "where",
    [
        ("platform.tier = 'gold'",),
        ("brand.city = 'Rome'",),
        ("brand.tier  =  'gold'",),
        ("brand.tier != 'gold'", "brand.tier != 'none'"),
        ("segment = 'loyal'",),
        ("tier is gold",),
    ],
)
def test_other_conditions_are_refused(meeting: Place, where: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        Scene.open(meeting, where=where, label=None, values=["loyal"])


def test_a_saved_segment_is_spelled_out(meeting: Place) -> None:
    segments = {"loyal": ("brand.tier in ('silver', 'gold')", "brand.city != 'Rome'")}
    asked = grant(where=["segment = 'loyal'", "brand.tier != 'silver'"])
    cards = tuple(home.card for home in meeting.homes.values())
    found = _granted(asked.to_json(), cards, segments).serving
    assert found is not None
    assert found.where == ("brand.city != 'Rome'", "brand.tier = 'gold'")
    with pytest.raises(InvalidInput, match="no segment loyal"):
        _granted(asked.to_json(), cards, {})


@pytest.mark.parametrize("page", ["serve-labels.md", "serve-labels.zh.md"])
def test_the_grant_on_the_page_is_one(meeting: Place, page: str) -> None:
    text = (Path(__file__).parents[3] / "docs" / "how-to" / page).read_text("utf-8")
    (section,) = tomllib.loads(text.split("```toml")[1].split("```")[0])["grants"]
    section["serving"]["platform"] = "platform"
    cards = tuple(home.card for home in meeting.homes.values())
    terms = _granted(section, cards, {"loyal": GOLD}).serving
    assert terms is not None
    assert (terms.platform, terms.where) == ("telco", GOLD)
    assert terms.ends == int(datetime(2027, 6, 30, tzinfo=UTC).timestamp())


def test_an_agreement_without_conditions_has_the_bytes_that_it_had() -> None:
    terms = grant().serving
    assert terms is not None
    assert "where" not in terms.to_json()
