"""Notice addresses of one mailbox under several names of its provider's domain."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, among, chosen
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_NAMES = (
    ("gmail.com", "googlemail.com"),
    ("daum.net", "hanmail.net"),
    ("icloud.com", "me.com", "mac.com"),
    ("yandex.ru", "yandex.com", "ya.ru"),
    ("proton.me", "protonmail.com", "pm.me"),
)
"""Domains at which one name is one mailbox; at outlook.com, hotmail.com and live.com it is not."""


def both_domains(values: Column) -> pa.Array:
    """Return the addresses whose mailbox has one at another of its provider's domains, too.

    At Gmail dots before the @, and what follows a plus, name no other mailbox.
    """
    pairs = (pair for names in _NAMES for pair in combinations(names, 2))
    found = [_twins(values, one, other) for one, other in pairs]
    return pa.concat_arrays([part for part in found if len(part)] or [values[:0]])


def _twins(values: Column, one: str, other: str) -> pa.Array:
    """Return the addresses at the other domain that have a twin at the one."""
    found = chosen(values, lambda part: pc.ends_with(part, f"@{other}"))
    if not len(found):
        return found
    form = _box if one == "gmail.com" else (lambda part: part)
    twins = form(pc.replace_substring(found, f"@{other}", f"@{one}"))
    return found.filter(among(twins, values, form))


def _box(addresses: pa.Array) -> pa.Array:
    """Return addresses without dots, of their domains too, and what follows a plus."""
    return pc.replace_substring_regex(addresses, r"\+[^@]*|\.", "")
