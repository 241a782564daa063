"""Every page: keyboard, narrow screen, both languages, dark and light, contrast, headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.console.words import TABLE

CHECK = (Path(__file__).parent / "accessible.js").read_text(encoding="utf-8")
PARTY = (
    "",
    "/ask",
    "/ask/overlap",
    "/ask/profile",
    "/questions",
    "/questions/{answered}",
    "/approvals",
    "/approvals/{answered}",
    "/datasets",
    "/upload",
    "/alignments",
    "/budget",
    "/log",
    "/log?view=entries",
    "/log/5",
    "/log/jobs/{answered}",
    "/checkpoint?from=3",
)
MEDIATOR = ("", "/questions", "/log", "/log/5", "/log/jobs/{answered}", "/checkpoint?from=3")
MODELS = (
    "/questions/{modelled}",
    "/questions/{modelled}/models",
    "/questions/{modelled}/plan",
    "/budget",
)
SIGHTS = {
    "light": {"color_scheme": "light", "locale": "en-GB"},
    "dark-zh": {"color_scheme": "dark", "locale": "zh-CN"},
    "narrow": {"viewport": {"width": 360, "height": 700}, "locale": "en-GB"},
}


@pytest.mark.parametrize("mediator", [False, True], ids=["party", "mediator"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_every_page_can_be_read_by_everyone(visit, stage, sight, mediator):
    visitor = visit("brand", mediator=mediator, **SIGHTS[sight])
    look(visitor, stage, MEDIATOR if mediator else PARTY, f"{KINDS[mediator]}-", sight)
    if not mediator:
        visitor.room = stage.models
        look(visitor, stage, MODELS, "models-", sight)


KINDS = ("party", "mediator")


def look(visitor, stage, paths, before: str, sight: str) -> None:
    for path in paths:
        target = path.format(answered=stage.answered, modelled=stage.modelled)
        name = path.strip("/").replace("/", "-").partition("?")[0] or "room"
        for known in ("{answered}", "{modelled}"):
            name = name.replace(known, "one")
        page = visitor.go(target, f"{before}{name}-{sight}")
        assert page.evaluate(CHECK) == [], path
        if sight == "dark-zh":
            assert page.get_attribute("html", "lang") == "zh-Hans"


def test_the_open_tab_is_marked_and_what_is_folded_is_printed(visit, stage):
    visitor = visit("brand", viewport={"width": 390, "height": 800})
    for path, tab in {"": "Overview", "/datasets": "Datasets", "/upload": "Datasets",
                      "/alignments": "Datasets", "/log/5": "Log"}.items():  # fmt: skip
        page = visitor.go(path)
        assert page.inner_text(".tabs [aria-current]") == tab
    for path in ("/questions", "/datasets", "/budget", "/log?view=entries"):
        page = visitor.go(path)
        wide = (
            "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
        )
        assert page.evaluate(f"{wide}.length") == 0, "every column is seen without scrolling"
    for path in (f"/questions/{stage.answered}", "/budget"):
        page = visitor.go(path)
        assert page.evaluate(
            "(one => one.scrollWidth <= one.clientWidth)(document.querySelector('.picture'))"
        ), "a picture is seen whole"
        whole = page.get_attribute(".picture a", "href")
        assert visitor.context.request.get(f"{visitor.origin}{whole}").text().startswith("<svg")
    page = visitor.go(f"/questions/{stage.answered}")
    folded = page.locator("details:not([open]) dl").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible() and not page.locator(".tabs").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.shoot("printed")
    page = visitor.go("/questions")
    cells = page.locator("table.list").first.locator("td")
    assert cells.first.evaluate("one => getComputedStyle(one).display") == "table-cell"
    assert not page.locator("main .button").first.is_visible()


PHONE = {"width": 390, "height": 844}
SIZES = """() => {
  const picture = document.querySelector('.picture img');
  const frame = document.querySelector('#drawn svg');
  const scale = picture.clientWidth / frame.getBoundingClientRect().width;
  const texts = [...frame.querySelectorAll('text')].filter(one => one.textContent.trim());
  const ends = frame.getBoundingClientRect();
  return texts.map(one => {
    const at = one.getBoundingClientRect();
    const seen = at.left >= ends.left - 1 && at.right <= ends.right + 1;
    return [one.textContent, parseFloat(getComputedStyle(one).fontSize) * scale, seen];
  });
}"""
"""Each text of the picture on the page: what it says, its size in pixels, if it is seen whole."""


@pytest.mark.parametrize("sight", ["light", "dark-zh"])
def test_the_text_of_a_picture_can_be_read_on_a_phone(visit, stage, sight):
    visitor = visit("brand", **SIGHTS[sight], viewport=PHONE)
    look_at_pictures(visitor, [f"/questions/{stage.answered}", "/budget"])
    visitor.room = stage.models
    asked = f"/questions/{stage.modelled}"
    look_at_pictures(visitor, [asked, f"{asked}/models"])


def look_at_pictures(visitor, paths) -> None:
    for path in paths:
        page = visitor.go(path)
        page.wait_for_function("document.querySelector('.picture img').complete")
        shown = page.evaluate("document.querySelector('.picture img').currentSrc")
        svg = visitor.context.request.get(shown).text()
        drawn = "one => document.body.insertAdjacentHTML('beforeend', `<div id=drawn>${one}</div>`)"
        page.evaluate(drawn, svg)
        found = page.evaluate(SIZES)
        assert len(found) > 5, path
        assert [one for one in found if one[1] < 10.9 or not one[2]] == [], path


def test_the_language_is_chosen_and_kept(visit):
    visitor = visit("brand")
    page = visitor.go("/log?kind=job.submit")
    page.click("text=中文")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert "kind=job.submit" in page.url, "the page is the same in the other language"
    visitor.go("/budget")
    assert page.inner_text("h1") == "隐私预算"
    page.click("text=English")
    assert page.inner_text("h1") == "Privacy budget"


def test_both_languages_say_everything():
    for key, (english, chinese) in TABLE.items():
        fields = [{part.partition("}")[0] for part in one.split("{")[1:]}
                  for one in (english, chinese)]  # fmt: skip
        assert fields[0] == fields[1], key
        assert english and chinese


def test_a_question_is_asked_with_the_keyboard_alone(visit):
    visitor = visit("brand")
    page = visitor.go("/ask/overlap")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.value ?? ''"))
        if reached[-1] == "brand.tier":
            page.keyboard.press("Space")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "the focus is seen"
        if reached[-1] == "preview":
            page.keyboard.press("Enter")
            break
    page.wait_for_selector("aside dl")
    assert page.is_checked("input[value='brand.tier']")
    assert reached.index("brand.tier") < reached.index("preview")
