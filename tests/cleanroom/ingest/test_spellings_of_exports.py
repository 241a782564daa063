"""What exports make of identifiers: floats, words for nothing, marks nobody sees, base64."""

from __future__ import annotations

import base64
import hashlib

import pyarrow as pa
import pytest

from cleanroom.ingest.identifiers.batch import normalise_many
from cleanroom.ingest.identifiers.nothing import WORDS, bare
from cleanroom.ingest.identifiers.profiles import normalise
from cleanroom.ingest.identifiers.reasons import NotNormalisable


@pytest.mark.parametrize(
    ("value", "profile", "region", "wanted"),
    [
        ("13800138000.0", "phone:e164:v1", "CN", "+8613800138000"),
        ("13800138000.00", "phone:cn11:v1", None, "13800138000"),
        ("8613800138000.0", "phone:e164:v1", None, "+8613800138000"),
        ("9876543210.0", "phone:e164:v1", "IN", "+919876543210"),
        ("015112345678.0", "phone:digits:v1", "DE", "4915112345678"),
        (" 2025550123.000 ", "phone:e164:v1", "US", "+12025550123"),
        ("202.555.0123", "phone:e164:v1", "US", "+12025550123"),
        ("\u202a+86 138 0013 8000\u202c", "phone:e164:v1", None, "+8613800138000"),
        ("\u2066138\u20690013\u200e8000", "phone:cn11:v1", None, "13800138000"),
        ("\ufeffa@b.com\u200b", "email:uid2:v1", None, "a@b.com"),
        ("\u200fmember-7\u200f", "raw:v1", None, "member-7"),
    ],
)
def test_one_person_has_one_spelling(
    value: str, profile: str, region: str | None, wanted: str
) -> None:
    assert normalise(value, profile, region) == wanted
    assert normalise_many(pa.array([value]), profile, region).values.to_pylist() == [wanted]


@pytest.mark.parametrize("profile", ["phone:e164:v1", "phone:digits:v1", "phone:cn11:v1"])
@pytest.mark.parametrize("value", ["1.38E+10", "1.38001e+10", "1,38E+10", "13800138000.5"])
def test_a_number_that_lost_digits_is_left_out(value: str, profile: str) -> None:
    with pytest.raises(NotNormalisable):
        normalise(value, profile, "CN")


@pytest.mark.parametrize("profile", ["phone:e164:v1", "phone:digits:v1", "phone:cn11:v1"])
@pytest.mark.parametrize("value", ["138****8000", "+86 138•••8000", "1380013____", "138********"])
def test_a_masked_number_is_nobodys(value: str, profile: str) -> None:
    with pytest.raises(NotNormalisable):
        normalise(value, profile, "CN")


@pytest.mark.parametrize("word", ["NULL", " n/a ", "NaN", "None", "(not set)", "-", "Undefined"])
@pytest.mark.parametrize("profile", ["raw:v1", "email:uid2:v1", "phone:cn11:v1", "idfa:v1"])
def test_a_word_for_nothing_is_nobody(word: str, profile: str) -> None:
    with pytest.raises(NotNormalisable, match="word for no value"):
        normalise(word, profile, None)
    found = normalise_many(pa.array([word, word.lower(), word.upper()]), profile)
    assert (found.codes > 0).all()


@pytest.mark.parametrize("word", ["", "null", "NULL", "N/A", "NaN", "None", "(not set)", "unknown"])
def test_the_digest_of_a_word_for_nothing_is_nobody(word: str) -> None:
    digest = hashlib.sha256(word.encode())
    spellings = [digest.hexdigest(), digest.hexdigest().upper()]
    spellings.append(base64.b64encode(digest.digest()).decode())
    for spelling in spellings:
        with pytest.raises(NotNormalisable, match="digest of an empty value"):
            normalise(spelling, "sha256:raw:v1", None)
    assert (normalise_many(pa.array(spellings), "sha256:raw:v1").codes > 0).all()


def test_a_digest_has_three_spellings() -> None:
    digest = hashlib.sha256(b"a@b.com")
    text = base64.b64encode(digest.digest()).decode()
    spellings = [digest.hexdigest().upper(), text, text.rstrip("=")]
    spellings.append(base64.urlsafe_b64encode(digest.digest()).decode())
    profile = "sha256:email:uid2:v1"
    assert {normalise(one, profile, None) for one in spellings} == {digest.hexdigest()}
    assert set(normalise_many(pa.array(spellings), profile).values.to_pylist()) == {
        digest.hexdigest()
    }
    # 43 letters whose last one holds bits beyond 256 are no export's digest.
    odd = text[:42] + chr(ord(text[42]) + 1) + "="
    with pytest.raises(NotNormalisable):
        normalise(odd, profile, None)


def test_every_word_is_as_it_is_looked_up() -> None:
    assert [word for word in WORDS if bare(word) != word] == []
