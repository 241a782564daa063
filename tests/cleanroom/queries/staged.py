"""Make two parties with stages, and count them in clear from the definitions."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.cleanroom.queries.harness import Measure, audience

ORDER = {"none": 0, "A": 1, "I": 2, "P": 3, "L": 4}
PEOPLE = [f"person{number}" for number in range(16)]
STAGE = st.sampled_from(list(ORDER))
PARTY = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(STAGE, STAGE), min_size=1)
FLOW = {
    "from": {"brand": "before", "platform": "old"},
    "to": {"brand": "after", "platform": "new"},
}


def higher(one, two):
    return one if ORDER[one] >= ORDER[two] else two


def parties(brand, platform, spend=None):
    """Return both audiences: two stages per person, and the platform's spend if given."""
    measures = {"spend": Measure([spend[p] for p in platform], 50, decimals=2)} if spend else {}
    return (
        audience(
            list(brand),
            labels={
                "before": [stages[0] for stages in brand.values()],
                "after": [stages[1] for stages in brand.values()],
            },
        ),
        audience(
            list(platform),
            labels={
                "old": [stages[0] for stages in platform.values()],
                "new": [stages[1] for stages in platform.values()],
            },
            measures=measures,
        ),
    )


def moves(brand, platform):
    """Return each matched person's stage before and after."""
    return {
        person: tuple(higher(*pair) for pair in zip(stages, platform[person], strict=True))
        for person, stages in brand.items()
        if person in platform
    }
