"""Notice addresses that a marketplace or a mail service lends for one order, shop or app.

They forward to a person whose own address stands nowhere in the file, so that nobody else has them,
and one buyer may have several.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from cleanroom.ingest.texts import Column, like, number_like, some
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa = Deferred("pyarrow")
    pc = Deferred("pyarrow.compute")

_SHARE, _FEWEST = 0.05, 3
"""The share of the addresses looked at, and their number, that tell."""

_TLD = r"[a-z]{2,3}(?:\.[a-z]{2})?"
_KNOWN = (
    r"marketplace\.amazon\." + _TLD,
    r"members\.ebay\." + _TLD,
    r"fw\.rakuten\.ne\.jp",
    r"scs[0-9]?\.tiktok(?:w|globalshop)?\." + _TLD,
    r"relay\.walmart\.com",
    r"allegromail\.pl",
    r"verkopen\.bol\.com",
    r"mail\.mercadoli[bv]re\." + _TLD,
    r"guest\.(?:airbnb|booking)\.com",
    r"m\.expediapartnercentral\.com",
    r"agoda-messaging\.com",
    r"(?:reply|sale)\.craigslist\.org",
    r"placeholder\.email",
    r"privaterelay\.appleid\.com",
    r"(?:relay\.firefox|mozmail|duck)\.com",
    r"simplelogin\.(?:co|com|fr|io)",
    r"anonaddy\.(?:com|me)",
    r"addy\.io",
    r"pass(?:mail|inbox|fwd)\.(?:com|net)",
    r"users\.noreply\.github\.com",
)
"""Domains of Amazon, eBay, Rakuten, TikTok Shop, Walmart, Allegro, bol, Mercado Libre, and travel.

Of Iterable, who makes an address up for whoever gives none.
And of Apple, Mozilla, DuckDuckGo, SimpleLogin, addy.io, Proton and GitHub, who hide an address.
"""
_RELAY = rf"@(?:[^@]+\.)?(?:{'|'.join(_KNOWN)})$"

_MADE, _LONG, _CHANGES, _OF_ONE = 0.9, 12, 4, 20
"""The share of a domain's addresses that programs made; letters, changes between letters and
digits, and addresses, from which on they are such."""

_HOMES = re.compile(
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|mac|aol|qq|foxmail|1(?:63|26|39)"
    r"|sina|naver|daum|hanmail|docomo|ezweb|gmx|web|t-online|mail|yandex|proton|protonmail"
    rf"|example)\.{_TLD}"
)
"""Domains of providers, at which people have such addresses, too, and those of examples."""

_CHANGE = re.compile("[a-z](?=[0-9])|[0-9](?=[a-z])")


def relays(values: Column) -> pa.Array:
    """Return the addresses that only forward, by their domain, if they are many.

    A domain is one that is known, or of which nearly all addresses are letters and digits as
    programs draw them.
    """
    few = some(values)
    known = number_like(few, _RELAY)
    drawn = _drawn(few.to_pylist())
    if known + sum(drawn.values()) < max(_FEWEST, _SHARE * len(few)):
        return values[:0]
    others = "".join(f"|@{re.escape(domain)}$" for domain in sorted(drawn))
    return like(values, _RELAY + others)


def _drawn(addresses: list[str]) -> Counter[str]:
    """Count the addresses of domains where programs draw them, the known ones left out."""
    every: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for local, _, domain in (one.partition("@") for one in addresses):
        every[domain] += 1
        made[domain] += len(local) >= _LONG and len(_CHANGE.findall(local)) >= _CHANGES
    known = re.compile(_RELAY)
    found = (one for one in every if made[one] >= max(_OF_ONE, _MADE * every[one]))
    others = (one for one in found if not known.search(f"@{one}") and not _HOMES.fullmatch(one))
    return Counter({one: every[one] for one in others})
