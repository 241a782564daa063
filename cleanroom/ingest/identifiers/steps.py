"""Hold the single steps that profiles are made of: each takes a value and returns the next."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import email_validator
import phonenumbers

from cleanroom.errors import InvalidInput

MAXIMUM_BYTES = 1024
"""Most bytes of an identifier: the longest real one, an address, has 254."""

EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing (FIPS 180-4): what a careless export writes for people without a value."""


class NotNormalisable(InvalidInput):
    """Refuse a value that its profile cannot normalise; the reason never repeats the value.

    ``sentence`` is the end of a sentence, such as "is empty", that a column's name may start.
    """

    def __str__(self) -> str:
        return f"The value {self.sentence}."


@dataclass(frozen=True)
class Step:
    """Name one transformation; ``apply(value, region)`` raises ``NotNormalisable``."""

    name: str
    apply: Callable[[str, str | None], str]


def _plain(name: str, function: Callable[[str], str]) -> Step:
    return Step(name, lambda value, _region: function(value))


NOTHING = frozenset(
    {
        *("null", "(null)", "<null>", "[null]", "\\n", "none", "(none)", "nil", "undefined"),
        *("nan", "<na>", "na", "n/a", "#n/a", "n.a.", "not available", "not set", "(not set)"),
        *("unknown", "(unknown)", "empty", "(empty)", "blank", "(blank)", "-", "--", "—", "?"),
        *("无", "空", "未知", "暂无"),
    }
)
"""Words that programs and people write where there is no value, in lower case.

As identifiers they would be one person whom both sides know.
"""


def _spellings(word: str) -> set[str]:
    return {word, word.upper(), word.title(), word.capitalize(), "NaN" if word == "nan" else word}


DIGESTS_OF_NOTHING = frozenset(
    hashlib.sha256(spelling.encode()).hexdigest()
    for word in ("", *NOTHING)
    for spelling in _spellings(word)
)
"""SHA-256 of nothing, and of the words for it: what an export writes that hashes every cell."""

UNSEEN = dict.fromkeys([0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, 0xFEFF])
UNSEEN |= dict.fromkeys(range(0x2066, 0x206A))
"""Marks of direction and of no width, which address books put around numbers (Unicode 6.3)."""


def _trim(value: str) -> str:
    if not value.isascii():
        value = value.translate(UNSEEN)
    value = value.strip()
    if not value:
        raise NotNormalisable("is empty")
    if value.casefold() in NOTHING:
        raise NotNormalisable("is a word for no value, such as NULL or N/A")
    if len(value.encode(errors="surrogatepass")) > MAXIMUM_BYTES:
        raise NotNormalisable("is longer than 1,024 bytes")
    if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
        raise NotNormalisable("is not valid Unicode")
    return value


def _split_address(value: str) -> tuple[str, str]:
    local, at, domain = value.partition("@")
    if not at or "@" in domain:
        raise NotNormalisable("is not an e-mail address: it needs exactly one @")
    return local, domain


def _without_dots(domains: frozenset[str]) -> Callable[[str], str]:
    def apply(value: str) -> str:
        local, domain = _split_address(value)
        return f"{local.replace('.', '')}@{domain}" if domain in domains else value

    return apply


def _without_tag(domains: frozenset[str]) -> Callable[[str], str]:
    def apply(value: str) -> str:
        local, domain = _split_address(value)
        return f"{local.partition('+')[0]}@{domain}" if domain in domains else value

    return apply


def _check_address(value: str) -> str:
    _split_address(value)
    try:
        email_validator.validate_email(value, check_deliverability=False)
    except email_validator.EmailNotValidError:
        # Its message may repeat parts of the address, so it is not passed on.
        raise NotNormalisable("is not a valid e-mail address") from None
    return value


TRIM = _plain("trim", _trim)
LOWER = _plain("lower-case", str.lower)
NFC = _plain("Unicode NFC", lambda value: unicodedata.normalize("NFC", value))
NO_SPACE = _plain("remove white space", lambda value: re.sub(r"\s+", "", value))
CHECK_ADDRESS = _plain("check the address", _check_address)


def gmail_steps(*domains: str) -> tuple[Step, ...]:
    """Return the steps that remove dots and the tag after ``+`` at the given domains only."""
    only = frozenset(domains)
    where = " and ".join(domains)
    return (
        _plain(f"{where} only: remove dots", _without_dots(only)),
        _plain(f"{where} only: remove from + on", _without_tag(only)),
    )


