"""Notice values of one column that are probably one, or that a spreadsheet has changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING
from unicodedata import decimal, normalize

import numpy as np
import numpy.typing as npt

from cleanroom.ingest.concerns.addresses import both_domains
from cleanroom.ingest.concerns.changed_numbers import (
    counting_up,
    encrypted,
    lowered,
    of_devices,
    openids,
    plus_lost,
    same_digits,
    without_last_zero,
    wrapped,
)
from cleanroom.ingest.concerns.forms import several_forms
from cleanroom.ingest.concerns.members import STARRED, STARS, closed, tests, worded
from cleanroom.ingest.concerns.relays import relays
from cleanroom.ingest.concerns.shortened import shortened
from cleanroom.ingest.identifiers.steps import POWER
from cleanroom.ingest.identifiers.totals import BESIDE
from cleanroom.ingest.masking import masked
from cleanroom.ingest.people import first_alike
from cleanroom.ingest.report import Concern
from cleanroom.ingest.seen import LATIN
from cleanroom.ingest.texts import Column, among, chosen, like, parts, place_of
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_SAMPLE = 2_000

_MADE_UP = (("counting-up", counting_up), ("same-digits", same_digits))
"""How telephone numbers that are not people's are found."""


def _first(found: pa.Array, values: Column) -> tuple[int, int]:
    """Return how many values were found, and the place of the first among all."""
    distinct = pc.unique(found)
    return len(distinct), place_of(distinct[0], values) if len(distinct) else 0


def likenesses(values: Column, column: str, profile: str) -> Iterator[tuple[Concern, int]]:
    """Yield how identifiers or keys differ that are probably one, and the first such value.

    ``values`` are distinct.  Of member numbers some look like dates that a spreadsheet has made of
    them, have zeros before their digits and some lack them, differ in upper and lower case or in
    signs between their digits alone, have signs between thousands, have digits or letters of
    another script that look the same, are record identifiers of Salesforce in both their
    lengths, read like the notes at the end of a report, are lists, lack the digits that all
    others have, have a prefix, signs or capitals that others lack, are numbers of devices beside
    others, are ciphertexts, are openids of several apps, are called tests or closed, or have lost
    a plus, capitals or a last zero.  Of ``oaid`` some differ in hyphens alone: each vendor has a
    form of its own, so none can be taken for the other.  Of addresses some are masked, were cut off
    within their domain, only forward to others, or are one mailbox at two domains of a provider.
    Telephone numbers may lack the 9 of Argentina's mobiles, count up, or have the same digits
    inside; member numbers may be negative ones of an integer that was too small.
    """
    finders = {
        "raw:v1": (
            ("dates", _dates),
            ("zeros", _lacking_zeros),
            ("cases", _other_cases),
            ("grouped", _grouped),
            ("separators", _separated),
            ("lookalikes", _lookalikes),
            ("lengths", _salesforce),
            ("notes", _notes),
            ("notes", _subtotals),
            ("several", _several),
            ("worded", worded),
            ("forms", several_forms),
            ("lost", _lost),
            ("masked", _masked_numbers),
            ("devices", of_devices),
            ("encrypted", encrypted),
            ("plus-lost", plus_lost),
            ("lowered", lowered),
            ("last-zeros", without_last_zero),
            ("wrapped", wrapped),
            ("openids", openids),
            ("test-members", tests),
            ("closed", closed),
        ),
        **dict.fromkeys(
            ("email:uid2:v1", "email:google:v1", "email:meta:v1"),
            (
                ("masked", _masked_names),
                ("shortened", shortened),
                ("relays", relays),
                ("both-domains", both_domains),
            ),
        ),
        "oaid:v1": (("separators", _separated),),
        **dict.fromkeys(
            ("phone:e164:v1", "phone:digits:v1"),
            (("argentine", _landlines_or_mobiles), *_MADE_UP),
        ),
        "phone:cn11:v1": _MADE_UP,
    }
    for kind, find in finders.get(profile, ()):
        rows, place = _first(find(values), values)
        if rows:
            yield Concern(kind, column, rows, len(values), masked(values[place].as_py())), place


