"""Notice addresses that were cut off: at the width of a column, or within their domain.

What is left of ``ann@gmail.com`` is no address at ``ann@gma``, and one that nobody has at
``ann@gmail.co``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, chosen, parts
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_FEWEST, _SHARE, _SELDOM, _DOMAINS = 3, 0.2, 0.01, 8
"""Addresses that tell, their share of the longest ones, and of all; domains that are looked at."""

_SAMPLE = 1_000
"""Addresses of a part whose domains are counted."""

_PROVIDERS = r"@(?:gmail|hotmail|outlook|yahoo|icloud|qq|foxmail|126|163)\.co$"
"""Domains of providers without their last letter."""


def shortened(values: Column) -> pa.Array:
    """Return the addresses that end within their domain: of the longest ones, or of providers.

    Of addresses cut at a width, many have just that width, and some of these a domain that others
    have with more behind it.  One that is mistyped is seldom, and of any width.
    """
    longest = max(
        (pc.max(pc.binary_length(part)).as_py() or 0 for part in parts(values)), default=0
    )

    def is_widest(part: pa.Array) -> pa.Array:
        return pc.equal(pc.binary_length(part), longest)

    # In a list of addresses of one width all are the longest: a part of them says as much.
    some = pa.concat_arrays(
        [part.take(pc.indices_nonzero(is_widest(part))[:_SAMPLE]) for part in parts(values)]
        or [values[:0]]
    )
    domains = pc.value_counts(_domains(some)).to_pylist()
    often = sorted(one["values"] for one in domains if one["counts"] >= _FEWEST)[:_DOMAINS]
    cut = pa.array([one for one in often if _goes_on(one, values)], values.type)
    if len(cut):
        widest = chosen(values, is_widest)
        found = widest.filter(pc.is_in(_domains(widest), cut))
        if len(found) >= max(_FEWEST, _SHARE * len(widest)):
            return found
    found = chosen(values, lambda part: pc.ends_with(part, ".co"))
    found = found.filter(pc.match_substring_regex(found, _PROVIDERS))
    return found if len(found) >= max(_FEWEST, _SELDOM * len(values)) else values[:0]


def _domains(addresses: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(addresses, "^[^@]*", "")


def _goes_on(domain: str, values: Column) -> bool:
    """Tell whether some others have a domain that begins with this one."""
    more = chosen(
        values,
        lambda part: pc.and_not(pc.match_substring(part, domain), pc.ends_with(part, domain)),
    )
    return len(more) >= _FEWEST
