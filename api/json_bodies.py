"""Read JSON that every reader reads as the same value, and refuse all other."""

from __future__ import annotations

import json
from typing import Any, Final

from flask.json.provider import DefaultJSONProvider

from cleanroom.documents.document import MOST_LEVELS, check_interchangeable
from cleanroom.errors import InvalidInput

REFUSAL: Final = "the body is not JSON that every reader reads as the same value"

ABOVE_A_BODY: Final = 3
"""Levels of a request above what is said: itself, the signed statement, the statement."""


class JsonBodies(DefaultJSONProvider):
    """Read bodies strictly: no name twice in one object, and nothing without a canonical form."""

    sort_keys = False

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        """Return a value; ``InvalidInput`` for what is not JSON, or means several things."""
        try:
            # A text in another encoding than UTF-8 is not guessed at.
            text = s.decode() if isinstance(s, bytes) else s
            value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
            check_interchangeable(value, MOST_LEVELS + ABOVE_A_BODY)
        except (ValueError, RecursionError):
            raise InvalidInput(REFUSAL) from None
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in an object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
