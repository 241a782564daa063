"""Hold the single steps that profiles are made of: each takes a value and returns the next."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cleanroom.ingest.identifiers.addresses import check_address, one_domain, split_address
from cleanroom.ingest.identifiers.nothing import (
    NO_OTHER_WORDS,
    SHARED_DEVICES,
    ZERO,
    Words,
)
from cleanroom.ingest.identifiers.plans import (
    LONGEST,
    has_extension,
    is_former,
    is_lent,
    is_service,
    may_be_abroad,
    readings,
    why_invalid,
)
from cleanroom.ingest.identifiers.reasons import NotNormalisable
from cleanroom.ingest.identifiers.totals import TOTAL
from cleanroom.ingest.seen import WESTERN, lost, meant
from cleanroom.isolated.signs import BLANKS, UNSEEN
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = Deferred("phonenumbers")

MAXIMUM_BYTES = 1024
"""Most bytes of an identifier: the longest real one, an address, has 254."""


EMPTY = "is empty"
"""Why a cell without anything is not an identifier."""

TOTAL_OR_NAME = f"{TOTAL}: if it is a person's name, list it in not_nulls"
"""Why a cell is nobody, and what to do where somebody is called Wong Sum."""
SERVICE = (
    "is a service number that many people call, such as 400 or 800: it belongs to no single person"
)
LENT = (
    "is a number of Korea's 050, which is lent to an order and forwards calls: another buyer has it"
    " later"
)

EXTENSION = (
    "is a landline with an extension behind a dash: several people have the number without it"
)
FORMER = "is a former mobile number of Korea, such as 011: all begin with 010 since 2021"


@dataclass(frozen=True)
class Setting:
    """Hold what a dataset declares beside its profile."""

    region: str | None = None
    words: Words = NO_OTHER_WORDS


@dataclass(frozen=True)
class Step:
    """Name one transformation; ``apply(value, setting)`` raises ``NotNormalisable``."""

    name: str
    apply: Callable[[str, Setting], str]


def plain(name: str, function: Callable[[str], str]) -> Step:
    """Return a step that needs no setting."""
    return Step(name, lambda value, _setting: function(value))


_PLAIN: dict[int, int | str | None] = dict.fromkeys(UNSEEN)
_PLAIN |= dict.fromkeys(BLANKS, " ")
_PLAIN |= {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}

_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
_PAIRS = {'"': '"', "'": "'", "`": "`", "\u2018": "\u2019", "\u201c": "\u201d"}
_QUOTES = frozenset([*_PAIRS.keys(), *_PAIRS.values()])


def _unwrapped(value: str) -> str:
    """Take one layer of quotes off, or what keeps a spreadsheet from reading a number."""
    formula = _FORMULA.fullmatch(value)
    if formula is not None:
        return formula[1].replace('""', '"')
    if len(value) > 1 and _PAIRS.get(value[0]) == value[-1]:
        return value[1:-1]
    return value[1:] if value[:1] in ("'", "`") else value


def _trim(value: str, setting: Setting) -> str:
    if not value.isascii():
        value = value.translate(_PLAIN)
    value = value.strip()
    if len(value.encode(errors="surrogatepass")) > MAXIMUM_BYTES:
        raise NotNormalisable("is longer than 1,024 bytes")
    before = None
    while before != value:
        before, value = value, _unwrapped(value).strip()
    if not value:
        raise NotNormalisable(EMPTY)
    nothing = setting.words.reason(value)
    if nothing == TOTAL:
        raise NotNormalisable(TOTAL_OR_NAME)
    if nothing is not None:
        raise NotNormalisable(nothing)
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise NotNormalisable("is not valid Unicode")
    if lost(value):
        raise NotNormalisable(
            "has lost a letter when it was converted: it shows U+FFFD or \u951f\u65a4\u62f7 instead"
        )
    if not value.isascii() and meant(value, WESTERN):
        raise NotNormalisable(
            "was read in another encoding than UTF-8: it shows \u00c3\u00bc for \u00fc"
        )
    if value.startswith("=") or value[0] in _QUOTES or value[-1] in _QUOTES:
        raise NotNormalisable("starts or ends with a quotation mark, or is a formula")
    return value


def _without_dots(domains: frozenset[str]) -> Callable[[str], str]:
    def apply(value: str) -> str:
        local, domain = split_address(value)
        return f"{local.replace('.', '')}@{domain}" if domain in domains else value

    return apply


def _without_tag(domains: frozenset[str]) -> Callable[[str], str]:
    def apply(value: str) -> str:
        local, domain = split_address(value)
        return f"{local.partition('+')[0]}@{domain}" if domain in domains else value

    return apply


def _compose(value: str) -> str:
    return unicodedata.normalize("NFC", value)


TRIM = Step("trim", _trim)
LOWER = plain("lower-case", lambda value: _compose(value.lower()))
NFC = plain("Unicode NFC", _compose)
NO_SPACE = plain("remove white space", lambda value: re.sub(r"\s+", "", value))
ONE_DOMAIN = plain("write an international domain in its own letters", one_domain)
CHECK_ADDRESS = plain("check the address", check_address)


def gmail_steps(*domains: str) -> tuple[Step, ...]:
    """Return the steps that remove dots and the tag after ``+`` at the given domains only."""
    only = frozenset(domains)
    where = " and ".join(domains)
    return (
        plain(f"{where} only: remove dots", _without_dots(only)),
        plain(f"{where} only: remove from + on", _without_tag(only)),
    )


def _half_width(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


_WHOLE = re.compile(r"([+-]?[0-9]{7,})\.([0-9]+)")
_TAIL = re.compile(r".*[0-9]\.([0-9]{1,2})", re.DOTALL)
POWER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+[eE]|[eE][+-])[+-]?[0-9]+")
EXPONENT = "is a number with an exponent, which has lost digits"


def _no_fraction(value: str) -> str:
    if POWER.fullmatch(value):
        raise NotNormalisable(EXPONENT)
    whole = _WHOLE.fullmatch(value)
    if whole is not None and not whole[2].strip("0"):
        return whole[1]
    tail = _TAIL.fullmatch(value)
    # Two digits behind the last of several dots are a group: 01.23.45.67.00.
    if whole is not None or (tail is not None and (value.count(".") == 1 or len(tail[1]) == 1)):
        raise NotNormalisable("is a number with a fraction")
    return value


_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"
_SIGNS = frozenset(f"+ \t\r\n().{_DASHES}/")
_HOLES = re.compile(rf"(?:[{_DASHES}]\s*){{3}}|(?:\.\s*){{3}}|\(\s*\)|\s{{3}}")


def _check_signs(value: str) -> str:
    if any(character.isalpha() for character in value):
        raise NotNormalisable("is not a phone number: it has letters")
    # A parser that skips them reads every number with the same other digits as one person's.
    strange = any(not sign.isdecimal() and sign not in _SIGNS for sign in value)
    if strange or _HOLES.search(value):
        raise NotNormalisable("is masked, or has characters that no phone number has")
    if value[0] in _DASHES:
        raise NotNormalisable("is a negative number")
    return value


_CHINESE_OR_AMERICAN = re.compile(r"1[3-9][0-9]{9}")
_AMERICAN = re.compile(r"1[\s.-]*\(?[0-9]{3}\)?[\s.-]+[0-9]{3}[\s.-]+[0-9]{4}")
# Of country codes only 1 and 7 have one digit; before brackets another one is dialled at home.
_AREA_FIRST = re.compile(r"[2-689]?\s*\((?!\s*(?:\+|00))")


def _international(value: str, setting: Setting) -> str:
    if has_extension(value, setting.region):
        raise NotNormalisable(EXTENSION)
    if setting.region is not None or value.startswith("+"):
        return value
    digits = re.sub(r"\D", "", value)
    if digits.startswith("0") and not digits.startswith("00"):
        raise NotNormalisable("starts with 0, so it has no country code: declare a region")
    if _AREA_FIRST.match(value):
        raise NotNormalisable(
            "begins with an area code in brackets, so it has no country code: declare a region"
        )
    if _CHINESE_OR_AMERICAN.fullmatch(digits) and not _AMERICAN.fullmatch(value):
        raise NotNormalisable("may be Chinese or North American: write +86 or +1, or a region")
    return "+" + digits.removeprefix("00")


_EITHER = "may begin with its country code or an area code: write it with + and the country code"
_ABROAD = "may be a mobile number of another country: write it with + and the country code"


def _e164(value: str, setting: Setting) -> str:
    numbers, region = [], setting.region
    for reading in readings(value, region):
        with suppress(phonenumbers.NumberParseException):
            numbers.append(phonenumbers.parse(reading, region))
    if not numbers:
        raise NotNormalisable("is not a phone number")
    # A number of the right length alone may lack its area code, or a digit.
    valid = [n for n in numbers if not n.extension and phonenumbers.is_valid_number(n)]
    if not valid:
        raise NotNormalisable(why_invalid(numbers))
    forms = [phonenumbers.format_number(n, phonenumbers.PhoneNumberFormat.E164) for n in valid]
    national = phonenumbers.national_significant_number(valid[-1])
    if forms[0] != forms[-1] and len(national) <= LONGEST.get(region or "", len(national)):
        raise NotNormalisable(_EITHER)
    if may_be_abroad(value, valid[0], region):
        raise NotNormalisable(_ABROAD)
    if is_service(valid[0]):
        raise NotNormalisable(SERVICE)
    if is_lent(valid[0]):
        raise NotNormalisable(LENT)
    if is_former(valid[0]):
        raise NotNormalisable(FORMER)
    return forms[0]


NO_FRACTION = plain("remove .0, which spreadsheets and floats add", _no_fraction)
HALF_WIDTH = plain("full-width characters to plain ones", _half_width)
INTERNATIONAL = Step("country code: of the region, else the first digits", _international)
E164 = Step("format as E.164", _e164)
NO_PLUS = plain("remove +", lambda value: value.removeprefix("+"))


def _china_digits(value: str) -> str:
    digits = re.sub(r"[^0-9+]", "", value)
    match = re.fullmatch(r"(?:(?:\+|00)?86)?0?(1[0-9]{10})", digits)
    return match[1] if match else digits


def shape(name: str, pattern: str, reason: str) -> Step:
    """Return a step that lets a value pass only if the whole of it matches."""
    compiled = re.compile(pattern)

    def apply(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise NotNormalisable(reason)
        return value

    return plain(name, apply)


SHARED = "is a device identifier that many devices share"


def _not_zero(value: str) -> str:
    digits = value.replace("-", "")
    if not digits.strip("0"):
        raise NotNormalisable("is all zeros: the person limits tracking")
    if not digits.strip("f") or digits in SHARED_DEVICES:
        raise NotNormalisable(SHARED)
    return value


CHINA_DIGITS = plain("remove separators and the country code 86", _china_digits)
CHINA_SHAPE = r"1[3-9][0-9]{9}"
CHECK_CHINA = shape("check 11 digits", CHINA_SHAPE, "is not an 11-digit Chinese mobile number")
UUID_SHAPE = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
CHECK_UUID = shape("check 8-4-4-4-12 digits", UUID_SHAPE, "is not a device identifier")
# Vendors of the Mobile Security Alliance write 16, 32 or 64 hexadecimal digits, or a UUID.
OAID_SHAPE = UUID_SHAPE + r"|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}"
CHECK_OAID = shape("check hexadecimal digits", OAID_SHAPE, "is not a device identifier")
NOT_ZERO = plain("refuse what many devices share", _not_zero)
CHECK_SIGNS = plain("check the characters", _check_signs)


_FLOAT = re.compile(r"[+-]?[0-9]+[.,]0+")
_STRUCTURE = re.compile(
    r"[\[({]\s*['\"].*[\])}]|<([a-z]+)\b.*</\1>|\[.*\]\(.*\)|"
    r"(ObjectId|BinData|Number(Int|Long|Decimal)|ISODate|U?UID|Decimal|Timestamp|datetime\.\w+)\(.*\)",
    re.DOTALL | re.IGNORECASE,
)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+")
_MASKED = re.compile(r"[*\u2022\u25cf\u2217]{3}")
# Microsoft's Guid.Empty, and what The Trade Desk has for who opted out (RFC 9562, section 5.9).
_NIL_UUID = re.compile(r"\{?0{8}(-0{4}){3}-0{12}\}?")
_MAX_UUID = re.compile(r"\{?f{8}(-?f{4}){3}-?f{12}\}?", re.IGNORECASE)


def _check_raw(value: str) -> str:
    if POWER.fullmatch(value):
        raise NotNormalisable(EXPONENT)
    if _FLOAT.fullmatch(value):
        raise NotNormalisable("is a whole number with .0 after it: write it without")
    if _GROUPED.fullmatch(value):
        raise NotNormalisable("is a number with commas between its thousands")
    if _MASKED.search(value):
        raise NotNormalisable(
            "is masked, which leaves one value of several people: export it whole"
        )
    if _STRUCTURE.fullmatch(value):
        raise NotNormalisable("is a list or a structure, as programs print them: export its value")
    if _NIL_UUID.fullmatch(value):
        raise NotNormalisable(ZERO)
    if _MAX_UUID.fullmatch(value):
        raise NotNormalisable("is the last UUID, all f, which stands for no value")
    if value.lower() in SHARED_DEVICES:
        raise NotNormalisable(SHARED)
    if not value.isprintable():
        raise NotNormalisable("has a control or other invisible character")
    return value


_WRAPPED = re.compile(
    r"ObjectId\(([\"']?)([0-9a-f]{24})\1\)|"
    r"UUID\(([\"']?)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\3\)"
)


def _unwrap(value: str) -> str:
    """Return what stands in brackets behind its kind, as MongoDB's tools and shell write it."""
    found = _WRAPPED.fullmatch(value)
    return value if found is None else found[2] or found[4]


UNWRAP = plain("take the digits out of ObjectId() and UUID()", _unwrap)
CHECK_RAW = plain("check what spreadsheets change", _check_raw)
