"""Write tables that a spreadsheet opens without running what stands in their cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from cleanroom.files import replacing

_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_CONTROL = ("\t", "\r", "\n")
_BLANKS = " \u3000\ufeff\t\r\n"


def quote_cell(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    Numbers are written by ``write_csv`` as they are; an identifier such as ``+8613800138000``
    is text and gets its apostrophe (OWASP, CSV Injection).  So do the full-width signs, which
    spreadsheets in Chinese and Japanese take alike; blanks before a sign hide none.
    """
    formula = text.startswith(_CONTROL) or text.lstrip(_BLANKS).startswith(_FORMULA)
    return "'" + text if formula else text


def _cell(value: object) -> object:
    return value if isinstance(value, int | float) else quote_cell(str(value))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows as RFC 4180 in UTF-8, all or nothing, readable by the owner alone.

    The file appears under its name only when it is whole.
    """
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow([quote_cell(name) for name in header])
        writer.writerows([_cell(value) for value in row] for row in rows)
        text.detach()
