"""Know what national numbering plans leave open: old numbers, and digits that are two numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from protocols.deferred import Deferred

if TYPE_CHECKING:
    import phonenumbers
else:
    phonenumbers = Deferred("phonenumbers")

# National plans that were changed, as announced in the ITU's Operational Bulletin: Mexico 2019,
# Brazil 2016, Ivory Coast 2021, Benin 2024, Vietnam 2018.  Each is a country code and digits.
_FORMER = (
    (
        re.compile(r"52(?:0?1|0?4[45])[0-9]{10}"),
        "has the mobile digit that Mexico dropped in 2019: write +52 and ten digits",
    ),
    (
        re.compile(r"549(?:0?[0-9]{2}15[0-9]{8}|0?[0-9]{3}15[0-9]{7}|0?[0-9]{4}15[0-9]{6})"),
        "has both 9 and 15, but Argentine mobiles have only one of them: write +54 9 and the"
        " number",
    ),
    (
        re.compile(r"55[1-9]{2}[6-9][0-9]{7}"),
        "lacks the ninth digit of Brazilian mobile numbers: write +55, the area and nine digits",
    ),
    (
        re.compile(r"22[59][0-9]{8}|841(?:2[0-9]|6[2-9]|8[68]|99)[0-9]{7}"),
        "is of a numbering plan that its country has replaced: export the current number",
    ),
)


def why_invalid(numbers: Sequence[phonenumbers.PhoneNumber]) -> str:
    """Return why none of the readings of a number is one, as the end of a sentence."""
    for number in numbers:
        digits = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
        for plan, reason in _FORMER:
            if plan.fullmatch(digits):
                return reason
    return "is not a phone number of its country"


# Most digits that a plan hands out, extensions aside (Bundesnetzagentur; Kosovo's 2 and 6).  The
# library takes so many that every mobile number behind the country code would be a landline too.
LONGEST = {"DE": 11, "XK": 8}


def readings(value: str, region: str | None) -> list[str]:
    """Return how digits can be read: behind the region's country code, and as national ones."""
    digits = phonenumbers.normalize_digits_only(value)
    code = str(phonenumbers.country_code_for_region(region)) if region else ""
    if not code or value.startswith("+") or not digits.startswith(code):
        return [value]
    return [f"+{digits}", f"+{code}{digits}"]


def may_be_abroad(value: str, number: phonenumbers.PhoneNumber, region: str | None) -> bool:
    """Tell whether digits that are a landline of the region are a mobile number with a + before.

    Spreadsheets drop a leading 0 and a leading + alike.  A mobile number of the region is taken for
    one: most of them are some number abroad, too.
    """
    types = phonenumbers.PhoneNumberType
    mobile = (types.MOBILE, types.FIXED_LINE_OR_MOBILE)
    if region is None or value.startswith("+") or phonenumbers.number_type(number) in mobile:
        return False
    digits = phonenumbers.normalize_digits_only(value)
    trunk = phonenumbers.ndd_prefix_for_region(region, True)
    abroad = number.country_code != phonenumbers.country_code_for_region(region)
    if abroad or not trunk or digits.startswith(trunk):
        return False
    with suppress(phonenumbers.NumberParseException):
        other = phonenumbers.parse(f"+{digits}")
        return (
            other.country_code != number.country_code
            and phonenumbers.is_valid_number(other)
            and phonenumbers.number_type(other) in mobile
        )
    return False


_EXTENDED = re.compile(
    r"(?:(?:(?:\+|00)?86[\s-]*)?\(?0(?:10|2[0-9]|[3-9][0-9]{2})|"
    r"(?:\+|00)?86[\s-]*\(?(?:10|2[0-9]|[3-9][0-9]{2}))"
    r"\)?[\s-]*[2-8][0-9]{6,7}\s*[-\u2010-\u2015\u2212]\s*[0-9]{1,5}"
)
"""A Chinese landline of seven or eight digits with its area code, a dash and an extension."""


def has_extension(value: str, region: str | None) -> bool:
    """Tell whether a Chinese landline has an extension: with one digit, 0571-8765432-1 is another.

    Numbers there have seven digits or eight, and no dash before the last.
    """
    code = ("+", "00") if region else ("+", "00", "86")
    chinese = region == "CN" or value.startswith(code)
    return chinese and _EXTENDED.fullmatch(value) is not None


def is_lent(number: phonenumbers.PhoneNumber) -> bool:
    """Tell whether a number is a Korean 050 one, which shops lend to an order to hide a buyer's.

    Elsewhere such types are mostly people's own numbers.
    """
    lent = phonenumbers.PhoneNumberType.PERSONAL_NUMBER
    return number.country_code == 82 and phonenumbers.number_type(number) == lent


_BEFORE_010 = ("11", "16", "17", "18", "19")
"""How Korea's mobile numbers began until 2021 (MSIT): all begin with 010 now."""


def is_former(number: phonenumbers.PhoneNumber) -> bool:
    """Tell whether a number is a Korean mobile one that has become another."""
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    national = phonenumbers.national_significant_number(number)
    return number.country_code == 82 and mobile and national.startswith(_BEFORE_010)


def is_service(number: phonenumbers.PhoneNumber) -> bool:
    """Tell whether a number is one that a company has and many people call or leave as theirs."""
    types = phonenumbers.PhoneNumberType
    companies = (types.TOLL_FREE, types.SHARED_COST, types.UAN)
    return phonenumbers.number_type(number) in companies
