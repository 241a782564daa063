"""A question: template, parameters, dataset versions, receiver."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Self

import rfc8785
from pydantic import Field, model_validator

from cleanroom.documents.delegation import Behalf
from cleanroom.documents.document import (
    Document,
    First,
    Hex128,
    Hex256,
    Interchangeable,
    Name,
    SealedHex,
    Text,
)
from cleanroom.documents.standing import Run

NOT_ASKED: Final = ("name", "submitter", "alignment", "sealed", "agreement", "standing")
"""Fields that change nothing about a question's answer."""


FIRST_APART: Final = ("joint_activation",)
"""Templates in which the first of the others is asked something else than the rest: it alone gets
the people, so with another one first it is another question."""


def side_of_others(others: Sequence[Mapping[str, Any]]) -> Literal["brand", "platform"]:
    """Return the side of a hub's others, which each of them names its dataset by."""
    return "brand" if others and others[0].get("brand") else "platform"


def joined_with(document: Mapping[str, Any]) -> list[str]:
    """Return the datasets of a hub's others in an order that all who ask the same have alike."""
    side = side_of_others(document["others"])
    first, *rest = (str(other[side]) for other in document["others"])
    if document["template"] in FIRST_APART:
        return [first, *sorted(rest)]
    return sorted([first, *rest])


def asked_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a job document asks, whatever it is called, whoever asks, in whatever order."""
    asked = {name: value for name, value in document.items() if name not in NOT_ASKED}
    if asked.get("behalf"):
        asked["behalf"] = {**asked["behalf"], "sealed": ""}
    if asked.get("others"):
        del asked[side_of_others(asked["others"])]
        asked["others"] = joined_with(document)
    return asked


MOST_OTHERS: Final = 8
"""Most datasets that a question is about beside the hub's: its groups are the sets of them."""


class Joined(Document):
    """A dataset that a hub is joined with, named by its side: whose it is, and the alignment."""

    party: Name
    brand: Hex128 | None = Field(default=None, exclude_if=lambda one: one is None)
    platform: Hex128 | None = Field(default=None, exclude_if=lambda one: one is None)
    alignment: Hex128

    @model_validator(mode="after")
    def _check_side(self) -> Self:
        if (self.brand is None) == (self.platform is None):
            raise ValueError("one of others has a dataset of a brand or of a platform")
        return self

    @property
    def dataset(self) -> str:
        """Return the dataset, whichever side it is of."""
        return self.brand or self.platform or ""


class JobDocument(Document):
    """Ask one template about two datasets of one alignment, or about one and several others.

    ``others`` are these, the first of them again; they are left out of a question about two, so
    that it keeps its bytes.  They are all of one side, and the dataset of the other side is the hub
    then; every pair of it with another one is held against the agreement like a question about the
    two.

    ``parameters`` are checked by the template's own model.  Values that only the parties may
    read (names of labels, costs) travel in ``sealed``, hex, sealed to the peer; the template
    says which those are.  ``private`` is their HMAC-SHA256 under the key of the pair, so that the
    same question is known as such without anybody else testing what it may hold.
    """

    version: First = 1
    room: Hex128
    name: Name
    template: Name
    alignment: Hex128
    brand: Hex128
    platform: Hex128
    receiver: Literal["brand", "platform"]
    submitter: Literal["brand", "platform"]
    parameters: Interchangeable = Field(default_factory=dict)
    rho: float | None = Field(default=None, gt=1e-9, le=100)
    private: Hex256 | None = None
    sealed: SealedHex = ""
    agreement: Hex256 | None = Field(default=None, exclude_if=lambda one: one is None)
    """The digest of the amendment in force; None under a room's first agreement."""
    purpose: Text | None = Field(default=None, exclude_if=lambda one: one is None)
    """What the answer is for, one of those that the agreement lists; None where it lists none."""
    standing: Run | None = Field(default=None, exclude_if=lambda one: one is None)
    """The standing question that it is a run of; None for one that is asked once."""
    others: tuple[Joined, ...] = Field(
        default=(), max_length=MOST_OTHERS, exclude_if=lambda others: not others
    )
    behalf: Behalf | None = Field(default=None, exclude_if=lambda one: one is None)
    """The agency that asks in the brand's place; left out where the submitter asks for itself."""

    @model_validator(mode="after")
    def _check_others(self) -> Self:
        if not self.others:
            return self
        first, named = self.others[0], self.platform if self.hub == "brand" else self.brand
        if (first.dataset, first.alignment) != (named, self.alignment):
            raise ValueError("dataset and alignment are those of the first of others")
        if len({other.brand is None for other in self.others}) > 1:
            raise ValueError("others are all brands or all platforms")
        for kind in ("party", "dataset", "alignment"):
            if len({getattr(other, kind) for other in self.others}) != len(self.others):
                raise ValueError("others are datasets of different parties")
        return self

    @property
    def hub(self) -> Literal["brand", "platform"]:
        """Return the side of the hub; the brand in a question about two."""
        return "platform" if self.others and self.others[0].brand else "brand"

    @property
    def sides(self) -> tuple[str, ...]:
        """Return the places of the parties: brand, platform, platform-2; or platform, brand, ..."""
        side = "platform" if self.hub == "brand" else "brand"
        return (self.hub, side, *(f"{side}-{n}" for n in range(2, len(self.others) + 1)))

    @property
    def datasets(self) -> tuple[str, ...]:
        """Return the datasets in the order of their places."""
        first = self.brand, self.platform
        further = tuple(other.dataset for other in self.others[1:])
        return (*(first if self.hub == "brand" else first[::-1]), *further)

    @property
    def alignments(self) -> tuple[str, ...]:
        """Return the alignment of the first dataset with each other one, in their order."""
        return (self.alignment, *(other.alignment for other in self.others[1:]))

    def alignment_of(self, dataset: str) -> str:
        """Return what joins a dataset to the first one."""
        return self.alignments[self.datasets.index(dataset) - 1]

    def pair_with(self, dataset: str) -> tuple[str, str]:
        """Return the datasets of brand and platform of which one is the first, the other given."""
        return (self.brand, dataset) if self.hub == "brand" else (dataset, self.platform)

    def question(self) -> str:
        """Return the digest of what is asked, whatever the job is called and whoever asks.

        Two jobs with one question on the same dataset versions have one answer, in whatever order
        these are named, but for the first one where it is told apart (``FIRST_APART``).
        """
        return hashlib.sha256(rfc8785.dumps(asked_of(self.to_json()))).hexdigest()
