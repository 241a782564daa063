"""Find the wanted columns in a header, and refuse a file in words that repeat none of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleanroom.isolated.signs import BLANKS, JOINERS, UNSEEN

Marks = npt.NDArray[np.bool_]
"""Which rows: one mark for each."""

_QUOTES = "`'[]\u2018\u2019\u201c\u201d"
_BREAK = re.compile(r"\s*[\r\n]\s*")
_SEEN = dict.fromkeys(BLANKS, " ") | dict.fromkeys(UNSEEN | JOINERS)

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")

MOST_COLUMNS, LONGEST_NAME = 1 << 14, 1 << 15
"""Most columns of a file, and letters of a name: as many as a sheet, and a cell, of Excel hold."""

_ZERO = re.compile(r"0(?:\.0+)?E[+-][0-9]{1,3}")

_DATA = re.compile(
    r"(?is).*@.*|(?=\.*\d)[\d.]+|[+(][\d ()./-]{7,}|(?=(\D*\d){9})[\d ()./-]+"
    r"|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Addresses, numbers, telephones, digests and UUIDs: what a person has, and no column is called."""

OTHERS = ";\t|"
"""Marks that separate fields in the place of commas."""


FRAMED = (
    "It is a list with frames of | and -, as SAP prints it: save it as a spreadsheet or as text"
    " with tabs, or remove the lines of dashes and put this line above the header: sep=|"
)


class Refusal(Exception):  # noqa: N818
    """Carry the sentence, the remedy and the place of what is wrong with the file."""

    def __init__(self, sentence: str, **place: Any) -> None:
        super().__init__(sentence)
        self.document = {"sentence": sentence, **place}


def source(path: str) -> str | pa.PythonFile:
    """Return a file as Arrow opens it: of names it takes those in UTF-8 alone."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return pa.PythonFile(open(path, "rb"))  # noqa: PTH123, SIM115
    return path


def of_kept(cells: pa.Array, kept: Marks | None) -> pa.Array:
    """Return the cells of the rows that are kept, all of them if None."""
    return cells if kept is None else cells.filter(pa.array(kept))


def as_seen(name: str) -> str:
    """Return a column's name without what nobody sees: blanks around it, byte order marks.

    Nor does a spreadsheet show the formula that shops write around a text, ``="name"``.  A line
    break in a name is a blank: the room file has none.
    """
    plain = _BREAK.sub(" ", name.translate(_SEEN))
    seen = unicodedata.normalize("NFC", plain).strip()
    return seen[2:-1] if seen.startswith('="') and seen.endswith('"') and len(seen) > 3 else seen


def as_value(cell: str) -> str:
    """Return a cell as people see it; WeChat Pay writes a backquote before every one.

    A zero with many decimals is a zero, which programs write as ``0E-18``.
    """
    seen = as_seen(cell)
    if _ZERO.fullmatch(seen):
        return "0"
    return seen[1:].strip() if seen[:1] == "`" and "`" not in seen[1:] else seen


def check_names(names: Sequence[str], line: int | None = None) -> None:
    """Refuse a header, which stands on a ``line``, of more names, or a longer one, than any has."""
    if len(names) > MOST_COLUMNS:
        raise Refusal(
            f"The file has {len(names):,} columns, more than {MOST_COLUMNS:,}.",
            row=line,
            remedy="Export the columns that are used alone; if these are data, write one row on"
            " each line, below a header.",
        )
    if any(len(name) > LONGEST_NAME for name in names):
        raise Refusal(
            f"The header has a name of more than {LONGEST_NAME:,} letters.",
            row=line,
            remedy="Shorten it; if it is data, close the quote that begins it.",
        )


def named_once(names: Sequence[str]) -> list[str]:
    """Return the names that occur once, in their order."""
    rows = Counter(names)
    return [name for name in names if rows[name] == 1]


def find_columns(header: list[str], wanted: list[str]) -> list[str]:
    """Return the names by which a header knows the wanted columns.

    Raises ``Refusal`` for a missing or repeated column, with the nearest names.
    """
    names = [as_seen(name) for name in header]
    for name in wanted:
        if names.count(as_seen(name)) > 1:
            raise Refusal(
                "The header names this column twice.",
                column=name,
                row=1,
                remedy="Give one of the two another name, or remove it.",
            )
        if as_seen(name) not in names:
            raise Refusal("There is no such column.", column=name, row=1, remedy=hint(names, name))
    return [header[names.index(as_seen(name))] for name in wanted]


def hint(names: list[str], wanted: str) -> str:
    """Guess what is wrong with a header that lacks a column; data in its place is not repeated."""
    if any(_DATA.fullmatch(name) for name in names):
        marks = _hint_of_marks(names, wanted)
        return " ".join(filter(None, ["The first line looks like data: add a header.", marks]))
    if any(name.startswith('"') for name in names):
        return "A column name has spaces before its quote: remove the spaces."
    if as_seen(wanted) in [as_seen(name).strip(_QUOTES) for name in names]:
        return 'Names are in quotes that CSV does not know: export with " or with none.'
    return _hint_of_marks(names, wanted) or _nearest(names, wanted)


def _hint_of_marks(names: list[str], wanted: str) -> str | None:
    mark = next((mark for mark in OTHERS if len(names) == 1 and mark in names[0]), None)
    if len(names) == 1 and _CONTROL.search(names[0]) and mark is None:
        return "The fields are separated by a control character, as Hive does: write commas."
    if mark is None and len(names) == 1 and as_seen(wanted) in re.split(r'[\s"]+', names[0]):
        return "The fields are separated by spaces: write them with commas."
    if mark is None:
        return None
    if mark == "|" and names[0].lstrip().startswith(mark):
        return FRAMED
    return (
        "The fields are not separated by commas: save the file with commas, or put this line "
        f"above the header: {line_for(mark)}"
    )


def line_for(mark: str) -> str:
    """Return what a first line has to say for fields that are separated by a mark."""
    return "sep= and a tab" if mark == "\t" else f"sep={mark}"


def _nearest(names: list[str], wanted: str) -> str:
    folded = {name.casefold(): name for name in names if name.isprintable()}
    near = get_close_matches(as_seen(wanted).casefold(), folded, n=3, cutoff=0.5)
    listed = ", ".join(name[:64] for name in ([folded[key] for key in near] or names[:12]))
    if not listed.isprintable():
        return "The header has names that do not print."
    return f"Did you mean {listed}?" if near else f"The columns are: {listed}."
