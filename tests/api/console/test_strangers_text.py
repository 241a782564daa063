"""Whatever a stranger wrote, a page shows it and a browser obeys none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

import api.console
from api.console.frame import Door, create_frame
from api.console.links import Ticket
from api.console.sessions import Sessions

TEMPLATES = Path(str(api.console.__file__)).parent / "templates"
STRANGE = "a<script>alert(1)</script>\u202e\x1b[8m\u200bb"


@pytest.fixture
def app() -> Flask:
    def check(_text: str) -> Ticket:
        raise AssertionError

    return create_frame("party", Door(check, lambda _: "", ""), Sessions(lambda: 0.0))


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}",
        "{{ x | upper }}",
        "<i title='{{ x }}'></i>",
        "{{ 'is ' ~ x }}",
        "{{ [x] | join }}",
    ],
)
def test_no_expression_of_a_page_passes_it_on(app: Flask, source: str) -> None:
    page = app.jinja_env.overlay(autoescape=True).from_string(source).render(x=STRANGE)
    assert "<script" not in page.lower()
    assert not {"\u202e", "\x1b", "\u200b"} & set(page)
    assert "alert(1)" in page.lower()


def test_a_text_box_comes_back_as_it_was_typed(app: Flask) -> None:
    page = app.jinja_env.from_string("{{ x }}").render(x="Hero = 1200\r\nFeed = 3\ra")
    assert page == "Hero = 1200\nFeed = 3\u240da"


def test_what_a_macro_wrote_is_not_escaped_again(app: Flask) -> None:
    source = "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(x) }}"
    page = app.jinja_env.overlay(autoescape=True).from_string(source).render(x="<")
    assert page == "<b>&lt;</b>"


def test_pages_are_escaped_and_none_asks_otherwise(app: Flask) -> None:
    found = sorted(TEMPLATES.rglob("*"))
    pages = [path for path in found if path.is_file()]
    assert pages
    for path in pages:
        assert path.suffix == ".html"
        assert app.select_jinja_autoescape(path.name)
        text = path.read_text("utf-8")
        assert not any(word in text for word in ("|safe", "| safe", "autoescape", "Markup"))
