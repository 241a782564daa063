import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from math import pi
from typing import Any

import pytest

from cleanroom.errors import InvalidInput
from cleanroom.queries.aipl_flow.chart import lay_out
from cleanroom.queries.overlap.venn import distance, lens
from cleanroom.report import LANGUAGES, Language, word
from cleanroom.report.charts import (
    NARROW,
    budget_picture,
    models_picture,
    picture,
    to_png,
)
from tests.cleanroom.report.charts.samples import HOSTILE, SAMPLES, attribution, overlap, people

TEXT = "{http://www.w3.org/2000/svg}text"
DRAWN = {"svg", "g", "path", "line", "rect", "text", "circle", "defs", "clipPath", "title", "desc"}


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(TEXT)]


def check_inert(svg: str) -> None:
    for element in ET.fromstring(svg).iter():
        assert element.tag.rsplit("}", 1)[-1] in DRAWN
        for name, value in element.attrib.items():
            local = name.rsplit("}", 1)[-1].lower()
            assert not local.startswith("on") and local not in ("href", "style", "src")
            if local in ("fill", "stroke", "d", "transform", "font-family"):
                assert "url" not in value and "javascript" not in value
    assert "<!" not in svg and "<?" not in svg


def poisoned(value: Any, label: str) -> Any:
    """Put a label in the place of every text that a party chose."""
    if isinstance(value, dict):
        changed = {name: poisoned(each, label) for name, each in value.items()}
        if "key" in value:
            changed["key"] = {label if "." in name else name: label for name in value["key"]}
        for name in ("name", "sentence", "campaign", "purpose", "measure"):
            if name in value:
                changed[name] = label
        for name in ("sums", "sums_sd", "sums_interval", "measures"):
            if name in value:
                changed[name] = dict.fromkeys([label], *changed[name].values())
        return changed
    return [poisoned(each, label) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SAMPLES)
def test_a_picture_is_inert_and_says_what_it_is(name: str) -> None:
    result = SAMPLES[name]()
    svg = picture(result)
    check_inert(svg)
    found = " ".join(texts(svg))
    assert word(f"template.{result['template']}") in found
    assert result["sentence"] in found
    if result["privacy"]["noise"] == "none":
        assert "REHEARSAL" in found and "95" not in found
    else:
        assert "95 %" in found and "REHEARSAL" not in found


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "rehearsal"])
def test_hostile_labels_stay_text_in_every_picture(name: str) -> None:
    start = list(SAMPLES).index(name) % 4
    for label in HOSTILE[start::4]:
        check_inert(picture(poisoned(SAMPLES[name](), label)))


def test_hostile_labels_are_shown_as_what_they_are() -> None:
    result = overlap()
    result["groups"] = [{"key": {"label": label}, **people(99)} for label in HOSTILE]
    svg = picture(result)
    check_inert(svg)
    found = texts(svg)
    assert "<script>alert(1)</script>"[:10] in "".join(found)
    assert "␛[2J␛]0;owned␇" in found
    assert "مرحبا بالعالم" in found
    assert "a\ufffdgnp.exe\ufffd" in found
    assert max(map(len, found)) < 200
    assert "\u202e" not in svg and "\x1b" not in svg


@pytest.mark.parametrize("language", LANGUAGES)
def test_pictures_speak_the_language(language: Language) -> None:
    for make in SAMPLES.values():
        found = " ".join(texts(picture(make(), language)))
        chinese = any("\u4e00" <= character <= "\u9fff" for character in found.replace("种草", ""))
        assert chinese == (language == "zh") or make is SAMPLES["attribution"]


MOST_PIXELS, LEAST_TEXT = 344, 11
"""Pixels that a phone of 390 has for a picture, and how small its text may be there."""


def check_narrow(svg: str) -> None:
    root = ET.fromstring(svg)
    assert float(root.attrib["width"]) <= MOST_PIXELS
    sizes = {float(one.attrib["font-size"].removesuffix("px")) for one in root.iter(TEXT)}
    assert min(sizes) >= LEAST_TEXT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_narrow_picture_says_the_same_in_text_that_a_phone_shows_large(
    name: str, language: Language
) -> None:
    result = SAMPLES[name]()
    svg = picture(result, language, NARROW)
    check_narrow(svg)
    check_inert(svg)
    narrow, wide = (" ".join(texts(one)) for one in (svg, picture(result, language)))
    numbers = [f"{group['people']:,}" for group in result["groups"] if "people" in group]
    assert [one for one in numbers if one in wide and one not in narrow] == []


def test_models_and_budgets_are_narrow_too() -> None:
    check_narrow(models_picture([attribution("last_touch"), attribution("linear")], on=NARROW))
    start = datetime(2026, 6, 1, tzinfo=UTC)
    points = [(start + timedelta(days=day), 0.1 * day) for day in range(5)]
    check_narrow(budget_picture(points, 0.5, on=NARROW))