_ENGLISH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTHS = (
    f"{_ENGLISH}|mrz|mär|mai|okt|dez|janv|févr|mars|avr|juin|juil|août|sept|déc|ene|abr|ago|dic|"
    "gen|mag|giu|lug|set|ott|fev|out|mrt|mei|янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек"
)
_SHORT_DATE = (
    rf"(?i)^([0-9]{{1,2}}[-. ]{{1,2}}({_MONTHS})\.?([-. ][0-9]{{2,4}})?|"
    rf"({_ENGLISH}|mai|okt|dez)[- ][0-9]{{2}}|"
    "[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}월 ?[0-9]{1,2}일)$"
)
_COHORT = re.compile(f"(?i)(?:{_ENGLISH}|mai|okt|dez)[- ](?:0[1-9]|[12][0-9]|3[0-9])")
_SHOWN_DATE = (
    r"(19|20)[0-9]{2}[/.][0-9]{1,2}[/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](19|20)[0-9]{2}|"
    "(19|20)[0-9]{2}年[0-9]{1,2}月([0-9]{1,2}日)?"
)
"""A whole date as spreadsheets show it; 2026-03-01 may as well be a number that somebody gave."""
_WHOLE_DATE = (
    rf"^({_SHOWN_DATE}|"
    r"(19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([ T]00:00(:00(\.0+)?)?)?)$"
)
_DAY_NUMBER = re.compile("[45][0-9]{4}")
_TIME = r"^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$"
_OF_A_RANGE = re.compile(
    r"[0-9]{1,2}[-./ ]{1,2}[^\W\d_]{2,8}[0-9]{0,2}\.?|[^\W\d_]{3,8}\.? ?[0-9]{1,2}\.?|"
    r"[0-9]{1,2}[/.:][0-9]{1,2}(:00|\.)?"
)
"""What some language makes a day or a time of: 05.gru, dec. 5, 12/05, 5:12:00."""
_RANGE = re.compile("[0-9]{1,2} ?[-\u2010-\u2015\u2212/~] ?[0-9]{1,2}")


def converted(labels: Collection[str]) -> list[str]:
    """Return the labels that a spreadsheet has probably made of others.

    ``12-May`` was 5-12 and ``1.00E+05`` was 1E5, always; a whole date, or a day's number, is
    one if the column also has labels of another kind, as is ``May-26``: months of some years are
    cohorts.  Beside ranges such as 18-24, whatever some
    language writes for a day is one.
    """
    if all(_COHORT.fullmatch(one) for one in labels):
        return []
    short = [one for one in labels if re.match(_SHORT_DATE, one) or POWER.fullmatch(one)]
    rest = [one for one in labels if one not in short]
    dates = [one for one in rest if re.match(_WHOLE_DATE, one)]
    if any(map(_RANGE.fullmatch, rest)):
        found = (_DAY_NUMBER, _OF_A_RANGE)
        dates += [one for one in rest if any(like.fullmatch(one) for like in found)]
    return short + (dates if len(dates) < len(rest) else [])


def _dates(values: Column) -> pa.Array:
    """Return the values that spreadsheets show for others such as 3-1, MAR1 or 12:30."""
    return like(values, f"{_SHORT_DATE}|^({_SHOWN_DATE})$|{_TIME}")


def _lacking_zeros(values: Column) -> pa.Array:
    """Return the values that are another one's digits behind zeros."""
    zeros = like(values, "^0+[1-9][0-9]*$")
    bare_ = pc.utf8_ltrim(zeros, "0")
    return zeros.filter(pc.or_(among(bare_, values), _repeated(bare_)))


def _other_cases(values: Column) -> pa.Array:
    """Return the values that equal another but for case; 15 letters may be of Salesforce."""
    # Of two such values one at least has a capital.
    if not any(pc.any(pc.not_equal(pc.utf8_lower(part), part)).as_py() for part in parts(values)):
        return values[:0]
    first = first_alike(values, pc.utf8_lower)
    alike = first != np.arange(len(first))
    alike[first[alike]] = True
    found = pa.concat_arrays([*_rows(values, alike)])
    return found.filter(pc.invert(pc.match_substring_regex(found, "^[0-9A-Za-z]{15}$")))


