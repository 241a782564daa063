"""Each spelling of the reference becomes what stands beside it, alone and in a column."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import NotNormalisable, normalise, normalise_many
from cleanroom.ingest.identifiers.nothing import DIGESTS, Words
from cleanroom.ingest.spec import IdentifierSpec
from tests.spellings import SPELLINGS, Row

ROWS = [row for rows in SPELLINGS.values() for row in rows]


def test_there_are_two_hundred() -> None:
    assert len({row[:3] for row in ROWS}) == len(ROWS) >= 200


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[1]} {row[0]!a}" for row in ROWS])
def test_spelling(row: Row) -> None:
    text, profile, region, form, reason = row
    bulk = normalise_many(pa.array([text, text]), profile, region)
    if form is not None:
        assert normalise(text, profile, region) == form
        assert bulk.values.to_pylist() == [form, form]
        assert not bulk.codes.any()
    else:
        with pytest.raises(NotNormalisable) as refused:
            normalise(text, profile, region)
        assert reason in refused.value.sentence
        assert [bulk.reasons[code] for code in bulk.codes] == [refused.value.sentence] * 2


def test_declared_nulls_are_nobody_in_every_spelling() -> None:
    words = Words(nulls=("guest", "NoReply@mail.cn"))
    column = pa.array(["Guest", "guest ", "guest2", "1001"])
    assert (normalise_many(column, "raw:v1", words=words).codes > 0).tolist() == [1, 1, 0, 0]
    column = pa.array(["noreply@mail.cn", " NOREPLY@mail.cn", "ann@mail.cn"])
    found = normalise_many(column, "email:uid2:v1", words=words)
    assert (found.codes > 0).tolist() == [1, 1, 0]
    assert "nulls" in found.reasons[1]


def test_declared_nulls_are_nobody_when_hashed() -> None:
    guest = hashlib.sha256(b"noreply@mail.cn").hexdigest()
    words = Words(nulls=("NoReply@mail.cn",))
    assert normalise(guest, "sha256:email:uid2:v1") == guest
    with pytest.raises(NotNormalisable, match="nulls"):
        normalise(guest.upper(), "sha256:email:uid2:v1", None, words)


def test_a_word_of_the_list_can_be_a_person() -> None:
    words = Words(not_nulls=("NA", "0"))
    column = pa.array(["na", "NA", "(na)", "0", "null", "N/A"])
    found = normalise_many(column, "raw:v1", words=words)
    assert (found.codes > 0).tolist() == [0, 0, 1, 0, 1, 1]
    assert found.values.to_pylist()[:4] == ["na", "NA", "", "0"]


def test_the_digest_of_a_kept_word_is_a_person() -> None:
    digest = hashlib.sha256(b"na").hexdigest()
    assert digest in DIGESTS
    assert normalise(digest, "sha256:raw:v1", None, Words(not_nulls=("na",))) == digest
    assert normalise_many(
        pa.array([digest]), "sha256:raw:v1", words=Words(not_nulls=("na",))
    ).values.to_pylist() == [digest]


@pytest.mark.parametrize(
    "text",
    ["+86", "86", "860", "+860", "+44", "+", "@", "+86nan", "86None", "+86NULL", "nan@nan"],
)
def test_the_digest_of_a_country_code_beside_nothing_is_nobody(text: str) -> None:
    digest = hashlib.sha256(text.encode()).hexdigest()
    found = normalise_many(pa.array([digest, digest.upper()]), "sha256:phone:e164:v1")
    assert found.codes.all()
    assert "digest of an empty value" in found.reasons[1]


def test_the_digest_of_a_short_member_number_is_a_member() -> None:
    digest = hashlib.sha256(b"86").hexdigest()
    assert normalise_many(pa.array([digest]), "sha256:raw:v1").values.to_pylist() == [digest]


def test_the_lists_of_a_section_are_checked() -> None:
    section = {"column": "m", "profile": "raw:v1", "nulls": ["guest"], "not_nulls": ["na"]}
    assert IdentifierSpec.model_validate(section).words == Words(("guest",), ("na",))
    with pytest.raises(ValueError, match="an identifier already"):
        IdentifierSpec.model_validate(section | {"not_nulls": ["visitor"]})
    with pytest.raises(InvalidInput):
        normalise("x", "raw:v9", None, Words())
