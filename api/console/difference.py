"""Show what a document changes against the one that was approved before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cleanroom.report.consent import Part


@dataclass(frozen=True)
class Change:
    """One field: how it was, how it is; None where it was not there."""

    field: str
    before: str | None
    now: str | None

    @property
    def kind(self) -> Literal["same", "changed", "added", "removed"]:
        """Say what happened to the field."""
        if self.before == self.now:
            return "same"
        if self.before is None:
            return "added"
        return "removed" if self.now is None else "changed"


def difference(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[Change]:
    """Return every field of two documents, in the order of the newer one."""
    old, new = _flat(before or {}), _flat(now)
    names = [*new, *(name for name in old if name not in new)]
    return [Change(name, old.get(name), new.get(name)) for name in names]


def in_words(before: Sequence[Part], now: Sequence[Part], unlike: str) -> list[Change]:
    """Return every line of two texts of consent; ``unlike`` names one that no two have alike."""
    old, new = _lines(before, unlike), _lines(now, unlike)
    names = [*new, *(name for name in old if name not in new)]
    return [Change(" · ".join(name), old.get(name), new.get(name)) for name in names]


def _lines(parts: Sequence[Part], unlike: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for part in parts:
        for line in part.lines:
            if line.name != unlike:
                name = part.title, line.name
                found[name] = "; ".join(filter(None, (found.get(name), line.text)))
    return found


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, item in value.items():
        if isinstance(item, Mapping) and item:
            found |= _flat(item, f"{prefix}{name}.")
        else:
            found[prefix + name] = _text(item)
    return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value) or "—"
    return "—" if value is None else json.dumps(value, ensure_ascii=False)
