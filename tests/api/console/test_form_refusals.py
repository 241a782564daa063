"""What a form's text becomes, and which field a refusal is about and in which words."""

from __future__ import annotations

import json

import pytest
from flask import Flask, g
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from api.console.forms import Field, make_fields, read_fields
from api.console.party_ask import _column, _told
from api.console.words import say
from cleanroom.documents.document import invalid_field
from cleanroom.errors import CleanroomError, InvalidInput
from cleanroom.queries.registry import template, templates
from cleanroom.queries.where import parse
from cleanroom.words.languages import Language
from tests.api.console.test_parts import BRAND, PLATFORM

MOMENTS = {"p.start": "2026-06-01T00:00", "p.end": "2026-07-01T00:00"}
ATTRIBUTION = make_fields(template("attribution"), BRAND, PLATFORM)


def told(error: CleanroomError, spoken: Language, name: str = "attribution") -> tuple[object, str]:
    """Return the field that a refusal of a template's form is about, and what the page says."""
    asked = template(name)
    column = _column(error, asked, make_fields(asked, BRAND, PLATFORM))
    with Flask("x").test_request_context():
        g.language = spoken
        return column, _told(error, asked, column)


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_list_is_read_as_what_its_template_takes(name: str) -> None:
    model = template(name).Parameters.model_fields
    kinds = {info.alias or key: info.annotation for key, info in model.items()}
    for field in make_fields(template(name), BRAND, PLATFORM):
        if field.name not in kinds or field.control in ("columns", "names", "name", "choice"):
            continue
        takes = TypeAdapter(kinds[field.name])
        schema = json.dumps(takes.json_schema())
        lists, numbers = '"array"' in schema, '"number"' in schema or '"integer"' in schema
        if lists and numbers:
            assert field.control == "numbers", field.name
        if field.control in ("numbers", "texts", "lines", "whole", "number"):
            alone = [Field(field.name, field.control, False)]
            text = "40, 20,40" if field.control == "numbers" else "3"
            read = read_fields(alone, MultiDict({f"p.{field.name}": text}))[field.name]
            takes.validate_json(json.dumps(read), strict=True)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("40,20,40", [40, 20, 40]), ("0.4, 0.2， 0.4", [0.4, 0.2, 0.4]), ("3、2、1", [3, 2, 1])],
)
def test_numbers_of_a_model_are_numbers(typed: str, read: list[float]) -> None:
    form = MultiDict({**MOMENTS, "p.model": "position", "p.weights": typed})
    assert read_fields(ATTRIBUTION, form)["weights"] == read


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("weights", "40, much, 40", "40, 20, 40"),
        ("weights", "40, nan", "40, 20, 40"),
        ("credits", "3; 2", "40, 20, 40"),
        ("max_value_per_person", "abc", "value = 500"),
        ("max_value_per_person", "value = inf", "value = 500"),
    ],
)
def test_what_cannot_be_read_says_what_its_field_expects(
    field: str, typed: str, expected: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_fields(ATTRIBUTION, MultiDict({**MOMENTS, "p.model": "linear", f"p.{field}": typed}))
    for spoken in ("en", "zh"):
        column, text = told(refusal.value, spoken)
        assert column == field and expected in text and "Hero" not in text
        assert "原文" not in text


def test_a_refusal_within_a_list_names_the_field_and_no_path() -> None:
    model = template("attribution").Parameters
    with pytest.raises(ValidationError) as wrong:
        model.model_validate_json(
            '{"weights": [1, "x"], "start": 0, "end": 1, "model": "position"}'
        )
    error = invalid_field("attribution", wrong.value)
    assert told(error, "zh")[0] == "weights"
    for spoken in ("en", "zh"):
        text = told(error, spoken)[1]
        assert "weights" not in text and "attribution" not in text and "number" in text


@pytest.mark.parametrize(
    "written",
    ["campaign = 'Feed'", "platform.campaign = Feed", "platform.campaign LIKE 'F%'",
     "platform.campaign = 'a' or platform.campaign = 'b'", "platform.campaign = ''"],
)  # fmt: skip
def test_a_condition_that_cannot_be_read_says_how_one_is_written(written: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(["brand.tier = 'gold'", written])
    for spoken, number in (("en", "condition 2 "), ("zh", "第 2 个条件")):
        column, text = told(refusal.value, spoken)
        assert column == "where" and text.startswith(number), text
        assert "side.column = 'value'" in text and "brand.tier = 'gold'" in text
        assert "原文" not in text and "where" not in text


def test_the_page_of_models_says_what_has_to_be_the_same() -> None:
    for spoken, words in (("en", ("resolution", "conditions")), ("zh", ("时间精度", "条件"))):
        assert all(word in say("models.rule", spoken) for word in words)


def test_an_outcome_that_cannot_be_read_is_not_called_a_condition_of_where() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(["tier"], parameter="outcome")
    assert told(refusal.value, "zh", "drivers")[0] == "outcome"
