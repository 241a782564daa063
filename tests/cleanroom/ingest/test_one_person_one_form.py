"""Equal normal form means equal person: made-up people, spelt as exports spell them.

The people and their spellings are made here, without a look at how the profiles read them.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
import uuid
from collections.abc import Callable

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.ingest.identifiers import NotNormalisable, normalise, normalise_many

Draw = Callable[[st.SearchStrategy], str]
UNSEEN = ["", "", "\u200b", "\ufeff", "\u202a", "\u202c", "\u2069", "\u00ad"]
BLANK = ["", "", " ", "\t", "\u00a0", "\u3000", "\r\n"]
WRAPS = ["{}", "{}", "{}", "'{}", '"{}"', "'{}'", '="{}"', "\u201c{}\u201d", '=" {} "']


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


@st.composite
def around(draw: Draw, inner: st.SearchStrategy, full_width: bool = True) -> str:
    text = draw(inner)
    text = wide(text) if full_width and draw(st.booleans()) else text
    ends = [draw(st.sampled_from(BLANK)) + draw(st.sampled_from(UNSEEN)) for _ in range(2)]
    return ends[0] + draw(st.sampled_from(WRAPS)).format(text) + ends[1]


# --- Chinese mobile numbers

digits = st.text("0123456789", min_size=1, max_size=2)
mobiles = st.builds(
    lambda head, tail: f"1{head}{tail}".ljust(11, "8"),
    st.sampled_from(["38", "39", "36", "50", "77"]),
    digits,
)
COUNTRY = ["", "0", "86", "86 ", "86-", "+86", "+86 ", "0086", "0086-", "(86)", "+86 0"]


@st.composite
def chinese(draw: Draw, person: str) -> str:
    sign = draw(st.sampled_from(["", "-", " ", "\u2013", "\u00a0", "."]))
    number = sign.join([person[:3], person[3:7], person[7:]])
    shape = draw(st.sampled_from([number, number, person, person + ".0", person + ".00"]))
    start = draw(st.sampled_from(COUNTRY))
    return draw(around(st.just(start + shape if "." not in shape[-4:] else shape)))


# --- addresses

locals_ = st.sampled_from(["ann.lee", "annlee", "ann.lee+shop", "ann-lee", "jos\u00e9", "an'n"])
domains = st.sampled_from(["gmail.com", "googlemail.com", "mail.cn", "b\u00fccher.de", "例子.公司"])


@st.composite
def address(draw: Draw, person: tuple[str, str]) -> str:
    local, domain = person
    local = draw(st.sampled_from([local, local.upper(), unicodedata.normalize("NFD", local)]))
    dotted = domain.replace(".", draw(st.sampled_from([".", "\u3002", "\uff0e"])))
    coded = domain.encode("idna").decode()
    domain = draw(st.sampled_from([domain, domain.upper(), coded, dotted]))
    return draw(around(st.just(f"{local}@{domain}")))


def mailbox(profile: str, person: tuple[str, str]) -> tuple[str, str]:
    """Say whose mailbox an address is, as the profile's publisher has it."""
    local, domain = person
    merged = {"email:uid2:v1": ["gmail.com"], "email:google:v1": ["gmail.com", "googlemail.com"]}
    if domain in merged.get(profile, []):
        local = "".join(local.split("+")[0].split("."))
    return local, domain


# --- devices, digests, member numbers

devices = st.sampled_from([str(uuid.UUID(int=(7 << 120) + number)) for number in range(5)])


@st.composite
def device(draw: Draw, person: str) -> str:
    return draw(around(st.sampled_from([person, person.upper()])))


@st.composite
def digest(draw: Draw, person: str) -> str:
    found = hashlib.sha256(person.encode())
    plain, safe = base64.b64encode, base64.urlsafe_b64encode
    texts = [found.hexdigest(), found.hexdigest().upper(), plain(found.digest()).decode()]
    texts += [texts[2].rstrip("="), safe(found.digest()).decode()]
    return draw(around(st.sampled_from(texts)))


members = st.sampled_from(["1001", "01001", "1001A", "1001a", "1 001", "caf\u00e9", "-1001", "x@1"])


@st.composite
def member(draw: Draw, person: str) -> str:
    text = draw(st.sampled_from([person, unicodedata.normalize("NFD", person)]))
    blank = draw(st.sampled_from([" ", "\u00a0", "\u3000"]))
    return draw(around(st.just(text.replace(" ", blank))))


CASES = [
    ("phone:cn11:v1", None, mobiles, chinese, None),
    ("phone:e164:v1", "CN", mobiles, chinese, None),
    ("phone:digits:v1", "CN", mobiles, chinese, None),
    ("email:uid2:v1", None, st.tuples(locals_, domains), address, mailbox),
    ("email:google:v1", None, st.tuples(locals_, domains), address, mailbox),
    ("email:meta:v1", None, st.tuples(locals_, domains), address, mailbox),
    ("idfa:v1", None, devices, device, None),
    ("gaid:v1", None, devices, device, None),
    ("oaid:v1", None, devices, device, None),
    ("sha256:email:uid2:v1", None, members, digest, None),
    ("raw:v1", None, members, member, None),
]


