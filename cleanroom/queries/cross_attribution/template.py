"""Which platforms earned the conversion, each by its own touches, with no order between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Text
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.privacy.noise import Delta
from cleanroom.queries import crediting, events, hub_rows, media
from cleanroom.queries.attribution.template import TimedTemplate, check_actions
from cleanroom.queries.credit.rules import PRESETS, WINNER_MODELS, Model, Rule, make_rule
from cleanroom.queries.credit.ticks import Clock
from cleanroom.queries.credit.vectors import KeyNames
from cleanroom.queries.cross_attribution import sensitivity
from cleanroom.queries.events import CONVERSIONS, TouchParameters
from cleanroom.queries.hub import hub_of, where_of
from cleanroom.queries.plan import HUB, Column, Made, Plan, Question
from cleanroom.queries.reporting import everything
from cleanroom.queries.template import (
    COMMON_LEAKS,
    WHERE_LEAK_OF_HUB,
    Leak,
    Opened,
    PartyData,
    PartyRows,
)
from cleanroom.queries.where import CONDITIONS
from cleanroom.words.languages import Language
from protocols.limits import TOKEN_BYTES

if TYPE_CHECKING:
    from cleanroom.ingest import Table

BETWEEN = (Model.SHAPLEY, Model.LINEAR_DISTINCT)
"""The rules that divide a conversion among platforms: two names of one rule."""

WITHIN = WINNER_MODELS - {Model.MARKOV}
"""The rules by which a platform gives its part to one of its own labels."""

MOST_TICKS = 1024
"""Most ticks of a question: a row of a platform has a token for each."""

MOST_BYTES = 4 << 30
"""Most bytes of the rows that one platform may send."""

PLATFORM = "platform"
"""Stands in the key of a group for the platform that earned."""


class CrossAttributionParameters(TouchParameters):
    """Choose how a conversion is divided, and which touch of a platform takes its part.

    ``campaigns`` bounds the labels that a platform's column may declare.
    """

    model: Text = str(Model.SHAPLEY)
    within: Text = str(Model.LAST_TOUCH)
    by_action: bool = False
    resolution: Text = "1h"
    max_conversions: int | None = Field(default=None, ge=1, le=10)
    campaigns: int = Field(default=8, ge=1, le=512)
    where: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A job's parameters, checked."""

    parameters: CrossAttributionParameters
    rule: Rule
    clock: Clock
    column: Column | None
    most: int
    caps: dict[str, int]

    @property
    def labels(self) -> int:
        """Return among how many labels a platform gives its part."""
        names = self.parameters.campaigns if self.column else 1
        return len(KeyNames(self.rule, [""] * names).possible())

    def deltas(self) -> dict[str, Delta]:
        """Return what one person changes, in whole conversions and scaled units of a measure."""
        found = sensitivity.cross_attribution(self.most, self.caps)
        return {CONVERSIONS: found.people, **found.measures}


