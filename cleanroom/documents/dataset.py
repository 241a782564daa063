"""What the mediator is told of an uploaded dataset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cleanroom.documents.agreement import FURTHER_PROFILES, MeasureTerms, RowEncryption
from cleanroom.documents.document import (
    ColumnName,
    Count,
    Document,
    Hex128,
    Hex256,
    HexBytes,
    Name,
    Positive,
)
from protocols import limits

Pseudonym = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class LabelColumn(Document):
    """A column of opaque labels: its pseudonyms, one for each value of the declared domain.

    ``shared`` pseudonyms are made under a key that the owner and every peer hold, so that two of
    them can write a map over them; all others mean something to their owner alone.
    """

    name: ColumnName
    domain: tuple[Pseudonym, ...] = Field(min_length=1, max_length=limits.MAXIMUM_DOMAIN)
    shared: bool = False


class Manifest(Document):
    """One version of one dataset, for use with one peer, or with some more that ``also`` names.

    ``rows`` is the padded count of an audience's rows; the rows of events are made for each job.
    Each audience row is one pseudonym per column of ``labels`` and, if there are ``measures``,
    one ciphertext under the owner's key: slot 0 holds 1, slot 1 the first measure and so on.
    With ``encryption`` "lattice" it has no ciphertext: the values that a question sums travel with
    the question, under keys of its own.
    """

    party: Name
    peer: Name
    name: Name
    version: Positive
    kind: Literal["audience", "events"]
    identifier_profile: Name
    further_profiles: tuple[Name, ...] = FURTHER_PROFILES
    rows: Positive
    people: Positive
    labels: tuple[LabelColumn, ...] = ()
    measures: tuple[MeasureTerms, ...] = ()
    encryption: RowEncryption = Field(
        default="paillier", exclude_if=lambda encryption: encryption == "paillier"
    )
    nonce: Hex128
    also: tuple[Name, ...] = Field(default=(), exclude_if=lambda names: names == ())
    """Further peers.  This and the next are left out where there are none, so that a manifest of a
    room with two parties is what it always was."""
    label_keys: dict[Name, HexBytes] = Field(
        default_factory=dict, exclude_if=lambda keys: keys == {}
    )
    """By peer, the key of shared pseudonyms, sealed to it: with several peers no pair has one."""

    @property
    def peers(self) -> tuple[str, ...]:
        """Return every member that this version may be joined with."""
        return (self.peer, *self.also)

    def row_width(self, ciphertext_bytes: int) -> int:
        """Return the bytes of an uploaded row, 0 if the dataset's rows carry nothing."""
        if self.kind == "events":
            return 0
        width = limits.PSEUDONYM_BYTES * len(self.labels)
        return width + (ciphertext_bytes if self.ciphertexts else 0)

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the profile of each kind of identifier: an audience row has a token for each."""
        return (self.identifier_profile, *self.further_profiles)

    @property
    def entries(self) -> int:
        """Return how many identifiers the dataset may enter an alignment with."""
        return self.people * len(self.profiles)

    @property
    def ciphertexts(self) -> bool:
        """Tell whether each uploaded row ends in a ciphertext."""
        return bool(self.measures) and self.encryption == "paillier"

    def label(self, name: str) -> LabelColumn | None:
        """Return the label column of that name, or None."""
        return next((column for column in self.labels if column.name == name), None)

    def measure(self, name: str) -> MeasureTerms | None:
        """Return the measure of that name, or None."""
        return next((measure for measure in self.measures if measure.name == name), None)

    def slot(self, measure: str) -> int:
        """Return the slot of a measure in the packed row; slot 0 is the indicator."""
        return 1 + [m.name for m in self.measures].index(measure)


class SealedLabel(Document):
    """One dictionary entry: the label behind a pseudonym, sealed to a peer, base64.

    ``reader`` names that peer where the dataset has several.
    """

    column: ColumnName
    pseudonym: Pseudonym
    sealed: Annotated[str, StringConstraints(max_length=1024)]
    reader: Name | None = Field(default=None, exclude_if=lambda name: name is None)


class Dictionary(Document):
    """The sealed dictionary of a dataset, forwarded entry by entry for released groups only."""

    entries: tuple[SealedLabel, ...]


class Upload(Document):
    """Finish a run of chunks: how many bytes, and the commitment to their order.

    ``commitment`` is the SHA-256 over the salt and each chunk's SHA-256 in turn.
    """

    chunks: Count
    rows: Count
    salt: Hex128
    commitment: Hex256
