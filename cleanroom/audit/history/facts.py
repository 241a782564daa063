"""Hold what the mediator notes against what follows from the signed documents."""

from __future__ import annotations

import math
from typing import Any

from cleanroom.audit.entries import Seen
from cleanroom.audit.failures import BadEntry


def check_facts(entry: Seen, expected: dict[str, Any]) -> None:
    """Raise ``BadEntry`` unless the mediator's facts are those that follow from the documents."""
    for name, value in expected.items():
        found = entry.facts.get(name)
        if not _same(found, value):
            raise BadEntry(
                f"the mediator notes {name} {found!r}, the signed documents give {value!r}",
                entry.number,
            )


def _same(found: Any, value: Any) -> bool:
    """Compare facts; fractions may differ in their last digits between machines."""
    if isinstance(value, list):
        return (
            isinstance(found, list)
            and len(found) == len(value)
            and all(_same(a, b) for a, b in zip(found, value, strict=True))
        )
    if isinstance(value, float) and type(found) in (int, float):
        return math.isclose(found, value, rel_tol=1e-9, abs_tol=1e-12)
    return bool(found == value)