def _rows(values: Column, marked: npt.NDArray[np.bool_]) -> Iterator[pa.Array]:
    """Yield the marked values, part by part."""
    start = 0
    for part in parts(values):
        yield part.filter(pa.array(marked[start : start + len(part)]))
        start += len(part)


_GROUPED = "^[+-]?[1-9][0-9]{0,2}([. '\u2019][0-9]{3})+$"
_BETWEEN = "[-. '\u2019_/{}()+#:]"
_END, _PART = r"(?:[-,;:.|/\x{3001}\x{3002}]+|\.0+)", r"\.0*[1-9][0-9]*$"
_NUMBERED = "^([a-z]{0,4}[0-9]+|[0-9a-f]{8,32})$"


def _grouped(values: Column) -> pa.Array:
    """Return the numbers that have points, blanks or apostrophes between their thousands."""
    return like(values, _GROUPED)


def _separated(values: Column) -> pa.Array:
    """Return the values that are another one with signs between its digits, or behind it.

    Two values with signs at different places are not compared: 1-11 and 11-1 are two.
    """
    marked = chosen(
        values,
        lambda part: pc.and_(
            pc.and_not(
                pc.match_substring_regex(part, _BETWEEN), pc.match_substring_regex(part, _GROUPED)
            ),
            pc.match_substring_regex(_bare(part), _NUMBERED),
        ),
    )
    # Of two values with signs at the same places, each has another kind of them.
    signs = pc.utf8_lower(pc.replace_substring_regex(marked, _BETWEEN, "-"))
    twice = pc.and_(_repeated(signs), pc.match_substring_regex(signs, "(?:[0-9a-f]-*){8}"))
    marked = marked.filter(pc.or_(twice, among(_bare(marked), values, pc.utf8_lower)))
    ended = _with_end(values)
    if not len(ended):
        return marked
    these = pa.concat_arrays([marked, ended])
    return chosen(values, lambda part: pc.is_in(part, these))


def _with_end(values: Column) -> pa.Array:
    """Return the values that are another one before a comma or the like, or before .0.

    Of ``A12``, ``A12.0`` and ``A12.1`` each is a part of its own.
    """
    ended = like(values, rf"[\pL\pN]{_END}$")
    bare = pc.replace_substring_regex(ended, f"{_END}$", "")
    numbered = pc.replace_substring_regex(like(values, _PART), _PART, "")
    a_part = pc.and_(pc.ends_with(ended, "0"), pc.is_in(bare, numbered))
    return ended.filter(pc.and_not(among(bare, values), a_part))


def _bare(values: Column) -> pa.Array:
    return pc.utf8_lower(pc.replace_substring_regex(values, _BETWEEN, ""))


def _in_latin(text: str) -> str:
    digits = (str(decimal(sign, sign)) for sign in normalize("NFKC", text))
    return "".join(digits).translate(LATIN)


def _lookalikes(values: Column) -> pa.Array:
    """Return the values that look like plain ones, in digits or letters of another script.

    That is so if another value is what they look like, or most values are in plain letters.
    """
    foreign = chosen(values, lambda part: pc.invert(pc.string_is_ascii(part)))
    latin = pa.array([_in_latin(value) for value in foreign.to_pylist()], values.type)
    few = 2 * len(foreign) < len(values)
    plain = pc.and_(pc.match_substring_regex(latin, "^[!-~]*[0-9A-Za-z][!-~]*$"), few)
    changed = pc.not_equal(latin, foreign)
    return foreign.filter(pc.and_(changed, pc.or_(plain, among(latin, values))))


_NO_WORDS = "^[0-9A-Fa-f]{2}( [0-9A-Fa-f]{2}){3,}$|^[A-Za-z0-9+/ ]{20,}={1,2}$"
_NOTE = r"[:=\x{ff1a}] |^[*\x{2020}\x{2021}\x{203b}#]+ |^\S*\pL\S*( \S+){2}|.\x{ff1a}\S"


def _notes(values: Column) -> pa.Array:
    """Return the values of three words or more, or with a colon, if most are of another kind.

    Pairs of hexadecimal digits are no words, nor is what is left of base64.
    """
    notes = like(values, _NOTE)
    notes = notes.filter(pc.invert(pc.match_substring_regex(notes, _NO_WORDS)))
    spoken = like(values, r"^\S*\pL\S*( \S+){2}")
    return notes if 2 * len(spoken) < len(values) else values[:0]


