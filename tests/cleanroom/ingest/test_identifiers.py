"""The published vectors of the profiles, the odd values, and bulk against row by row."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cleanroom.cli.ids import app
from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers import (
    MANY,
    PROFILES,
    NotNormalisable,
    explain,
    find_profile,
    message,
    messages,
    messages_of,
    normalise,
    normalise_many,
)

# Published by UID2, Meta, Google and TikTok in their guides to hashed customer data.
VECTORS = """
USER@example.com | email:uid2:v1 | | user@example.com | b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514
My.Email@example.com | email:uid2:v1 | | my.email@example.com | e22b53bc6f871274f3a62ab37a3caed7214fc14d676215a96a242fcfada1c81f
JaneSaoirse+Work@example.com | email:uid2:v1 | | janesaoirse+work@example.com | 28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180
JaneSaoirse+Work@gmail.com | email:uid2:v1 | | janesaoirse@gmail.com | 92ee26057ed9dea2535d6c8b141d48373932476599196e00352254896db5888f
John_Smith@gmail.com | email:meta:v1 | | john_smith@gmail.com | 62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f
cloudy.sanfrancisco+shopping@gmail.com | email:google:v1 | | cloudysanfrancisco@gmail.com | 223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4
1 (234) 567-8901 | phone:e164:v1 | | +12345678901 | 10e6f0b47054a83359477dcb35231db6de5c69fb1816e1a6b98e192de9e5b9ee
1 (234) 567-8901 | phone:digits:v1 | | 12345678901 | 254aa248acb47dd654ca3ea53f48c2c26d641d23d7e2e93a1ec56258df7674c4
(650)555-1212 | phone:digits:v1 | US | 16505551212 | e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176
(650)555-1212 | phone:e164:v1 | US | +16505551212 | 1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8
+44 844 412 4653 | phone:digits:v1 | | 448444124653 | dc008fda46e2e64002cf2f82a4906236282d431c4f75e5b60bfe79fc48546383
13800138000 | phone:cn11:v1 | CN | 13800138000 | a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc
13800138000 | phone:e164:v1 | CN | +8613800138000 | ec61f3c620a98bdead8c1f1f0ae747abd1b62a0c2dba4fd4bc22cf0d1d8653e5
""".strip().splitlines()  # noqa: E501

UUID = "AEBE52E7-03EE-455A-B3C4-E57283966239"


@pytest.mark.parametrize("line", VECTORS)
def test_published_vector(line):
    value, profile, region, expected, digest = (part.strip() for part in line.split("|"))
    trail = explain(value, profile, region or None)
    assert trail[-2][1] == expected
    assert trail[-1] == ("SHA-256", digest)
    assert normalise_many(pa.array([value]), profile, region or None).values.to_pylist() == [
        expected
    ]


@pytest.mark.parametrize(
    ("value", "profile", "region", "expected"),
    [
        ("  a.b+c@gmail.com\t", "email:uid2:v1", None, "ab@gmail.com"),
        ("a.b+c@googlemail.com", "email:uid2:v1", None, "a.b+c@googlemail.com"),
        ("a.b+c@googlemail.com", "email:google:v1", None, "ab@googlemail.com"),
        ("a .b @gmail.com", "email:google:v1", None, "ab@gmail.com"),
        ("A.B+c@gmail.com", "email:meta:v1", None, "a.b+c@gmail.com"),
        ("王@例子.公司", "email:uid2:v1", None, "王@例子.公司"),
        ("+86 138-0013-8000", "phone:cn11:v1", None, "13800138000"),
        ("008613800138000", "phone:cn11:v1", None, "13800138000"),
        ("1３８00138000", "phone:cn11:v1", None, "13800138000"),
        ("0044 844 412 4653", "phone:digits:v1", None, "448444124653"),
        ("+44 844 412 4653", "phone:e164:v1", "CN", "+448444124653"),
        (UUID, "idfa:v1", None, UUID.lower()),
        (UUID, "gaid:v1", None, UUID.lower()),
        ("ABCDEF0123456789", "oaid:v1", None, "abcdef0123456789"),
        (" e\u0301 ", "raw:v1", None, "\u00e9"),
        ("AB" * 31 + "AA", "sha256:email:uid2:v1", None, "ab" * 31 + "aa"),
    ],
)
def test_odd_but_good_value(value, profile, region, expected):
    assert normalise(value, profile, region) == expected
    assert normalise_many(pa.array([value]), profile, region).values.to_pylist() == [expected]


@pytest.mark.parametrize(
    ("value", "profile", "region", "reason"),
    [
        ("", "email:uid2:v1", None, "empty"),
        (" \t", "raw:v1", None, "empty"),
        ("a", "email:uid2:v1", None, "exactly one @"),
        ("a+b@c@gmail.com", "email:uid2:v1", None, "exactly one @"),
        ("+tag@gmail.com", "email:uid2:v1", None, "not a valid"),
        ("a b@example.com", "email:uid2:v1", None, "not a valid"),
        ("a@nodot", "email:uid2:v1", None, "not a valid"),
        ("a@x.test", "email:uid2:v1", None, "not a valid"),
        (
            "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514",
            "email:uid2:v1",
            None,
            "@",
        ),
        ("x" * 1025, "raw:v1", None, "1,024"),
        ("6505551212", "phone:e164:v1", None, "country"),
        ("12", "phone:e164:v1", "US", "phone number"),
        ("+1 650 555 1212 ext 5", "phone:e164:v1", None, "letters"),
        ("2380013800", "phone:cn11:v1", None, "11-digit"),
        ("23800138000", "phone:cn11:v1", None, "11-digit"),
        ("00000000-0000-0000-0000-000000000000", "idfa:v1", None, "all zeros"),
        ("0" * 32, "oaid:v1", None, "all zeros"),
        (UUID.replace("-", ""), "gaid:v1", None, "device"),
        ("user@example.com", "sha256:email:uid2:v1", None, "SHA-256"),
        (hashlib.sha256(b"").hexdigest(), "sha256:raw:v1", None, "empty value"),
    ],
)
def test_bad_value_is_refused_with_a_reason_and_without_the_value(value, profile, region, reason):
    with pytest.raises(NotNormalisable, match=reason) as caught:
        normalise(value, profile, region)
    assert len(value) < 3 or value not in str(caught.value)
    bulk = normalise_many(pa.array([value]), profile, region)
    assert bulk.reasons[bulk.codes[0]] == caught.value.sentence


def test_every_plain_profile_has_its_hashed_one():
    plain = [name for name in PROFILES if not name.startswith("sha256:")]
    assert len(plain) == 10
    assert all(find_profile("sha256:" + name).hashed for name in plain)
    assert "sha256:sha256:raw:v1" not in PROFILES


def test_hashed_profile_shows_the_digest_itself():
    digest = VECTORS[0].split("|")[-1].strip()
    assert explain(digest, "sha256:email:uid2:v1")[-1] == ("SHA-256", digest)


def test_unknown_profile_names_the_nearest():
    with pytest.raises(InvalidInput, match="email:uid2:v1"):
        find_profile("email:uid2")
    with pytest.raises(InvalidInput, match="region"):
        explain("13800138000", "phone:e164:v1", "XX")


def test_message_is_profile_zero_value():
    assert message("raw:v1", "é") == b"raw:v1\x00\xc3\xa9"
    packed = messages("raw:v1", pa.array(["é", "b"], type=pa.large_string()))
    assert list(packed) == [message("raw:v1", "é"), message("raw:v1", "b")]


@pytest.mark.parametrize("count", [MANY - 1, MANY])
def test_messages_of_few_and_of_many_are_the_same_and_a_bad_one_is_named_by_its_place(count):
    values = [f"Ann.{number}@Gmail.com" for number in range(count)]
    expected = [message("email:uid2:v1", f"ann{number}@gmail.com") for number in range(count)]
    assert messages_of("email:uid2:v1", values) == expected
    for bad in ("", "ann", "ann\ud800@example.com"):
        with pytest.raises(InvalidInput, match=r"^identifier 7 is none of email:uid2:v1$"):
            messages_of("email:uid2:v1", [*values[:7], bad, *values[8:]])


def test_a_long_raw_value_is_the_same_in_bulk():
    values = ["x" * length for length in (502, 503, 1024)]
    bulk = normalise_many(pa.array(values), "raw:v1")
    assert bulk.values.to_pylist() == values and not bulk.codes.any()


def test_null_counts_as_empty_and_order_is_kept():
    column = pa.array([None, "A@example.com", "b a d", "ü@example.com", "b a d"])
    bulk = normalise_many(column, "email:meta:v1")
    assert [bulk.reasons[code][:8] for code in bulk.codes] == [
        "is empty",
        "",
        "is not a",
        "",
        "is not a",
    ]
    assert bulk.values.to_pylist()[1::2] == ["a@example.com", "ü@example.com"]


def test_executor_gives_the_same_answer():
    column = pa.array([f"+1650555{i:04d}" for i in range(9000)])
    alone = normalise_many(column.slice(0, 500), "phone:e164:v1")
    with ThreadPoolExecutor(2) as executor:
        spread = normalise_many(column, "phone:e164:v1", None, executor)
    assert not spread.codes.any()
    assert spread.values.slice(0, 500).equals(alone.values)
    assert spread.values[8999].as_py() == "+16505558999"


_characters = st.sampled_from("aZ0.+-_@ '\t\n\x1cé\u200b\"%")
_addresses = st.builds(
    "{}@{}".format,
    st.text(_characters, max_size=8),
    st.sampled_from(
        ["gmail.com", "GoogleMail.com", "a-b.io", "a--b.io", "x.test", "-a.io", "a.1", "b.c"]
    ),
)
_values = st.one_of(
    _addresses,
    st.text(_characters, max_size=12),
    st.sampled_from([UUID, "0" * 32, " " + "a" * 64, "13800138000", "+8613800138000"]),
)


@settings(max_examples=150, deadline=None)
@given(value=_values, profile=st.sampled_from(sorted(PROFILES)))
def test_bulk_equals_row_by_row(value, profile):
    try:
        expected = (normalise(value, profile), "")
    except NotNormalisable as refusal:
        expected = (None, refusal.sentence)
    bulk = normalise_many(pa.array([value]), profile)
    got = bulk.values[0].as_py() if bulk.codes[0] == 0 else None
    assert (got, bulk.reasons[bulk.codes[0]]) == expected


def test_explain_prints_one_document():
    options = ["--profile", "email:uid2:v1", "--json"]
    answer = CliRunner().invoke(app, ["explain", "JaneSaoirse+Work@gmail.com", *options])
    document = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert document["normalised"] == "janesaoirse@gmail.com"
    assert document["sha256"].startswith("92ee26057ed9dea2")
    assert document["steps"][0] == {"step": "value", "value": "JaneSaoirse+Work@gmail.com"}


def test_explain_shows_each_step_without_escapes():
    answer = CliRunner().invoke(app, ["explain", "\x1cA", "--profile", "raw:v1"])
    assert [line.split()[0] for line in answer.stdout.splitlines()] == [
        "value",
        "trim",
        "Unicode",
        "take",
        "check",
        "SHA-256",
    ]
    assert "\x1c" not in answer.stdout
    assert "\\x1cA" in answer.stdout


@pytest.mark.parametrize("value", ["", "no address"])
def test_explain_refuses_a_bad_value_and_prints_nothing(value):
    answer = CliRunner().invoke(app, ["explain", value, "--profile", "email:uid2:v1"])
    assert isinstance(answer.exception, InvalidInput)
    assert (answer.exception.exit_code, answer.stdout) == (2, "")
    assert str(answer.exception).startswith("The value is ")