def test_a_picture_becomes_pixels() -> None:
    assert to_png(picture(overlap())).startswith(b"\x89PNG\r\n")


def test_overlap_shows_every_number_with_its_interval() -> None:
    found = texts(picture(overlap()))
    assert {"25-34", "4,812", "4,773 to 4,851", "247,192.44", "other"} <= set(found)
    assert any("3 below the 74" in text for text in found)


def test_circles_only_where_both_sizes_are_known() -> None:
    result = SAMPLES["overlap_sizes"]()
    assert "20,000 people" in texts(picture(result))
    del result["quality"]["platform_rows"]
    result["quality"]["platform_rows_padded"] = 65_536
    assert not any("65,536" in text for text in texts(picture(result)))


@pytest.mark.parametrize(("first", "second", "share"), [(80, 80, 0.5), (80, 30, 0.9), (80, 5, 0)])
def test_circles_share_the_area_that_they_should(first: int, second: int, share: float) -> None:
    area = share * pi * min(first, second) ** 2
    apart = distance(first, second, area)
    assert lens(first, second, apart) == pytest.approx(area, abs=1.0)


def test_the_lens_agrees_with_counting_points() -> None:
    inside = sum(
        (x / 4) ** 2 + (y / 4) ** 2 <= 400 and (x / 4 - 15) ** 2 + (y / 4) ** 2 <= 225
        for x in range(-80, 121)
        for y in range(-80, 81)
    )
    assert lens(20, 15, 15) == pytest.approx(inside / 16, rel=0.01)


def test_ribbons_fill_their_nodes_on_both_sides() -> None:
    moves = {("none", "A"): 30.0, ("A", "A"): 50.0, ("A", "L"): 20.0, ("I", "none"): 10.0}
    ribbons, tops = lay_out(moves)
    for side in (0, 1):
        for (which, stage), (top, height) in tops.items():
            if which != side:
                continue
            own = [one for one in ribbons if (one.before, one.after)[side] == stage]
            starts = [(one.left, one.right)[side] for one in own]
            assert min(starts) == pytest.approx(top)
            assert sum(one.height for one in own) == pytest.approx(height)
    assert [one.way for one in ribbons if one.before == "A"] == [1, 0]
    assert tops[0, "I"][0] < tops[0, "A"][0] < tops[0, "none"][0]


def test_an_empty_result_says_so() -> None:
    result = overlap() | {"groups": [], "other": None, "total": {"people": None}}
    assert word("nothing") in texts(picture(result))


def test_an_unknown_template_is_drawn_as_bars() -> None:
    result = overlap() | {"template": "tomorrow"}
    assert "4,812" in texts(picture(result))


def test_only_a_result_has_a_picture() -> None:
    with pytest.raises(InvalidInput):
        picture({"status": "REFUSED", "name": "x", "template": "overlap"})


def test_models_stand_side_by_side() -> None:
    svg = models_picture([attribution("last_touch"), attribution("shapley", 0.9)])
    check_inert(svg)
    found = texts(svg)
    assert found.count("Last touch") == found.count("Shapley") == 4
    assert {"1,210.00", "1,089.00"} <= set(found)
    with pytest.raises(InvalidInput):
        models_picture([overlap()])


def test_the_budget_has_its_limit_and_what_is_left() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    points = [(start + timedelta(days=day), 0.02 * day) for day in range(10)]
    found = texts(budget_picture(points, 0.5))
    assert {"budget 0.5", "spent 0.18", "0.32 left"} <= set(found)
    assert budget_picture([], 0.5)


def alternatives(svg: str) -> list[str]:
    """Return what is read out of a picture."""
    return [element.get("aria-label", "") for element in ET.fromstring(svg).iter()]


@pytest.mark.parametrize("name", ["overlap_of_several", "cross_reach"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_sets_of_platforms_are_dots_and_are_read_out(name: str, language: Language) -> None:
    svg = picture(SAMPLES[name](), language)
    assert {"douyin", "weibo", "tmall"} <= set(texts(svg)), "a column for each"
    assert "douyin + weibo" not in texts(svg), "dots say it"
    read = [text for text in alternatives(svg) if text.startswith("douyin + weibo: ")]
    assert len(read) == 1
    assert "2,100" in read[0]


def test_reach_builds_up_only_where_no_part_is_held_back() -> None:
    result = SAMPLES["cross_reach"]()
    title = word("axis.build", "en")
    assert title in texts(picture(result))
    assert "11,240" in texts(picture(result))
    result["build"][1]["added"] = None
    assert title not in texts(picture(result))
