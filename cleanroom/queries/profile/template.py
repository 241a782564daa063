"""Who are the people that we both know, compared with everybody that one of us knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from pydantic import Field

from cleanroom.documents.document import ColumnName, Document, Text
from cleanroom.errors import PolicyRefusal
from cleanroom.privacy.intervals import INDEX, share_interval, share_sd, tgi_interval
from cleanroom.queries.plan import Column, Plan, Question
from cleanroom.queries.profile import sensitivity
from cleanroom.queries.reporting import (
    Counted,
    Key,
    base_kind,
    base_sd,
    everything,
    grouped_result,
    people_estimate,
    people_sd,
    quotient,
    share_of,
)
from cleanroom.queries.template import COMMON_LEAKS, WHERE_LEAK, Group, Leak, Opened, Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.estimate import Estimate, leading
from cleanroom.words.languages import Language
from cleanroom.words.tell import tell


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
    Parameters = ProfileParameters
    by_documents = ("profile-one-side",)
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
            only=("base",),
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
        whole = _whole(counts, deviation)
        groups = sorted(opened.groups, key=lambda group: group.key)
        for group, shown in zip(groups, result["groups"], strict=True):
            part = counts.get(group.key, 0.0), deviation
            shown.update(_compared(opened, group, part, whole))
        if opened.other:
            own = share_of(opened, [opened.other], everything(opened))
            result["other"] |= own.fields("share")
        kind = base_kind(opened, base)
        base_people = people_estimate(opened, *whole)
        result["base"] = {"side": base.side, "kind": kind, **base_people.fields("people")}
        result["most"] = _most(opened, result["groups"], counts, deviation)
        return result

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Name the label that stands out most, if the intervals tell which one does."""
        both = Estimate.read(result["total"], "people", "people")
        if not any(group["tgi_index"] is not None for group in result["groups"]):
            return tell(
                language,
                "Both sides know {both}; no label can be compared with the base.",
                "双方共有 {both}；没有标签可与基准比较。",
                both=both,
            )
        most = [one for one in result["groups"] if one["key"] == result.get("most")]
        if not most:
            return tell(
                language,
                "Both sides know {both}; no label clearly stands out most against the base.",
                "双方共有 {both}；没有标签明显最为突出。",
                both=both,
            )
        return tell(
            language,
            "Of {both} known to both sides, {label} stands out most: {share} against {base} of "
            "the base, TGI {tgi}.",
            "在双方共有的 {both}中，{label} 最为突出：占 {share}，基准为 {base}，TGI {tgi}。",
            both=both,
            label=", ".join(f"{column} {value}" for column, value in most[0]["key"].items()),
            share=Estimate.read(most[0], "share", "share"),
            base=Estimate.read(most[0], "base_share", "share"),
            tgi=Estimate.read(most[0], "tgi_index", "index"),
        )


def _whole(counts: Mapping[Key, float], deviation: float) -> Counted:
    """Return everybody of the base."""
    return sum(counts.values()), deviation * sqrt(len(counts))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _compared(opened: Opened, group: Group, part: Counted, base: Counted) -> dict[str, Any]:
    """Return the shares of a label and their ratio; what cannot be divided is None."""
    own = share_of(opened, [group], everything(opened))
    quantile = opened.charge.people.quantile
    bounds = share_interval(*part, *base, quantile=quantile)
    usual = quotient(opened, part[0], base[0], bounds, "share")
    index = _index(opened, group, part, base)
    ratio = None if index.value is None else index.value / INDEX
    shown = {**own.fields("share"), **usual.fields("base_share"), "tgi_ratio": ratio}
    shown |= {"tgi_index": index.value}
    if index.interval:
        shown |= {"tgi_interval": list(index.interval)}
        shown |= {"tgi_ratio_interval": [end / INDEX for end in index.interval]}
    return shown


def _index(opened: Opened, group: Group, part: Counted, base: Counted) -> Estimate:
    """Return the index of a label; unknown where the base share may be zero."""
    noise, every = opened.charge.people, everything(opened)
    whole = sum(one.people for one in every)
    share, base_share = _ratio(group.people, whole), _ratio(part[0], base[0])
    if share is None or base_share is None or base_share <= 0:
        return Estimate(None, "index")
    value = INDEX * share / base_share
    if not noise.scale:
        return Estimate(value, "index")
    own = share_sd(group.people, people_sd(noise, [group]), whole, people_sd(noise, every))
    usual = share_sd(*part, *base)
    bounds = tgi_interval(share, own or 0.0, base_share, usual or 0.0, quantile=noise.quantile)
    return Estimate(value if bounds else None, "index", None, bounds)


def _most(
    opened: Opened,
    groups: Sequence[Mapping[str, Any]],
    base: Mapping[Key, float],
    deviation: float,
) -> Mapping[str, str] | None:
    """Return the key of the label that stands out most, None if that is not certain.

    All that is pooled may be one label's that is held back.
    """
    names = {group.key for group in opened.groups}
    rivals = [
        _index(opened, opened.other, (base[key], deviation), _whole(base, deviation))
        for key in base
        if opened.other and key not in names
    ]
    shown = [Estimate(one["tgi_index"], "index", None, one.get("tgi_interval")) for one in groups]
    place = leading(shown, rivals)
    return None if place is None else groups[place]["key"]


TEMPLATE = Profile()
