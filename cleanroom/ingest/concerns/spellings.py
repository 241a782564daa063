"""Find the labels of a column that are one in two spellings, or several in one cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from cleanroom.ingest.identifiers.words import words_in
from cleanroom.ingest.seen import LATIN, SIMPLIFIED

DASH = re.compile("[\u2010-\u2015\u2212\uff0d~\u301c\uff5e]")
_AWAY = re.compile(r"[\s'\"`\u00b4\u02bc\u2018\u2019\u201c\u201d_]")
_ESCAPED = re.compile(r"\\[nrt]|x000[9ad]")
"""Line ends and tabs as JSON, and workbooks (without their underscores), write them."""
_GROUPED = re.compile("[1-9][0-9]{0,2}(,[0-9]{3})+")

_ONE_SIGN = str.maketrans("şţё\u064a\u0649\u0643", "șțe\u06cc\u06cc\u06a9")
"""Letters that one keyboard writes for another's: a cedilla, ё, ي and ك of Arabic."""
_THAI_E = "\u0e40\u0e40"
"""Two signs that together look like the one for AE (U+0E41)."""
UNLIKE = {_THAI_E: r"\u0e40\u0e40", "\u064a": r"\u064a", "\u0643": r"\u0643"}
"""Signs that nobody tells from others on a screen, and how they are shown."""
_TONE = re.compile("([ou])([\u0300\u0301\u0303\u0309\u0323])([aey])")
"""Vietnamese tones above the first of two vowels; others write them above the second."""

_NO_ACCENT = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

_PLACE = re.compile(
    r"(.{2,}?)(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区|都|府|県|县"
    r"|특별자치[도시]|특별시|광역시|[도시군])"
)
_SUFFIXES = (_PLACE, re.compile("([男女남여])[性성]"), re.compile("([0-9+-]*[0-9+])[岁歳세]"))
_PREFIXED = re.compile(r"(?:tp\.?|thànhphố|tỉnh|จังหวัด|จ\.)(.+)")
"""What some write behind, or before, the name of a place, a sex or an age, and others do not."""

_ALIKE: Final = (
    (re.compile("(?<=[0-9])[岁歳]?[至到~](?=[0-9])"), "-"),
    (re.compile("(?<=[0-9岁歳元])(?:及|及其)(?=以[上下])"), ""),
    (re.compile("^其它$"), "其他"),
    (re.compile("^内蒙$"), "内蒙古"),
)
"""What some write for the same: 25至34岁, 35岁及以上."""

_FEMALE: Final = words_in("""
2|f|w|female|females|woman|women|weiblich|frau|femme|féminin|mujer|femenino|femmina|donna|feminino
mulher|女|女性|女士|女生|여|여성|여자|nữ|หญิง|perempuan|kadın|kobieta|женский|ж|жен
""")
_MALE: Final = words_in("""
1|m|male|males|man|men|männlich|mann|herr|homme|masculin|hombre|masculino|maschio|uomo|homem
男|男性|男士|男生|先生|남|남성|남자|nam|ชาย|laki-laki|pria|erkek|mężczyzna|мужской|м|муж
""")
"""The sexes in letters, words and codes (GB/T 2261.1, ISO/IEC 5218)."""
_YES: Final = words_in("1|y|yes|true|t|ja|j|oui|o|sí|si|s|sim|да|是|对|有|はい|有り|예|네")
_NO: Final = words_in("0|n|no|false|f|nein|non|não|нет|否|不是|没有|いいえ|無し|아니요|아니오")
_OPPOSITES: Final = ((_FEMALE, _MALE, 3), (_YES, _NO, 1))
"""Words for either, and most other labels of their column: unknown, secret, diverse."""

_BETWEEN = ("、", ",", "，", ";", "；", "|", "/")
_LEAST, _PAIRS = 3, 2
"""Cells of which each value stands alone, too, and cells in two orders, that tell."""


def folded(label: str) -> str:
    """Return what two labels have in common that differ in case, width, blanks or dashes alone.

    Or in whether Han signs are traditional or simplified, or in which of two signs that look alike
    a keyboard has.
    """
    plain = unicodedata.normalize("NFKC", label.translate(LATIN)).casefold().translate(SIMPLIFIED)
    plain = _ESCAPED.sub("", _AWAY.sub("", DASH.sub("-", plain))).rstrip(".,;:")
    for one, other in _ALIKE:
        plain = one.sub(other, plain)
    plain = plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain
    if not plain.isascii():
        plain = plain.translate(_ONE_SIGN).replace(_THAI_E, "\u0e41")
        toned = _TONE.sub(r"\1\3\2", unicodedata.normalize("NFD", plain))
        plain = unicodedata.normalize("NFC", toned)
    number = re.fullmatch(r"0*([0-9]+?)(\.0+)?", plain)
    return number[1] if number else plain


def alike(labels: Collection[str]) -> list[list[str]]:
    """Return the labels that are probably one, group by group.

    A word without its accents is another one's spelling only if that one is there; F, female and
    女 are one in a column of sexes, as are Y, 1 and 是 where nothing but yes and no is said.
    """
    forms: dict[str, list[str]] = {}
    for label in labels:
        forms.setdefault(folded(label), []).append(label)
    groups: dict[str, list[str]] = {}
    known = _opposites(forms)
    for form, spelt in forms.items():
        shortest = known.get(form, form)
        while short := next((one for one in _shorter(shortest) if one in forms), ""):
            shortest = short
        groups.setdefault(shortest, []).extend(spelt)
    return [group for group in groups.values() if len(group) > 1]


def _opposites(forms: Collection[str]) -> dict[str, str]:
    """Return one word for each form in a column that has both opposites, not in numbers alone.

    Beside the H of hombre, the letter M is that of mujer.
    """
    for one, other, most in _OPPOSITES:
        known = dict.fromkeys(one.intersection(forms), min(one))
        known |= dict.fromkeys(other.intersection(forms), min(other))
        spoken = {meant for form, meant in known.items() if not form.isdigit()}
        if len(spoken) > 1 and len(forms) - len(known) <= most and "h" not in forms:
            return known
    return {}


def _shorter(form: str) -> Iterator[str]:
    """Yield how a word is written without accents, or a place without what it is."""
    if form.isascii():
        return
    letters = unicodedata.normalize("NFD", form.translate(_NO_ACCENT))
    for plain in (re.sub("[\u0300-\u036f]", "", letters), form.translate(_UMLAUTS)):
        if plain.isascii():
            yield plain
    for pattern in (*_SUFFIXES, _PREFIXED):
        found = pattern.fullmatch(form)
        if found:
            yield found[1]


def several(labels: Collection[str]) -> list[str]:
    """Return the labels that are several values in one cell, such as ``new, vip``.

    That is so if each of their values stands alone in other cells, or cells have the same in two
    orders: of ``red / S`` and ``blue / M``, nothing is alone.
    """
    for sign in _BETWEEN:
        cells = {one: [part.strip() for part in one.split(sign)] for one in labels if sign in one}
        lists = {
            one: parts
            for one, parts in cells.items()
            if len({*parts} - {""}) > 1
            and all(re.search(r"[^\W\d]", part) for part in parts if part)
        }
        apart = [one for one, parts in lists.items() if {*parts} - {""} <= {*labels}]
        orders = len(lists) - len({frozenset(parts) for parts in lists.values()})
        if len(apart) >= _LEAST or orders >= _PAIRS:
            return [*lists]
    return []
