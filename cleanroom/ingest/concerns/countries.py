"""Notice telephone numbers of other countries that would be read as the dataset's own.

A column that nobody reads says which country a row is of.  A number with + says it by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from cleanroom.ingest.identifiers import Normalised
from cleanroom.ingest.report import Concern
from cleanroom.ingest.seen import SIMPLIFIED
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import phonenumbers
    import pyarrow as pa
    import pyarrow.compute as pc

    from cleanroom.ingest.source import Source
    from cleanroom.ingest.spec import DatasetSpec
else:
    phonenumbers, pa = Deferred("phonenumbers"), Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

COUNTRY = (
    r"countr|\bnation\b|\bland\b|landcode|\bpays\b|\bpa[i\xed]s\b|paese|\bkraj\b|\xfclke|"
    r"\u56fd|\u570b|\uad6d\uac00|\u0441\u0442\u0440\u0430\u043d\u0430|"
    r"(\u9001|\u6536|\u914d|\u5bc4).{0,2}\u5730[\u533a\u5340]|"
    r"\u533a\u53f7|\u5340\u865f|vorwahl|(dial|call)(ing)?.?code"
)
"""What names of columns of countries, and of their calling codes, have in them."""

_SHOWN, _FEWEST = 3, 3
_MOBILE = (1, 2)
"""Kinds of numbers of ``phonenumbers``: mobile, and mobile or at a fixed place."""

_MORE = {
    "US": "usa|u.s.|u.s.a.|america|united states of america",
    "GB": "uk|u.k.|gbr|england|scotland|wales|great britain",
    "CN": "chn|prc|p.r. china|pr china|mainland china|中国大陆|大陆|内地|中华人民共和国",
    "HK": "hkg|中国香港|香港特别行政区",
    "TW": "twn|中国台湾|台湾",
    "MO": "mac|macau|中国澳门|澳门",
    "KR": "kor|korea|republic of korea",
    "DE": "deu|ger",
    "NL": "nld|holland",
    "RU": "rus|russian federation",
    "VN": "vnm|viet nam",
    "AE": "are|uae",
    **{"FR": "fra", "IT": "ita", "ES": "esp", "PT": "prt", "GR": "grc", "IE": "irl", "BE": "bel"},
    **{"CH": "che", "AT": "aut", "PL": "pol", "SE": "swe", "NO": "nor", "DK": "dnk", "FI": "fin"},
    **{"CZ": "cze", "HU": "hun", "RO": "rou", "UA": "ukr", "TR": "tur", "SA": "sau", "IL": "isr"},
    **{"JP": "jpn", "IN": "ind", "TH": "tha", "ID": "idn", "MY": "mys", "SG": "sgp", "PH": "phl"},
    **{"BR": "bra", "MX": "mex", "AR": "arg", "CL": "chl", "CO": "col", "PE": "per", "CA": "can"},
    **{"AU": "aus", "NZ": "nzl", "ZA": "zaf", "NG": "nga", "EG": "egy", "KE": "ken"},
}
"""What exports call countries beside the names and two letters that ``phonenumbers`` knows."""

CODES = frozenset(
    one
    for region, names in _MORE.items()
    for one in (region.lower(), *names.split("|"))
    if len(one) <= _SHOWN and one.isascii() and one.isalpha()
)
"""The codes of these countries, of two letters and of three."""


COMMON: Final = frozenset(_MORE)
"""The regions of these countries: none of them is a word, or a person's name, too."""


def _folded(name: str) -> str:
    """Return a name without case and accents, in simplified signs."""
    parted = unicodedata.normalize("NFKD", name.strip().casefold().translate(SIMPLIFIED))
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