@pytest.mark.parametrize(("profile", "region", "people", "spell", "whose"), CASES)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_equal_form_is_equal_person(data, profile, region, people, spell, whose):
    first, second = data.draw(people), data.draw(people)
    spellings = [data.draw(spell(first)), data.draw(spell(second))]
    forms = [normalise(one, profile, region) for one in spellings]
    whose = whose or (lambda _profile, person: person)
    assert (forms[0] == forms[1]) == (whose(profile, first) == whose(profile, second))
    again = ["+" * (profile == "phone:digits:v1") + form for form in forms]
    assert [normalise(form, profile, region) for form in again] == forms
    assert normalise_many(pa.array(spellings), profile, region).values.to_pylist() == forms


# --- numbers of the world, as their country writes them

NATIONAL = {
    "US": ["(202) 555-0123", "202.555.0123", "1-202-555-0123", "+1 202 555 0123", "2025550123.0"],
    "DE": ["0151 12345678", "+49 (0)151 12345678", "0049 151 12345678", "00491511 2345678"],
    "GB": ["020 7946 0958", "+44 (0)20 7946 0958", "(020) 79460958", "0044 20 7946 0958"],
    "IN": ["98765 43210", "098765 43210", "+91-98765-43210", "919876543210", "9876543210.0"],
    "FR": ["01.23.45.67.00", "01 23 45 67 00", "+33 1 23 45 67 00", "+33123456700.0"],
    "IT": ["06 69812345", "+39 06 69812345", "0039 06 6981 2345"],
    "JP": ["090-1234-5678", "+81 90 1234 5678", "\uff10\uff19\uff10-1234-5678"],
    "BR": ["(11) 96123-4567", "+55 11 96123 4567", "011 96123-4567"],
}


@pytest.mark.parametrize(("region", "spellings"), NATIONAL.items())
def test_a_number_of_any_country_has_one_form(region: str, spellings: list[str]) -> None:
    assert len({normalise(one, "phone:e164:v1", region) for one in spellings}) == 1
    abroad = [one for one in spellings if one.startswith("+")]
    assert normalise(abroad[0], "phone:e164:v1", "CN") == normalise(
        spellings[0], "phone:e164:v1", region
    )


@pytest.mark.parametrize(
    ("value", "region"),
    [
        ("555-0123", "US"),  # one in every area code
        ("6234 5678", "CN"),
        ("1380013800.0", "CN"),
        ("1380013800", "CN"),
        ("13802345678", None),  # a Chinese mobile, or Ohio
        ("138 0234 5678", None),
        ("02123456789", None),  # London without its country, or Morocco
        ("138----8000", "CN"),
        ("(202)---0123", "US"),
        ("0151     5678", "DE"),
        ("138\u00d7\u00d7\u00d7\u00d78000", "CN"),
        ("13800138000,13900139000", "CN"),
        ("13800138000/13900139000", "CN"),
        ("13800138000;123", "CN"),
        ("-13800137914", "CN"),  # what a spreadsheet makes of 86-13800138000
        ("13,800,138,000", "CN"),
        ("+49 1511234567.0", "DE"),  # its dot read as a separator: another person's
        ("0151-1234567.00", "DE"),
        ("0151.1234567.0", "DE"),
        ("+86 13800138000.5", "US"),
    ],
)
@pytest.mark.parametrize("profile", ["phone:e164:v1", "phone:digits:v1"])
def test_a_number_that_may_be_somebody_elses_is_refused(
    value: str, region: str | None, profile: str
) -> None:
    with pytest.raises(NotNormalisable):
        normalise(value, profile, region)


def test_a_country_code_is_read_where_it_is_clear() -> None:
    assert normalise("1 (650) 555-1212", "phone:e164:v1") == "+16505551212"
    assert normalise("1-380-234-5678", "phone:e164:v1") == "+13802345678"
    assert normalise("+13802345678", "phone:e164:v1", "CN") == "+13802345678"


def form(value: str, region: str) -> str:
    """Return the E.164 form, or why there is none."""
    try:
        return normalise(value, "phone:e164:v1", region)
    except NotNormalisable as refusal:
        return refusal.sentence


EITHER = "may begin with its country code or an area code: write it with + and the country code"
ABROAD = "may be a mobile number of another country: write it with + and the country code"
FIXED, MOBILE = phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE
BOTH_WAYS = {("ID", FIXED), ("ID", MOBILE), ("SE", FIXED)}
"""Jakarta's 021 8350123 is 62 218350123, and 0622 18350123 in Pematangsiantar."""


