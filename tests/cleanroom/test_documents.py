"""What a signed document may not hold, because a signer would not see it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from cleanroom.documents.agreement import Agreement, DatasetTerms, MeasureTerms
from cleanroom.documents.document import ColumnName, Text
from cleanroom.errors import InvalidInput
from cleanroom.room.policy import check_agreement
from tests.cleanroom.queries.room import FOREVER, sign_room
from tests.cleanroom.test_encryption_profile import OTHERS, SPENDERS

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
