"""Know how wide a picture may be: as wide as a page, or as narrow as a phone.

A page scales a picture down to its own width, and the text with it; so a phone gets a picture of
its own, in which labels and numbers stand above their bar and no text is smaller than elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from cleanroom.drawing.style import LABELS, NUMBERS, PLOT, TEXT_COLUMNS


@dataclass(frozen=True)
class Sheet:
    """How many pixels there are left of a plot, for it and right of it."""

    labels: float
    plot: float
    numbers: float
    heading_columns: int
    """Columns of text of a heading that fit the whole width; likewise of sentence and notes."""
    text_columns: int
    note_columns: int
    margin: int

    @property
    def left(self) -> float:
        """Return where the picture begins, from the plot's left edge."""
        return -self.labels

    @property
    def right(self) -> float:
        """Return where the picture ends, from the plot's left edge."""
        return self.plot + self.numbers


WIDE: Final = Sheet(LABELS, PLOT, NUMBERS, TEXT_COLUMNS, TEXT_COLUMNS, TEXT_COLUMNS + 18, 20)
NARROW: Final = Sheet(0, 320, 0, 32, 41, 47, 8)

_SHEET: ContextVar[Sheet] = ContextVar("sheet", default=WIDE)


def sheet() -> Sheet:
    """Return the sheet that is drawn on."""
    return _SHEET.get()


def narrow() -> bool:
    """Tell whether the sheet is that of a phone."""
    return _SHEET.get() is NARROW


@contextmanager
def drawn_on(chosen: Sheet) -> Iterator[None]:
    """Draw on a sheet for a while."""
    before = _SHEET.set(chosen)
    try:
        yield
    finally:
        _SHEET.reset(before)
