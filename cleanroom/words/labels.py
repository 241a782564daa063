"""Show labels of the data so that none is taken for a row that the product adds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cleanroom.words.catalogue import word
from cleanroom.words.languages import LANGUAGES

START: Final = "start"
"""What stands for the label before the first one."""

ADDED: Final = ("other", "total", "attributed", "unattributed", "asked", START)
"""Names of the rows that the product adds, and of that label."""

_OWN: Final = frozenset(
    text.casefold() for name in ADDED for text in (name, *(word(name, each) for each in LANGUAGES))
)


def label_text(label: object) -> str:
    """Return a label as text, in quotes if it is a word of the product's own in any language.

    A label that is in quotes itself gets more of them, so that no two labels look alike.
    """
    if label is None:
        return START
    text = str(label)
    alike = text.strip().casefold() in _OWN or (text.startswith('"') and text.endswith('"'))
    return f'"{text}"' if alike else text


def label_texts(labels: Iterable[object]) -> tuple[str, ...]:
    """Return the labels of a key."""
    return tuple(map(label_text, labels))
