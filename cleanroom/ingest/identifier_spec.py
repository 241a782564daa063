"""Describe which columns of a party's file say who a row is about."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from cleanroom.errors import InvalidInput
from cleanroom.ingest.identifiers.names import HASHED, kind_of
from cleanroom.ingest.identifiers.nothing import Words, listed
from cleanroom.ingest.identifiers.profiles import check_region, find_profile
from protocols.limits import MOST_IDENTIFIERS

NAME_LENGTH = 64
"""Most characters of a column, dataset, measure or label name."""


def printable(text: str) -> str:
    """Return a name that prints and has no white space around it; raise ``ValueError``."""
    if not text.isprintable():
        raise ValueError("has a control or other unprintable character")
    return unpadded(text)


def unpadded(text: str) -> str:
    """Return a text that has no white space around it; raise ``ValueError``."""
    if text != text.strip():
        raise ValueError("starts or ends with white space")
    return text


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_LENGTH), AfterValidator(printable)
]
"""A name of a column, dataset, measure or label: printable, at most 64 characters."""


class Section(BaseModel):
    """A section of ``room.toml``: it never changes, and has no other fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IdentifierSpec(Section):
    """Name the identifier's column and its profile; ``region`` is for phone profiles.

    ``nulls`` are values that stand for nobody in this column, beside the words that always do;
    ``not_nulls`` are such words that are people here.
    """

    column: Name
    profile: str
    region: str | None = None
    nulls: tuple[Name, ...] = ()
    not_nulls: tuple[Name, ...] = ()

    @property
    def home(self) -> str | None:
        """Return the region of which numbers without a country are, if these are such."""
        if self.profile.startswith(HASHED) or kind_of(self.profile) != "phone":
            return None
        return "CN" if self.profile == "phone:cn11:v1" else self.region

    @property
    def words(self) -> Words:
        """Return both lists as the profiles take them."""
        return Words(self.nulls, self.not_nulls)

    @field_validator("not_nulls")
    @classmethod
    def _check_listed(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        stray = [word for word in words if not listed(word)]
        if stray:
            raise ValueError(f"{stray[0]} is an identifier already: it is not a word for no value")
        return words

    @model_validator(mode="after")
    def _check_profile(self) -> Self:
        try:
            find_profile(self.profile)
            check_region(self.region)
        except InvalidInput as refusal:
            raise ValueError(str(refusal)) from None
        return self


def one_or_several(value: object, one: ValidatorFunctionWrapHandler) -> object:
    """Take one section of an identifier, or a list of them, the faults of which say their place."""
    if not isinstance(value, list | tuple):
        return one(value)
    found = []
    for place, section in enumerate(value):
        try:
            found.append(IdentifierSpec.model_validate(section))
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            where = ".".join(map(str, (place, *fault["loc"])))
            sentence = fault["msg"].removeprefix("Value error, ")
            raise ValueError(f"{where}: {sentence}") from None
    kinds = [kind_of(section.profile) for section in found]
    if not 0 < len(found) <= MOST_IDENTIFIERS:
        raise ValueError(f"lists one to {MOST_IDENTIFIERS} identifiers")
    if len({*kinds}) < len(kinds) or len({section.column for section in found}) < len(kinds):
        raise ValueError("lists each kind of identifier, and each column, once")
    return found[0] if len(found) == 1 else tuple(found)