_LOST_LETTER = r"\pL\?|\?\pL"
_OF_AN_ADDRESS = r"\?[\w.-]+="


def _lost(values: Column) -> pa.Array:
    """Return the values with a question mark beside a letter, those of web addresses aside."""
    marked = chosen(values, lambda part: pc.match_substring(part, "?"))
    marked = marked.filter(pc.match_substring_regex(marked, _LOST_LETTER))
    return marked.filter(pc.invert(pc.match_substring_regex(marked, _OF_AN_ADDRESS)))


def _landlines_or_mobiles(values: Column) -> pa.Array:
    """Return the Argentine numbers without a 9, which every mobile has that is called from abroad.

    A mobile without it, or the 15 that stands for it at home, is some landline's number.
    """
    return like(values, "^[+]*54(?:[^9]|$)")


_CROSSED = "(?:^|[0-9_-])(?:x{3,}|X{3,})(?:[0-9_-]|$)"


def _masked_numbers(values: Column) -> pa.Array:
    """Return the values with three x or more between digits, or at an end, if they are many.

    Or with stars or the like, two or more, or one between few letters, as shops show names of
    buyers: somebody may have called himself so, but few do.
    """
    found = like(values, f"{_CROSSED}|{STARS}")
    starred = found.filter(pc.match_substring_regex(found, STARRED))
    if len(starred) > max(2, _MASKED * len(values)):
        return starred
    crossed = found.filter(pc.match_substring_regex(found, _CROSSED))
    return crossed if len(crossed) > _SELDOM * len(values) else values[:0]


def _masked_names(values: Column) -> pa.Array:
    """Return the addresses with a letter, three x or more and at most a letter, if they are many.

    They are distinct here, so that few stand for many people: their share is of what is left.
    """
    found = chosen(values, lambda part: pc.match_substring(part, "xxx"))
    found = found.filter(pc.match_substring_regex(found, "^[^@]x{3,}[^@]?@"))
    return found if len(found) > max(1, _SELDOM * len(values)) else values[:0]


def _subtotals(values: Column) -> pa.Array:
    """Return the values that are another one beside a word of spreadsheets for a subtotal."""
    found = like(values, " ")
    texts = found.to_pylist()
    words = (text.partition(" ") for text in texts)
    ends = (text.rpartition(" ") for text in texts)
    rests = [
        after if before.casefold() in BESIDE else start if end.casefold() in BESIDE else None
        for (before, _, after), (start, _, end) in zip(words, ends, strict=True)
    ]
    return found.filter(among(pa.array(rests, values.type), values))


_SEVERAL = r"^[^;|,\n]+([;|,\n] ?[^;|,\n]+)+[;|,\n]?$"
_SELDOM, _MASKED = 0.01, 0.05


def _several(values: Column) -> pa.Array:
    """Return the values with signs that separate, if most have none: lists of identifiers."""
    found = like(values, r"[;|,\n]")
    found = found.filter(pc.match_substring_regex(found, _SEVERAL))
    return found if 2 * len(found) < len(values) else values[:0]


def _repeated(texts: pa.Array) -> pa.Array:
    """Mark the texts that stand there more than once."""
    counted = pc.value_counts(texts)
    twice = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    return pc.is_in(texts, twice)


_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def _case_check(identifier: str) -> str:
    """Return the three letters that say which of 15 letters are capitals, five in each."""
    parts = (identifier[start : start + 5] for start in (0, 5, 10))
    return "".join(
        _CHECKS[sum(letter.isupper() << place for place, letter in enumerate(part))]
        for part in parts
    )


def _salesforce(values: Column) -> pa.Array:
    """Return the identifiers of 15 letters in a file that has others of its kind with 18."""
    long = like(values, "^[0-9A-Za-z]{15}[A-Z0-5]{3}$")
    sample = long.slice(0, _SAMPLE).to_pylist()
    kinds = {value[:3] for value in sample if _case_check(value[:15]) == value[15:]}
    short = like(values, "^[0-9A-Za-z]{15}$")
    starts = pa.array(sorted(kinds), values.type)
    return short.filter(pc.is_in(pc.utf8_slice_codeunits(short, 0, 3), starts))