@pytest.mark.parametrize("kind", [FIXED, MOBILE])
def test_a_country_code_needs_no_plus_in_its_own_region(kind: int) -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            digits = phonenumbers.national_significant_number(number)
            right = f"+{number.country_code}{digits}"
            assert form(digits, region) == form(right, region) == right
            assert form(right[1:], region) == (EITHER if (region, kind) in BOTH_WAYS else right)


@pytest.mark.parametrize(
    ("value", "region", "right"),
    [
        *(
            (f"49{start}1234567", "DE", f"+49{start}1234567")
            for start in (1511, 1601, 171, 172, 30)
        ),
        ("49 (0) 151 12345678", "DE", "+4915112345678"),
        ("4989 / 12345678", "DE", "+498912345678"),
        ("38346507995", "XK", "+38346507995"),
        ("38346507", "XK", "+38338346507"),  # Pristina's 038 346507, without its zero
        ("4915112345", "DE", "+494915112345"),  # Leer's 0491 5112345, without its zero
        ("049413112345", "DE", "+4949413112345"),
        ("49413112345", "DE", EITHER),  # L\u00fcneburg's 04131 12345, or Aurich's 04941 3112345
        ("468123456", "SE", EITHER),  # Stockholm's 08-12 34 56, or 0468-12 34 56
        ("+468123456", "SE", "+468123456"),
        ("6281234567890", "ID", "+6281234567890"),
        ("9198765432", "IN", "+919198765432"),
        ("3912345678", "IT", "+393912345678"),
        ("5581234567", "BR", "lacks the ninth digit of Brazilian mobile numbers"),
    ],
)
def test_digits_that_begin_with_the_country_code(value: str, region: str, right: str) -> None:
    assert form(value, region).startswith(right)


@pytest.mark.parametrize(
    ("value", "region", "right"),
    [
        ("33612345678", "DE", ABROAD),  # F\u00fcrstenwalde's 03361 2345678, or French
        ("3361 / 2345678", "DE", ABROAD),
        ("03361 2345678", "DE", "+4933612345678"),
        ("+33612345678", "DE", "+33612345678"),
        ("0033612345678", "DE", "+33612345678"),
        ("+4933612345678", "DE", "+4933612345678"),
        ("4933612345678", "DE", "+4933612345678"),
        ("15123456789", "DE", "+4915123456789"),  # +1 512 345 6789 is one, too
        ("4312345678", "DE", "+494312345678"),  # Vienna's +43 1 2345678 is not a mobile number
        ("79161234567", "CN", ABROAD),  # Nanchang's 0791 6123 4567, or Russian
        ("13800138000", "CN", "+8613800138000"),
        ("912345678", "ES", "+34912345678"),
        ("6592345678", "US", "+16592345678"),  # North American numbers do not say which they are
    ],
)
def test_a_zero_and_a_plus_may_both_be_lost(value: str, region: str, right: str) -> None:
    assert form(value, region) == right


# --- any text at all: what is read in must be what is there

_alphabet = st.sampled_from("aA0.1+-_@ '\"=()\t\u200b\u00a0\uff21\u00e9\u0301Ee*%#\u202e\x00")


def visible(text: str) -> str:
    """Return what a reader sees of a text, in one spelling, without what stands around it."""
    shown = (
        chr(ord(sign) - 0xFEE0) if "\uff01" <= sign <= "\uff5e" else sign
        for sign in text
        if unicodedata.category(sign) != "Cf"
    )
    plain = "".join(" " if sign.isspace() else sign for sign in shown)
    return unicodedata.normalize("NFC", plain).strip(" '\"=\u2018\u2019\u201c\u201d`")


@settings(max_examples=300, deadline=None)
@given(
    first=st.text(_alphabet, max_size=8),
    change=st.sampled_from(["{}", "a{}", "{}\u200b", "\u00a0{}\t", '"{}"', "{}A", "={}"]),
)
def test_raw_text_is_taken_as_it_is_seen(first: str, change: str) -> None:
    second = change.format(first)
    try:
        forms = [normalise(text, "raw:v1") for text in (first, second)]
    except NotNormalisable:
        return
    assert [visible(form) for form in forms] == [visible(first), visible(second)]
    assert (forms[0] == forms[1]) == (visible(first) == visible(second))
    assert [normalise(form, "raw:v1") for form in forms] == forms


@settings(max_examples=300, deadline=None)
@given(text=st.text(_alphabet.filter(lambda sign: sign != "0"), max_size=6))
def test_any_text_before_a_number_is_dropped_only_where_it_says_nothing(text: str) -> None:
    try:
        form = normalise(text + "13800138000", "phone:cn11:v1")
    except NotNormalisable:
        return
    assert form == "13800138000"
    assert not set(visible(text)) - set("+-.() 186")
