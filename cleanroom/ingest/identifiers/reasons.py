"""Refuse a value that is no identifier, by a reason that does not repeat it."""

from __future__ import annotations

from cleanroom.errors import InvalidInput


class NotNormalisable(InvalidInput):
    """Refuse a value that its profile cannot normalise; the reason never repeats the value.

    ``sentence`` is the end of a sentence, such as "is empty", that a column's name may start.
    """

    def __str__(self) -> str:
        return f"The value {self.sentence}."
