"""Notice labels that name several places by a code and by a name, such as CA and California."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cleanroom.ingest.concerns.countries import CODES, region_of
from cleanroom.ingest.concerns.spellings import folded

_STATES: Final = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut"
    "|DE Delaware|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois"
    "|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts"
    "|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada"
    "|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota"
    "|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island"
    "|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia"
    "|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"
    "|AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador"
    "|NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island"
    "|QC Quebec|QC Québec|SK Saskatchewan|YT Yukon"
    "|ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland"
    "|SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia"
)
"""States of the USA and of Australia, provinces of Canada, with the codes of their posts."""

_LEAST = 2
"""Places named in both ways from which on it is hardly chance."""


def both_ways(labels: Collection[str]) -> list[list[str]]:
    """Return the labels of each state, or else country, that has a code and another word for it.

    None of a single one: CA and California may be a country and a state.
    """
    forms: dict[str, list[str]] = {}
    for label in labels:
        forms.setdefault(folded(label), []).append(label)
    places: dict[str, set[str]] = {}
    for code, name in (map(folded, one.split(" ", 1)) for one in _STATES.split("|")):
        if code in forms and name in forms:
            places.setdefault(code, set()).update((code, name))
    codes = CODES & forms.keys()
    if len(places) < _LEAST <= len(codes):
        places = {}
        for form, (one, *_) in forms.items():
            places.setdefault(region_of(one), set()).add(form)
        places.pop("", None)
        places = {one: found for one, found in places.items() if len(found) > 1 and found & codes}
    several = places.values() if len(places) >= _LEAST else ()
    return [[label for form in found for label in forms[form]] for found in several]