@cache
def _regions() -> dict[str, str]:
    """Return the region with telephones of each name of a country, in every language known."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # noqa: PLC0415 - large

    found = {}
    for region, names in LOCALE_DATA.items():
        # "*en" stands for a name that is there already.
        for name in {region, *names.values(), *_MORE.get(region, region).split("|")}:
            found[_folded(name)] = region
    return {name: one for name, one in found.items() if phonenumbers.country_code_for_region(one)}


def region_of(name: str) -> str:
    """Return the two letters of the country that a cell names in any way; none for other cells."""
    return _regions().get(_folded(name), "")


def _calling_code(name: str) -> int:
    return phonenumbers.country_code_for_region(region_of(name))


def _digits(text: str) -> int:
    plain = text.strip().removeprefix("+").removeprefix("00")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= _SHOWN else 0


def abroad(
    found: Mapping[str, tuple[int, int]], region: str, shops: Mapping[str, str]
) -> tuple[int, int, str]:
    """Return how many rows are of other countries than a region, the first one, and some names.

    ``found`` has by each cell of the column its rows and their first record.  Numbers are calling
    codes if all are, and the region's own is among them.  ``shops`` has the regions of cells that
    are no countries, but shops.
    """
    home = phonenumbers.country_code_for_region(region)
    numbers = {text: _digits(text) for text in found}
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    dialled = home in numbers.values() and all(one in known for one in numbers.values() if one)
    codes = {
        text: _calling_code(shops.get(text, text)) or (dialled and numbers[text]) for text in found
    }
    others = [text for text, code in codes.items() if code and code != home]
    if not others:
        return 0, 0, ""
    names = ", ".join(
        text.strip() for text in sorted(others, key=lambda one: -found[one][0])[:_SHOWN]
    )
    return sum(found[text][0] for text in others), min(found[text][1] for text in others), names


def plus_alone(spec: DatasetSpec, source: Source) -> Iterator[Concern]:
    """Yield how many numbers are a country's own with a + before them, and without its code.

    A column beside them says which country.  So ``+13052345678`` is of Florida, and ``13052345678``
    is a mobile number of China.
    """
    phones = [one.column for one in spec.ids if one.profile.startswith("phone:")]
    beside = {**source.others, **source.split}
    named = [name for name in beside if beside[name] and re.search(f"(?i){COUNTRY}", name)]
    for column, name in product(phones, named):
        numbers, places = source.first((column, name))
        every = Counter(places)
        pairs = zip(numbers, places, strict=True)
        found = Counter(place for number, place in pairs if _is_national(number, region_of(place)))
        # A few people keep the number of another country.
        told = {place: rows for place, rows in found.items() if 2 * rows > every[place]}
        if sum(told.values()) >= _FEWEST:
            names = ", ".join(sorted(told)[:_SHOWN])
            declared = f"{name}: {names}"
            yield Concern("plus-alone", column, sum(told.values()), len(numbers), declared)


def _is_national(number: str, region: str) -> bool:
    """Tell whether a number with + is a mobile number of a region as soon as the + is gone."""
    digits = number.strip().removeprefix("+")
    if digits == number.strip() or not region:
        return False
    with suppress(phonenumbers.NumberParseException):
        own, other = phonenumbers.parse(digits, region), phonenumbers.parse(f"+{digits}")
        mobile = phonenumbers.number_type(own) in _MOBILE
        return mobile and own.country_code != other.country_code
    return False


_EURO = frozenset({30, 31, 32, 33, 34, 39, 43, 49, 351, 352, 353, 356, 357, 358, 370, 371, 372})
_EURO |= {359, 385, 386, 421}
"""Calling codes of countries that pay in euros."""


def sites(values: Iterable[str]) -> bool:
    """Tell whether all values are countries, or shops' addresses, of several currencies."""
    ends = [_folded(value).rpartition(".")[2] for value in values]
    codes = {1 if one == "com" else _calling_code(one) for one in ends}
    return 0 not in codes and len({0 if code in _EURO else code for code in codes}) > 1


_BARE = r"^[^0-9+\x{ff0b}]*[1-9]"
_AT_HOME = "^(?:[2-9][0-8][0-9][2-9][0-9]{6}|8[3489][0-9]{9})$"
"""What is a national number, too: in North America, or in Russia behind the 8 dialled there."""
_ONE_COUNTRY = 0.95

_HOME, _BEGINS = "home ", "begins "


def beginnings(cells: pa.Array, found: Normalised) -> Counter[str]:
    """Count the numbers that were read without a region and have neither + nor 00.

    A key is whether they may be national ones, and their first digits.
    """
    bare = pc.match_substring_regex(pc.fill_null(cells, ""), _BARE)
    plain = pc.and_(bare, pa.array(found.codes == 0))
    digits = pc.utf8_ltrim(found.values.filter(plain), "+")
    home = pc.match_substring_regex(digits, _AT_HOME).to_pylist()
    starts = pc.utf8_slice_codeunits(digits, 0, _SHOWN).to_pylist()
    return Counter(
        (_HOME if one else _BEGINS) + start for one, start in zip(home, starts, strict=True)
    )


def dialled(kinds: Mapping[tuple[str, str], int], column: str) -> Iterator[Concern]:
    """Yield how many numbers without a country code may be read as those of another country.

    That is so for all if they are of several countries, else for those that are national, too.
    """
    found = {kind: rows for (name, kind), rows in kinds.items() if name == column}
    home = _by_country({kind: rows for kind, rows in found.items() if kind.startswith(_HOME)})
    every = home + _by_country(
        {kind: rows for kind, rows in found.items() if kind.startswith(_BEGINS)}
    )
    total = sum(every.values())
    doubtful = home if max(every.values(), default=0) >= _ONE_COUNTRY * total else every
    if doubtful:
        codes = ", ".join(f"+{code}" for code, _ in doubtful.most_common(_SHOWN))
        yield Concern("dialled", column, sum(doubtful.values()), total, codes)


def _by_country(found: Mapping[str, int]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for kind, count in found.items():
        start = kind[-_SHOWN:]
        codes = (int(start[:size]) for size in range(1, _SHOWN + 1))
        known = (one for one in codes if one in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
        counted[next(known)] += count
    return counted
