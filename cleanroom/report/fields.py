"""Say what each number of an answer counts, by its exact name; nothing is guessed from a name."""

from __future__ import annotations

from typing import Final

from cleanroom.report import TABLE, Language, inert, said, shorten, word

FIELDS: Final[dict[str, str]] = {
    "people": "people",
    "of": "people",
    "reach": "people",
    "reached": "people",
    "arm_people": "people",
    "groups": "groups",
    "amounts": "sum",
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
    "expected": "conversions",
    "share": "share",
    "base_share": "share",
    "share_up_to_cap": "share",
    "relative_lift": "lift",
    "auc": "share",
    "rate": "rate",
    "row_rate": "rate",
    "step_rate": "rate",
    "test_rate": "rate",
    "control_rate": "rate",
    "on_target_rate": "rate",
    "difference": "points",
    "p_value": "p_value",
    "tgi_index": "index",
    "tgi_ratio": "ratio",
    "to_all": "ratio",
    "coefficient": "ratio",
    "mean_frequency": "ratio",
    "index": "index",
    "weighted_interactions": "number",
    "mean": "sum",
    "test_mean": "sum",
    "control_mean": "sum",
    "cost": "sum",
    "cost_per_conversion": "sum",
    "return_on_spend": "ratio",
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

OF_MEASURES: Final = {"sums", "asked_sums", "amounts"}
"""Fields whose parts are measures, in the unit of the file, or amounts of money."""


def unit_of(name: str) -> str:
    """Return the unit of a dotted field: ``number`` where it has none of its own."""
    first, *rest = name.split(".")
    if first == "total" and rest:
        first, *rest = rest
    if rest and first in OF_MEASURES:
        return "sum"
    leaf = (rest or [first])[-1]
    if first == "measures" and leaf == "difference":
        return "sum"
    return FIELDS.get(leaf, "number")


def field(name: str, language: Language) -> str:
    """Return a dotted field in words; a measure keeps its own name."""
    if name in TABLE:
        return word(name, language)
    first, _, rest = name.partition(".")
    if not rest:
        return said(first, language).replace("_", " ")
    if first == "total":
        return field(rest, language)
    if first == "measures":
        measure, _, leaf = rest.rpartition(".")
        return f"{_measure(measure)} · {field(leaf, language)}"
    if first in OF_MEASURES:
        return f"{said(first, language)} {_measure(rest)}"
    return f"{said(first, language)} · {field(rest, language)}"


def _measure(name: str) -> str:
    return shorten(name, 40)


def text(name: str, value: str, language: Language) -> str:
    """Return a text of a result: one of the product's own in the reader's language."""
    first, _, leaf = name.rpartition(".")
    own = leaf in OWN_TEXTS or first == "base"
    return said(value, language) if own else inert(value)


OWN_TEXTS: Final = {"model", "kind", "side", "denominator"}
"""Fields whose texts are the product's own words; other texts are a stranger's."""
