"""The page on files has a row for all that it may point at, the same ones in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from cleanroom.report.concern_words import CONCERNS
from cleanroom.report.concern_words_of_numbers import NUMBER_CONCERNS
from cleanroom.report.concern_words_of_rows import ROW_CONCERNS

PAGES = [
    Path(__file__).parents[1] / "docs" / "how-to" / f"prepare-identifiers{language}.md"
    for language in ("", ".zh")
]

FURTHER, EMPTY = "(further-items)", "(empty-rows)"
"""Rows about what is told among the reasons."""

KINDS = f"""
unusable|looks-like|shared|many-values|rounded|forms|zeros-lost|zeros-of|counting-up|same-digits
wrapped|devices
encrypted plus-lost lowered|openids|last-zeros|placeholders|as-typed|for-tests|joins-many
numbered-anew
misread|lost|shortened|both-domains|relays|masked|zeros cases|grouped|separators|dates|lengths
swallowed|shifted|cut|end-mark line-ends|several-faults|{FURTHER}|{EMPTY}|sheet|capped
outline|other-table|worded
few-people widest|several|no-cents|currencies units sites|undone codes filled|counted
measures kinds|unmet|countries|dialled|zones|mac-days|alike|both-ways|tags
nothing total damaged|maybe-nothing|old-ages|maybe-nothing|filled-down|lookalikes
early|old|swapped-years|swapped|converted
rounded-labels|contradict|coarse whole-days
midnights some-midnights|one-hour one-time one-instant|half-days halves
minute-months|named-zone|zone-beside|named-unit|cents
day-numbers|no-answer|below-range above-range|repeated|argentine
notes|closing|total-elsewhere|subtotals|adding-up|copied|order-totals order-moment order-people
of-customers|pieces|hundredths|left-out-amounts|snapshots|mixed-points|between-thousands|escaped
quoted|plus-alone|american|differing
encoding spoilt|test-members closed|for-show|lent
"""
"""What each row of the table is about, in its order; a row may be about several kinds."""


def table(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the rows of the first table under a heading."""
    _, _, text = page.read_text("utf-8").partition(f"\n## {heading}\n")
    lines = text.partition("\n|")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.strip("|").split(" | ") for line in lines]


def test_every_kind_of_concern_has_a_row() -> None:
    said = {name.removeprefix("concern.") for name in CONCERNS | NUMBER_CONCERNS | ROW_CONCERNS}
    assert set(re.split(r"[\s|]+", KINDS.strip())) - {FURTHER, EMPTY} == said


def test_both_languages_have_the_same_rows_in_one_order() -> None:
    english = table(PAGES[0], "4. Validate before anything is sent")
    chinese = table(PAGES[1], "4. 发送之前先校验")
    assert len(english) == len(chinese) == len(re.split(r"[\n|]", KINDS.strip()))
    for one, other in zip(english, chinese, strict=True):
        assert len(one) == len(other) == 2
        here, there = ({*re.findall("`[^`]+`", row[0])} for row in (one, other))
        assert bool(here & there) is bool(here | there), (one, other)


def test_both_languages_have_the_same_messages() -> None:
    english = table(PAGES[0], "When it goes wrong")
    chinese = table(PAGES[1], "出错时")
    assert [row[0] for row in english] == [row[0] for row in chinese]