def _half_width(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


_WHOLE = re.compile(r"([+-]?[0-9]{7,})\.([0-9]+)")
_POWER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")


def _no_fraction(value: str) -> str:
    if _POWER.fullmatch(value):
        raise NotNormalisable("is a number with an exponent, which has lost digits")
    whole = _WHOLE.fullmatch(value)
    if whole is None:
        return value
    if whole[2].strip("0"):
        raise NotNormalisable("is a number with a fraction")
    return whole[1]


def _international(value: str, region: str | None) -> str:
    if any(character.isalpha() for character in value):
        raise NotNormalisable("is not a phone number: it has letters")
    # A parser that skips them reads every number with the same other digits as one person's.
    if any(character in "*•●…#?_" for character in value):
        raise NotNormalisable("is masked, or has signs that no phone number has")
    if region is not None or value.startswith("+"):
        return value
    return "+" + re.sub(r"\D", "", value).lstrip("0")


def _e164(value: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise NotNormalisable("is not a phone number") from None
    # Without a region the country code is read from the digits, so the whole plan must agree.
    check = phonenumbers.is_possible_number if region else phonenumbers.is_valid_number
    if number.extension or not check(number):
        raise NotNormalisable("is not a phone number of its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


NO_FRACTION = _plain("remove .0, which spreadsheets and floats add", _no_fraction)
HALF_WIDTH = _plain("full-width characters to plain ones", _half_width)
INTERNATIONAL = Step("country code: of the region, else the first digits", _international)
E164 = Step("format as E.164", _e164)
NO_PLUS = _plain("remove +", lambda value: value.removeprefix("+"))


def _china_digits(value: str) -> str:
    digits = re.sub(r"[\s().\-]", "", value)
    match = re.fullmatch(r"(?:\+|00)?86(1[0-9]{10})", digits)
    return match[1] if match else digits


def shape(name: str, pattern: str, reason: str) -> Step:
    """Return a step that lets a value pass only if the whole of it matches."""
    compiled = re.compile(pattern)

    def apply(value: str) -> str:
        if compiled.fullmatch(value) is None:
            raise NotNormalisable(reason)
        return value

    return _plain(name, apply)


def _not_zero(value: str) -> str:
    if not value.replace("-", "").strip("0"):
        raise NotNormalisable("is all zeros: the person limits tracking")
    return value


def _not_empty_digest(value: str) -> str:
    if value in DIGESTS_OF_NOTHING:
        raise NotNormalisable("is the digest of an empty value, or of a word for one")
    return value


_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")


def _from_base64(value: str) -> str:
    if _BASE64.fullmatch(value) is None:
        return value
    text = value.rstrip("=").replace("-", "+").replace("_", "/") + "="
    digest = base64.b64decode(text)
    # Of 43 letters the last holds four bits; another spelling of it is no digest of an export.
    return digest.hex() if base64.b64encode(digest).decode() == text else value


CHINA_DIGITS = _plain("remove separators and the country code 86", _china_digits)
CHINA_SHAPE = r"1[3-9][0-9]{9}"
CHECK_CHINA = shape("check 11 digits", CHINA_SHAPE, "is not an 11-digit Chinese mobile number")
UUID_SHAPE = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
CHECK_UUID = shape("check 8-4-4-4-12 digits", UUID_SHAPE, "is not a device identifier")
# Vendors of the Mobile Security Alliance write 16, 32 or 64 hexadecimal digits, or a UUID.
OAID_SHAPE = UUID_SHAPE + r"|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}"
CHECK_OAID = shape("check hexadecimal digits", OAID_SHAPE, "is not a device identifier")
NOT_ZERO = _plain("refuse all zeros", _not_zero)
DIGEST_SHAPE = r"[0-9a-f]{64}"
CHECK_DIGEST = shape(
    "check 64 hexadecimal digits", DIGEST_SHAPE, "is not a SHA-256 in hexadecimal or base64"
)
FROM_BASE64 = _plain("base64 to hexadecimal digits", _from_base64)
NOT_EMPTY_DIGEST = _plain("refuse the digest of nothing", _not_empty_digest)
