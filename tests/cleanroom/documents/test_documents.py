"""What a signed document may not hold: what a signer would not see, or nobody could write."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

import api
import cleanroom
from cleanroom.documents.agreement import Agreement, DatasetTerms, MeasureTerms
from cleanroom.documents.document import LARGEST, ColumnName, Document, Text
from cleanroom.errors import InvalidInput
from cleanroom.room.agreements import check_agreement
from tests.cleanroom.queries.room import FOREVER, sign_room
from tests.cleanroom.queries.test_encryption_profile import OTHERS, SPENDERS

HIDDEN = ("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2028", "\x1b", "\x9b")


@pytest.mark.parametrize("kind", [ColumnName, Text])
@pytest.mark.parametrize("character", HIDDEN)
def test_a_text_of_a_document_shows_whole(kind: object, character: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(f"in{character}come")


@pytest.mark.parametrize("text", ["年龄段", "Straße 12", "a [b]", "%", "العمر"])
def test_every_script_is_a_column(text: str) -> None:
    assert TypeAdapter(ColumnName).validate_python(text) == text


def agreement() -> Agreement:
    signed = sign_room("overlap", {"brand": SPENDERS, "platform": OTHERS}, (), {}, {})
    return signed.rooms["brand"].agreement


def with_terms(*terms: DatasetTerms) -> Agreement:
    return agreement().model_copy(update={"datasets": terms})


def test_an_agreement_means_one_thing() -> None:
    money = MeasureTerms(name="spend", minimum=0, maximum=100, decimals=0)
    more = money.model_copy(update={"maximum": 10**9})
    terms = DatasetTerms(
        party="brand", name="crm", kind="audience", identifier_profile="raw:v1", labels=("tier",)
    )
    check_agreement(with_terms(terms), FOREVER - 1)
    wider = terms.model_copy(update={"labels": ("tier", "income")})
    for doubled in (
        (terms, wider),
        (terms.model_copy(update={"measures": (money, more)}),),
        (terms.model_copy(update={"labels": ("tier", "tier")}),),
        (terms.model_copy(update={"receivers": ("brand", "brand")}),),
    ):
        with pytest.raises(InvalidInput, match="twice"):
            check_agreement(with_terms(*doubled), FOREVER - 1)
    upside_down = money.model_copy(update={"minimum": 101})
    with pytest.raises(InvalidInput, match="minimum above"):
        check_agreement(
            with_terms(terms.model_copy(update={"measures": (upside_down,)})), FOREVER - 1
        )


def documents(above: type[Document] = Document) -> Iterator[type[Document]]:
    for kind in above.__subclasses__():
        yield kind
        yield from documents(kind)


def numbers(schema: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if schema.get("type") in ("integer", "number") and not schema.keys() & {"const", "enum"}:
            yield path, schema
        for name, below in schema.items():
            yield from numbers(below, f"{path}.{name}")
    elif isinstance(schema, list):
        for number, below in enumerate(schema):
            yield from numbers(below, f"{path}.{number}")


def test_every_number_of_every_document_has_a_canonical_form() -> None:
    for package in (cleanroom, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found = 0
    for kind in set(documents()):
        if kind.__module__.startswith(("cleanroom.", "api.")):
            for path, schema in numbers(kind.model_json_schema(), kind.__name__):
                found += 1
                least = schema.get("minimum", schema.get("exclusiveMinimum", -LARGEST - 1))
                most = schema.get("maximum", schema.get("exclusiveMaximum", LARGEST + 1))
                assert least >= -LARGEST and most <= LARGEST, (path, schema)
    assert found > 50
