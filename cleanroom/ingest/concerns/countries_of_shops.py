# ruff: noqa: E501
"""Tell of which countries the shops of one file are, by their addresses or names.

``brandx.sg`` and ``brandx.my``, ``Shopee TH``, or 马来西亚店: telephone numbers of their customers
are written as at home.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from cleanroom.ingest.concerns.countries import COMMON, COUNTRY, region_of
from cleanroom.ingest.concerns.numbers_of_shops import SHOP

_SITE: Final = r"(?:^|[ _-])sites?(?:$|[ _-])|market.?place|venture|storefront|站点|站點|サイト"
PLACES: Final = f"{COUNTRY}|{SHOP}|{_SITE}"
"""What names of columns of countries, or of shops, have in them."""

_ADDRESS: Final = re.compile(r"(?:https?://)?(?:[\w-]+\.)+([a-z]{2})/?", re.IGNORECASE)
_FOR_ALL: Final = frozenset("ai am cc co fm gg io is la ly me sh to tv ws".split())  # noqa: SIM905
"""Ends of addresses that stand for a country, and that everybody takes."""
_OF_MARKET: Final = re.compile(
    r"(?:shopee|lazada|tiktok(?: ?shop)?|tts|amazon|ebay|zalora|qoo10)[ _.-]{1,3}([a-z]{2})",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(
    r"(?:(.*?)[ _-]*(?:官方|品牌)?(?:旗舰店|专营店|专卖店|本土店|跨境店|分店|店铺|店|站点|站|official store|store|shop)|(.*))",
    re.IGNORECASE,
)
_LONGEST, _HAN = 3, 6
"""Words, and Han signs, of the longest name of a country."""


def regions_of_shops(column: str, shops: Collection[str]) -> dict[str, str]:
    """Return the region of each cell of a column of several shops, empty if it says none.

    Nothing of a column of countries.  Two letters may be a state, unless they are a site.
    """
    if re.search(f"(?i){COUNTRY}", column):
        return {}
    if len(shops) < 2:
        return dict.fromkeys(shops, "")
    site = re.search(f"(?i){_SITE}", column)
    return {one: _region_of_shop(one.strip()) or (region_of(one) if site else "") for one in shops}


def _region_of_shop(shop: str) -> str:
    """Return the two letters of the country that a shop's address, or its name, ends with."""
    if known := _ADDRESS.fullmatch(shop) or _OF_MARKET.fullmatch(shop):
        return "" if known[1].casefold() in _FOR_ALL else region_of(known[1])
    name = _NAMED.fullmatch(shop)
    text = ((name[1] or name[2] or "") if name else "").strip(" ()（）【】[]_-")
    words = re.split(r"[\s_()-]+", text)
    ends = [" ".join(words[-count:]) for count in range(min(_LONGEST, len(words)), 0, -1)]
    ends += [text[-count:] for count in range(min(_HAN, len(text)), 1, -1) if not text.isascii()]
    regions = (region_of(one) for one in ends if len(one) > 3 or not one.isascii())
    return next((one for one in regions if one in COMMON), "")
