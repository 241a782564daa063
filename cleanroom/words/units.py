"""Say what each number of an answer counts, by its exact name; nothing is guessed from a name."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {
    "people": "people",
    "of": "people",
    "reach": "people",
    "reached": "people",
    "added": "people",
    "groups": "groups",
    "amounts": "sum",
    "spend_today": "sum",
    "spend_suggested": "sum",
    "spend_up_to": "sum",
    "reach_change": "more_people",
    "conversions_change": "more_conversions",
    "elasticity": "ratio",
    "size": "people",
    "minimum": "people",
    "impressions": "events",
    "matched_impressions": "events",
    "impressions_counted_up_to": "events",
    "dropped_campaigns": "events",
    "clamped_impressions": "events",
    "dropped": "events",
    "clamped": "events",
    "outside": "events",
    "conversions": "conversions",
    "attributed": "conversions",
    "unattributed": "conversions",
    "share": "share",
    "share_up_to_cap": "share",
    "rate": "rate",
    "row_rate": "rate",
    "on_target_rate": "rate",
    "p_value": "p_value",
    "tgi_index": "index",
    "people_change": "more_people",
    "outcome_index": "index",
    "tgi_ratio": "ratio",
    "coefficient": "ratio",
    "mean_frequency": "ratio",
    "index": "index",
    "gain": "gain",
    "mean": "sum",
    "cost": "sum",
    "rho": "privacy",
    "rho_left": "privacy",
    "rho_before": "privacy",
    "rho_after": "privacy",
    "epsilon": "privacy",
    "delta": "privacy",
    "brand_rows": "rows",
    "platform_rows": "rows",
    "brand_rows_padded": "rows",
    "platform_rows_padded": "rows",
}
"""The unit of a field by the last part of its dotted name."""

OF_MEASURES: Final = {"sums", "asked_sums", "amounts", "incremental", "squares"}
"""Fields whose parts are measures, in the unit of the file, or amounts of money, or have a unit of
their own."""


def unit_of(name: str) -> str:
    """Return the unit of a dotted field: ``number`` where it has none of its own."""
    first, *rest = name.split(".")
    if first == "total" and rest:
        first, *rest = rest
    if rest and first in OF_MEASURES:
        return FIELDS.get(first, "sum")
    leaf = (rest or [first])[-1]
    if first == "measures" and leaf == "difference":
        return "sum"
    return FIELDS.get(leaf, "number")