class CrossAttribution(TimedTemplate):
    """Divide the brand's conversions among the platforms that touched their people in time."""

    name = "cross_attribution"
    Parameters = CrossAttributionParameters
    by_documents = ("touches-are-events",)
    of_hub = True
    hubs = (HUB,)
    hub_kinds = ("events", "events")
    receivers = ("brand",)
    private_parameters = (CONDITIONS,)
    choices = {"model": tuple(map(str, BETWEEN))}
    leaks = (
        *COMMON_LEAKS,
        Leak(
            "which platforms touched a person in time",
            "noised, thresholded credit",
            "own touches; of others nothing",
            "per opaque conversion, which platforms, each under an opaque label",
        ),
        Leak(
            "times and order of touches",
            "own conversions",
            "own touches",
            "nothing: neither of touches, nor between platforms",
        ),
        crediting.ROWS_LEAK,
        WHERE_LEAK_OF_HUB,
    )

    def setting(self, question: Question) -> Setting:
        """Check every parameter; raise ``PolicyRefusal`` or ``InvalidInput`` before any charge."""
        parameters: CrossAttributionParameters = self.parameters(question)
        if parameters.model not in BETWEEN:
            raise PolicyRefusal(
                f"{parameters.model} needs the order of touches of different platforms, which"
                " nobody may see: leave model out, and choose by within which touch of a"
                " platform gets its part",
                rule="order-between-platforms",
            )
        if parameters.within not in {*WITHIN, *PRESETS}:
            raise InvalidInput(
                f"within is one of {', '.join(sorted({*WITHIN, *PRESETS}))}: a platform gives its"
                " part to one label"
            )
        media.want_kind(question, "platform", "events", "touches-are-events")
        rule = make_rule(
            parameters.within,
            window=parameters.window,
            click_window=parameters.click_window,
            view_window=parameters.view_window,
            boundary=parameters.boundary,
            by_action=parameters.by_action,
        )
        column = None
        if parameters.group_by:
            column = events.campaign_column(question, parameters.group_by)
            declared = question.domain(column)
            if declared > parameters.campaigns:
                raise PolicyRefusal(
                    f"{column} of {question.platform.party} declares {declared} labels, more than"
                    f" campaigns = {parameters.campaigns}: ask with campaigns = {declared}",
                    rule="too-many-campaigns",
                )
        most = parameters.max_conversions or 1
        caps = events.caps_of(question, parameters, most)
        return Setting(parameters, rule, events.clock_of(parameters), column, most, caps)

    def plan(self, question: Question) -> Plan:
        """Group by platform and its label; slots are the conversions and the measures, in parts."""
        found = self.setting(question)
        shape = hub_of(question, credits=found.labels, kind="events", hubs=self.hubs)
        _check_size(question, found)
        return Plan(
            source="job",
            columns=(found.column,) if found.column else (),
            cells=shape.cells,
            value_side=HUB,
            slots=events.slots_of(question, found.most, found.caps, shape.units, found.deltas()),
            people_delta=events.scaled(
                sensitivity.cross_attribution(found.most, {}).people, shape.units
            ),
            brand_tokens=len(shape.others),
            platform_tokens=found.clock.ticks,
            units=shape.units,
            rows=question.brand.people,
            made=_made(question, found),
            where=where_of(question, found.parameters.where),
            hub=shape,
        )

    def check_own(
        self,
        question: Question,
        side: PartyRole,
        table: Table,
        private: Mapping[str, Any],  # noqa: ARG002 - nothing is private here
    ) -> None:
        """Refuse events without times, and touches without actions that the rule tells."""
        found = self.setting(question)
        events.times_of(table)
        if side != HUB:
            check_actions(table, found.rule)

    def rows(self, question: Question, data: PartyData) -> PartyRows:
        """Make a row for each conversion, on a platform for each person and number of one."""
        found = self.setting(question)
        if data.side == HUB:
            measures, caps = found.parameters.measures, list(found.caps.values())
            table = data.counted(found.parameters.where)
            values = events.values_of(table, measures)
            asked = events.asked_conversions(table, found.clock, found.most, values, caps)
            return hub_rows.rows_of_conversions(question, asked, measures, found.labels)
        touches = events.touches_of(question, found.column, data.table, found.clock)
        pieces = crediting.cut_pieces(
            touches, found.rule, found.clock, crediting.dither_of(question, data)
        )
        campaigns = [""]
        if found.column:
            campaigns = events.campaign_names(question, found.column, data.table)
            campaigns += [""] * (found.parameters.campaigns - len(campaigns))
        names = KeyNames(found.rule, campaigns)
        texts = {key: crediting.key_text(names.name(key)) for key in names.possible()}
        return hub_rows.rows_of_touched(pieces, texts, found.most)

    def result(self, opened: Opened) -> dict[str, Any]:
        """List what every platform and label earned; the total is what is released."""
        every = everything(opened)
        return {
            "model": self.parameters(opened.question).model,
            "groups": [
                {
                    "key": _key(opened, group.key),
                    **crediting.group_numbers(opened, [group]),
                    **crediting.share_of(opened, group, every).fields("share"),
                }
                for group in sorted(opened.groups, key=lambda group: group.key)
            ],
            "other": crediting.other_numbers(opened),
            "total": crediting.total_numbers(opened),
            "bounds": crediting.bounds_of(opened),
        }

    def sentence(self, result: Mapping[str, Any], language: Language = "en") -> str:
        """Say what was attributed and who earned most, if the intervals tell who did."""
        return crediting.credit_sentence(result, language)


def _key(opened: Opened, labels: tuple[str, ...]) -> dict[str, str]:
    names = (PLATFORM, *map(str, opened.plan.columns), "action")
    return dict(zip(names, labels, strict=False))


def _made(question: Question, found: Setting) -> Made:
    """Bound the rows: conversions, and on a platform its people for each number of one."""
    conversions = min(question.brand.people * found.most, question.brand.rows)
    return Made(conversions, question.platform.people * found.most)


def _check_size(question: Question, found: Setting) -> None:
    """Refuse more ticks, or more bytes of a platform's rows, than one question may have."""
    ticks = found.clock.ticks
    size = _made(question, found).rows("platform") * ticks * (TOKEN_BYTES + 4)
    if ticks > MOST_TICKS or size > MOST_BYTES:
        raise PolicyRefusal(
            f"the rows of {question.platform.party} would have {ticks:,} ticks and {size:,} bytes,"
            f" more than {MOST_TICKS:,} or {MOST_BYTES:,}: ask with a coarser resolution, about a"
            " shorter period, or with fewer max_conversions",
            rule="too-many-ticks",
        )


TEMPLATE = CrossAttribution()
