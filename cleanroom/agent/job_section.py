"""Read one question of a room file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cleanroom.documents.agreement import SIDES, PartyRole, other_side
from cleanroom.documents.document import Name, Text
from cleanroom.documents.job import MOST_OTHERS
from cleanroom.errors import InvalidInput
from cleanroom.queries.plan import Column
from cleanroom.queries.registry import find_template
from cleanroom.queries.where import OUTCOME, Condition


class JobSection(BaseModel):
    """One question; whatever is not a field of every job is a parameter of its template."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: Name
    template: Name
    brand: Name
    platform: Name
    receiver: Name = "brand"
    """A side, or the name of a party of the room."""
    rho: float | None = None
    purpose: Text | None = Field(default=None, exclude_if=lambda one: one is None)
    """What the answer is for, where the agreement lists purposes or the template takes one."""
    others: tuple[Name, ...] = Field(
        default=(), max_length=MOST_OTHERS, exclude_if=lambda others: not others
    )
    """Of a question of a hub, all datasets that are joined with it; one of the two is the first."""
    hub_side: PartyRole = Field(default="brand", exclude_if=lambda side: side == "brand")
    """Of which side the hub is."""

    @model_validator(mode="before")
    @classmethod
    def _read_hub(cls, section: Any) -> Any:
        """Take ``hub`` for the dataset of one side, and ``with`` for the others.

        A list of datasets of one side says the same.  The hub is the brand's until ``placed``.
        """
        given = dict(section) if isinstance(section, Mapping) else {}
        for side in SIDES:
            if isinstance(given.get(side), list):
                hub = other_side(side)
                given |= {"hub": given.pop(hub, None), "with": given.pop(side), "hub_side": hub}
        if not {"hub", "with", "others", "hub_side"} & given.keys():
            return section
        hub, others = given.pop("hub", None), given.pop("with", None)
        if {"brand", "platform", "others"} & given.keys() or hub is None:
            raise ValueError("a question of a hub names hub and with, not brand and platform")
        if not isinstance(others, list) or not others:
            raise ValueError('with lists the datasets beside the hub: with = ["douyin.users"]')
        if given.get("hub_side") != "platform":
            return given | {"brand": hub, "platform": others[0], "others": others}
        named = {"brand": others[0], "platform": hub, "others": others}
        return {"receiver": "platform"} | given | named

    def placed(self, roles: Mapping[str, str]) -> JobSection:
        """Return the question with its hub on the side of whoever has it, by the roles of parties.

        Without a receiver the owner of the hub receives.
        """
        owner, _, _ = self.brand.partition(".")
        if not self.others or self.hub_side == "platform" or roles.get(owner) != "platform":
            return self
        sides = {"brand": self.platform, "platform": self.brand, "hub_side": "platform"}
        receiver = self.receiver if "receiver" in self.model_fields_set else "platform"
        return self.model_copy(update={**sides, "receiver": receiver})

    def sides(self) -> dict[PartyRole, str]:
        """Return the two datasets by their sides; of a hub, the first of the others."""
        return {"brand": self.brand, "platform": self.platform}

    def pairs(self) -> tuple[JobSection, ...]:
        """Return the question as one about two datasets for each of those beside the hub."""
        side = other_side(self.hub_side)
        pairs = ({"others": (), "hub_side": "brand", side: other} for other in self.others)
        return tuple(self.model_copy(update=pair) for pair in pairs) or (self,)

    @model_validator(mode="before")
    @classmethod
    def _outcome_in_full(cls, given: Any) -> Any:
        """Take a column and the label that is the outcome for the condition that they mean."""
        if not isinstance(given, dict) or not isinstance(given.get(OUTCOME), str):
            return given
        rest = {name: value for name, value in given.items() if name != "value"}
        if not isinstance(given.get("value"), str):
            raise ValueError("outcome names a column: give the label that is meant as its value")
        try:
            named = Column.parse(given[OUTCOME])
        except InvalidInput as error:
            raise ValueError(f"outcome: {error.sentence}") from None
        one = Condition(column=str(named), test="in", values=(given["value"],))
        return {**rest, OUTCOME: [one.text()]}

    def parameters(self) -> dict[str, Any]:
        """Return the template's parameters as JSON values; times become Unix seconds."""
        given = {name: plain(value) for name, value in (self.model_extra or {}).items()}
        found = find_template(self.template)
        takes = found is not None and "purpose" in found.Parameters.model_fields
        return {**given, "purpose": self.purpose} if takes and self.purpose else given


class StandingSection(BaseModel):
    """A question of the file that is asked again and again; without ``first`` it begins at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job: Name
    every: str
    until: date | datetime
    first: date | datetime | None = None


def plain(value: Any) -> Any:
    """Turn what TOML reads into JSON: a date is its first second in UTC."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(f"{value} has no offset.", remedy="Write 2026-06-01T00:00:00Z.")
        return int(value.timestamp())
    if isinstance(value, date):
        return int(datetime.combine(value, time(), UTC).timestamp())
    if isinstance(value, time):
        raise InvalidInput(f"{value} has no day.", remedy="Write 2026-06-01T12:30:00Z.")
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
