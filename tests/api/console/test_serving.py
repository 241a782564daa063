"""Questions about single people on the pages of a console: each side sees its own home's counts."""

from __future__ import annotations

from cleanroom.agent.serving.publish import publish
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.agent.serving_scene import Scene
from tests.cleanroom.agent.test_job_page import signed_in

__all__ = ["meeting"]


def test_each_side_reads_its_counts_and_only_the_platform_its_hits(meeting: Place) -> None:
    scene = Scene.open(meeting, per_day=5)
    scene.clock.behind = 0.0
    where = f"/rooms/{scene.brand.identity}"
    brand, platform = (signed_in(meeting, name) for name in ("acme", "telco"))
    for browser in (brand, platform):
        assert "Questions about single people" in browser.get(where).text
        assert "Nothing has been published." in browser.get(f"{where}/serving").text
    publish(scene.brand, 0)
    answerer = scene.answerer()
    asker = scene.asker(answerer)
    asked = asker.ask(["P0000x", "P0001x", "P0002x", "P9999x"])  # gold, silver, not served, nobody
    assert [one.value for one in asked] == ["gold", "silver", None, None]
    answerer.look()
    shown = {
        name: browser.get(f"{where}/serving").text
        for name, browser in (("brand", brand), ("platform", platform))
    }
    for page in shown.values():
        assert "telco asks about acme.data" in page
        assert "Publication 1 is served." in page
        assert "4 of 5 people, 80 %." in page
        assert "nearly used up" in page
        assert "<td>4</td>" in page
    assert "50.0 % have a label" in shown["platform"]
    assert "have a label" not in shown["brand"]
    assert "Without an answer" not in shown["brand"]
    chinese = platform.get(f"{where}/serving", headers={"Accept-Language": "zh"}).text
    assert "50.0% 带有标签" in chinese and "当日配额即将用尽" in chinese


def test_a_room_without_a_grant_says_so_and_an_unused_one_raises_no_alarm(meeting: Place) -> None:
    browser = signed_in(meeting, "telco")
    scene = Scene.open(meeting)
    page = browser.get(f"/rooms/{scene.brand.identity}/serving").text
    assert "0 of 2,000 people, 0 %." in page
    assert "nearly used up" not in page
    assert "<table>" not in page
