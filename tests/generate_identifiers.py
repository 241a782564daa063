"""Write the reference of identifiers: steps, words for no value, and the table of spellings."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator

from cleanroom.ingest.identifiers import PROFILES, NotNormalisable, normalise
from cleanroom.ingest.identifiers.nothing import LABELS, WORDS
from cleanroom.isolated.signs import BLANKS, UNSEEN
from tests.spellings import SPELLINGS, Row

Table = Callable[[Iterable[str], Iterable[Iterable[str]]], list[str]]

INTRODUCTION = """
What each profile makes of the spellings that programs export: the normal form that both sides
compare, or the reason why a row is left out. `cleanroom ids explain` shows the same for one value.
Every person here is made up; invisible characters are written as `\\u200b`.

Two rules apply to all profiles. Two spellings have the same form only if they are the same person,
and a value that could be two people, or has lost digits, is left out, counted and reported with its
row.
"""

WORDS_TEXT = """
A cell with one of these words stands for nobody, in upper or lower case, full width or not, with
brackets, quotes or dots around it, or between two identical signs (`@NULL@`); so does a cell
without a letter or a digit, an unfilled macro (`__OAID__`, `{{id}}`), a spreadsheet's error such
as `#REF!`, `0` (with any number of zeros) and `-1`, and customers that programs of trade book
anybody to (电商散客, 一次性客户). Under `sha256:` profiles their digests,
hashed once or twice, are left out too, as are those of device identifiers that are all zeros or
that many devices share, and of a country code or an `@` without a value (`+86`, `+86nan`,
`nan@nan`), and whatever zeros, or writing it twice, have made 64 digits long, as happens to MD5
and SHA-1. As identifiers they would be one person whom both sides know. Totals and closing lines
of exports, such as `Total`, `小计` and `(3 rows affected)`, are left out as well; `not_nulls` can
name one that is a person.

A dataset can declare more such words, and let some of them be people (a member called `na`):

```toml
id = { column = "member", profile = "raw:v1", nulls = ["visitor", "999999"], not_nulls = ["na"] }
```

`nulls` are compared with the normal form, so that `nulls = ["noreply@example.com"]` also leaves out
`NoReply@Example.com`. What one side declares does not affect the other.
"""


LABELS_TEXT = """
A label's cell with one of these, with one to three dashes, or with what pivot tables write for an
empty cell in brackets (`(blank)`, `(Leer)`, `(空白)`), is the label `unknown`, unless the
word is declared in `domains`: LABELS. The other words can be values of a label and are kept.
"""


def identifiers(table: Table) -> list[str]:
    """Describe every profile's steps, the words for no value, and two hundred spellings."""
    lines = ["# Identifiers", "", *INTRODUCTION.strip().splitlines(), "", "## Steps", ""]
    plain = {name: one for name, one in PROFILES.items() if not one.hashed}
    steps = [[f"`{name}`", "; ".join(_names(one.steps))] for name, one in plain.items()]
    steps.append(["`sha256:` and one of these", "; ".join(_names(PROFILES["sha256:raw:v1"].steps))])
    lines += table(["profile", "steps"], steps)
    lines += ["## Words for no value", "", *WORDS_TEXT.strip().splitlines(), ""]
    words = ", ".join(f"`{word}`" for word in sorted(WORDS))
    lines += [*_wrapped(words), "", "### In labels", ""]
    of_labels = ", ".join(f"`{word}`" for word in sorted(LABELS))
    lines += [*_wrapped(LABELS_TEXT.strip().replace("LABELS", of_labels)), ""]
    for program, rows in SPELLINGS.items():
        lines += [f"## {program}", ""]
        lines += table(["spelling", "profile", "region", "becomes"], map(_row, rows))
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def _names(steps: Iterable[object]) -> Iterator[str]:
    return (getattr(step, "name", "") for step in steps)


def _code(text: str) -> str:
    unseen = UNSEEN.union(BLANKS)
    escaped = (sign.encode("unicode_escape").decode() for sign in text)
    shown = "".join(
        sign if sign.isprintable() and ord(sign) not in unseen else escape
        for sign, escape in zip(text, escaped, strict=True)
    )
    return f"` {shown} `" if shown.strip() != shown or "`" in shown else f"`{shown}`"


def _row(row: Row) -> list[str]:
    text, profile, region, _, _ = row
    try:
        becomes = _code(normalise(text, profile, region))
    except NotNormalisable as refusal:
        becomes = f"left out: {refusal.sentence}"
    return [_code(text), f"`{profile}`", f"`{region}`" if region else "", becomes]
