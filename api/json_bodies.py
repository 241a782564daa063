"""Read JSON that every reader reads as the same value, and refuse all other."""

from __future__ import annotations

import json
from typing import Any, Final

from flask.json.provider import DefaultJSONProvider

from cleanroom.errors import InvalidInput

REFUSAL: Final = "the body is no JSON that every reader reads as the same value"


class JsonBodies(DefaultJSONProvider):
    """Read bodies strictly: no name twice in one object, no NaN, no depth that ends a reader."""

    sort_keys = False

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        """Return a value; ``InvalidInput`` for what is no JSON, or means several things."""
        try:
            # A text in another encoding than UTF-8 is not guessed at.
            text = s.decode() if isinstance(s, bytes) else s
            return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise InvalidInput(REFUSAL) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
