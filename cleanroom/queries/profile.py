"""Who are the people that we both know, compared with everybody that one of us knows."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from pydantic import Field

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.errors import PolicyRefusal
from cleanroom.privacy.intervals import INDEX, share_interval, share_sd, tgi_interval
from cleanroom.queries import sensitivity
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.reporting import (
    base_kind,
    base_sd,
    grouped_result,
    people_in_words,
    people_number,
)
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS


class ProfileParameters(Document):
    """Group by labels of one side, whose whole dataset is the base; sum measures of one side.

    ``where`` restricts the overlap alone: an index compares a part with the whole.
    """

    group_by: tuple[Text, ...] = Field(min_length=1)
    measures: tuple[ColumnName, ...] = ()
    where: tuple[Text, ...] = ()


class Profile(Template):
    """Compare the shares of labels in the overlap with their shares in a base."""

    name = "profile"
    title = "Profile"
    chinese = "人群画像"
    Parameters = ProfileParameters
    private_parameters = (CONDITIONS,)
    leaks = (
        *COMMON_LEAKS,
        WHERE_LEAK,
        Leak(
            "aggregates",
            "if receiver: noised, thresholded",
            "if receiver: noised, thresholded",
            "exact match counts of opaque groups; no sums",
        ),
        Leak(
            "people per label in the base",
            "if receiver: the platform's, noised or by its grant exact",
            "if receiver: the brand's, noised or by its grant exact",
            "nothing: the counts are sealed",
        ),
    )

    def plan(self, question: Question) -> Plan:
        """Group matched rows by labels of one side; raise if the columns are of two sides."""
        parameters: ProfileParameters = self.parameters(question)
        columns = tuple(Column.parse(text) for text in parameters.group_by)
        base_side = columns[0].side
        if any(column.side != base_side for column in columns):
            raise PolicyRefusal(
                "the columns of a profile belong to one side, whose people are the base",
                rule="profile-one-side",
            )
        if len(set(columns)) != len(columns):
            raise PolicyRefusal("a profile names a column twice", rule="repeated-label")
        base = question.base(base_side, tuple(column.name for column in columns))
        side = question.value_side(parameters.measures)
        known = base.public or base_side == question.job.receiver
        return Plan(
            source="audience",
            columns=columns,
            cells=question.cells(columns),
            value_side=side,
            slots=question.slots(side, parameters.measures) if side else (),
            people_delta=sensitivity.profile(1, {}, base_public=known).people,
            base=(base,),
            rows=min(question.brand.rows, question.platform.rows),
            where=question.where(parameters.where),
        )

    def result(self, opened: Opened) -> dict[str, Any]:
        """Add to each group its share, its share of the base and the index of the two."""
        result = grouped_result(opened, [str(column) for column in opened.plan.columns])
        base = opened.plan.base[0]
        counts = opened.base[".".join((base.side, *base.columns))]
        deviation = base_sd(opened, base)
        total = sum(counts.values())
        whole = total, deviation * sqrt(len(counts))
        for group in result["groups"]:
            part = counts.get(tuple(group["key"].values()), 0.0), deviation
            group.update(_compared(opened, group, result["total"], part, whole))
        if result["other"]:
            result["other"]["share"] = _ratio(result["other"]["people"], result["total"]["people"])
        kind = base_kind(opened, base)
        result["base"] = {"side": base.side, "kind": kind, **people_number(opened, *whole)}
        return result

    def sentence(self, result: Mapping[str, Any]) -> str:
        """Name the label that stands out most."""
        both = people_in_words(result["total"])
        known = [group for group in result["groups"] if group["tgi_index"] is not None]
        if not known:
            return f"Both sides know {both}; no label can be compared with the base."
        most = max(known, key=lambda group: float(group["tgi_index"]))
        label = " and ".join(f"{column} {value}" for column, value in most["key"].items())
        return (
            f"Of {both} known to both sides, {label} stands out most: "
            f"{most['share']:.1%} against {most['base_share']:.1%} of the base "
            f"(TGI {most['tgi_index']:.0f})."
        )


Counted = tuple[float, float]
"""A count and the standard deviation of its noise."""


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _compared(
    opened: Opened,
    group: Mapping[str, Any],
    overlap: Mapping[str, Any],
    part: Counted,
    base: Counted,
) -> dict[str, Any]:
    """Return the shares of a label and their ratio; what cannot be divided is None."""
    share = _ratio(group["people"], overlap["people"])
    base_share = _ratio(part[0], base[0])
    ratio = share / base_share if share is not None and base_share and base_share > 0 else None
    shown: dict[str, Any] = {
        "share": share,
        "base_share": base_share,
        "tgi_ratio": ratio,
        "tgi_index": None if ratio is None else INDEX * ratio,
    }
    if not opened.charge.people.scale:
        return shown
    quantile = opened.charge.people.quantile
    own = (group["people"], group["people_sd"], overlap["people"], overlap["people_sd"])
    bounds = {
        "share_interval": share_interval(*own, quantile=quantile),
        "base_share_interval": share_interval(*part, *base, quantile=quantile),
        "tgi_interval": None,
    }
    sds = share_sd(*own), share_sd(*part, *base)
    if share is not None and base_share is not None and None not in sds:
        bounds["tgi_interval"] = tgi_interval(
            share, sds[0] or 0.0, base_share, sds[1] or 0.0, quantile=quantile
        )
    return shown | {name: list(found) if found else None for name, found in bounds.items()}


TEMPLATE = Profile()
