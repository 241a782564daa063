"""Show what a document changes against the one that was approved before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


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
