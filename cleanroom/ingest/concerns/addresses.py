"""Notice addresses of one mailbox under both names of Gmail's domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, among, chosen
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")


def both_domains(values: Column) -> pa.Array:
    """Return the addresses at googlemail.com whose mailbox has one at gmail.com, too.

    Dots before the @, and what follows a plus, name no other mailbox there.
    """
    found = chosen(values, lambda part: pc.ends_with(part, "@googlemail.com"))
    if not len(found):
        return found
    return found.filter(among(pc.replace_substring(_box(found), "@google", "@g"), values, _box))


def _box(addresses: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(addresses, r"\+[^@]*|\.", "")
