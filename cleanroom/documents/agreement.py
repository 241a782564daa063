"""The agreement of a room: what its members may do, signed by each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field

from cleanroom.documents.document import (
    ColumnName,
    Document,
    First,
    Hex128,
    Hex256,
    HexBytes,
    Name,
    Positive,
    Real,
    RootsHex,
    Text,
    Whole,
)
from cleanroom.documents.serving import ServingTerms
from cleanroom.documents.typed import read_typed
from cleanroom.errors import InvalidInput
from protocols.errors import InvalidKeyError
from protocols.limits import MOST_IDENTIFIERS
from protocols.signing import fingerprint

if TYPE_CHECKING:
    from protocols.paillier import PrivateKey, PublicKey

Role = Literal["brand", "platform", "auditor", "agency"]
PartyRole = Literal["brand", "platform"]
SIDES: Final[tuple[PartyRole, PartyRole]] = ("brand", "platform")
Noise = Literal["discrete-gaussian", "discrete-laplace", "none"]
AlignmentProfile = Literal["ot", "dh"]
PaillierProfile = Literal["strict", "fast"]
RowEncryption = Literal["paillier", "lattice"]

PAILLIER_ONLY: Final[tuple[RowEncryption, ...]] = ("paillier",)


def other_side(side: PartyRole) -> PartyRole:
    """Return the peer's side."""
    return "platform" if side == "brand" else "brand"


class Card(Document):
    """A party's public keys, as others write them into an agreement."""

    name: Name
    role: Role
    signing_key: Hex256
    sealing_key: Hex256

    @property
    def has_data(self) -> bool:
        """Tell whether its role is that of a party with data, and with a Paillier key for it."""
        return self.role in SIDES

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a card's file; raise ``InvalidInput`` that names it if there is none in it."""
        text = read_typed(file)
        try:
            return cls.parse(text)
        except InvalidInput as error:
            raise InvalidInput(f"{file} is not a card: {error}") from None

    def fingerprints(self) -> tuple[str, str]:
        """Return half the SHA-256 of the signing and of the sealing key, for people to compare."""
        keys = (self.signing_key, self.sealing_key)
        signing, sealing = (fingerprint(bytes.fromhex(key)) for key in keys)
        return signing, sealing


class PaillierKey(Document):
    """A member's Paillier modulus for one room, big-endian hex, with its proof of roots.

    The room is named by its agreement, which holds no such key; so the room is there first, and
    the proof is bound to it and to the member.
    """

    bits: Literal[512, 1024, 2048, 3072]
    n: HexBytes
    roots: RootsHex

    @classmethod
    def of(cls, key: PrivateKey, room: str, owner: str) -> PaillierKey:
        """Write the public half of a key and prove it."""
        from protocols.paillier import context  # noqa: PLC0415 (slow to import)

        proof = key.prove(context(bytes.fromhex(room), owner))
        return cls.model_validate(
            {"bits": key.public.bits, "n": key.public.to_bytes().hex(), "roots": proof.hex()}
        )

    def public(self, room: str, owner: str, bits: int) -> PublicKey:
        """Return the key that a member gave a room; ``bits`` is what the agreement says.

        Raises ``InvalidInput`` unless it has that length, passes the checks and is proved.
        """
        from protocols.paillier import PublicKey, context  # noqa: PLC0415 (slow to import)

        if self.bits != bits:
            raise InvalidInput("the Paillier key does not have the agreed length")
        n, proof = bytes.fromhex(self.n), bytes.fromhex(self.roots)
        try:
            return PublicKey.from_bytes(n, proof, context(bytes.fromhex(room), owner), bits)
        except InvalidKeyError as error:
            raise InvalidInput(f"the Paillier key of {owner}: {error}") from None


class MeasureTerms(Document):
    """A number that may be summed: integers in units of ten to the power of minus decimals."""

    name: ColumnName
    minimum: Whole
    maximum: Whole
    decimals: int = Field(ge=0, le=9)


FURTHER_PROFILES: Final = Field(
    default=(), max_length=MOST_IDENTIFIERS - 1, exclude_if=lambda profiles: not profiles
)
"""Of people with several identifiers, the profiles beside the first.  Left out where there is one,
so that documents of before keep their digests."""


class DatasetTerms(Document):
    """What may be used of one dataset name of one party, and who may receive results about it."""

    party: Name
    name: Name
    kind: Literal["audience", "events"]
    identifier_profile: Name
    further_profiles: tuple[Name, ...] = FURTHER_PROFILES
    labels: tuple[ColumnName, ...] = ()
    measures: tuple[MeasureTerms, ...] = ()
    receivers: tuple[Name, ...] = ()
    partners: tuple[Name, ...] = Field(default=(), exclude_if=lambda names: names == ())
    """Members that it may be joined with; every party of the other role where none is named.  Left
    out then, so that an agreement that was signed before the field keeps its digest."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the profile of each kind of identifier."""
        return (self.identifier_profile, *self.further_profiles)


class Grant(Document):
    """A member's explicit consent to something that a room does not allow by itself."""

    party: Name
    kind: Literal["activation", "base-counts", "public-base", "shared-credit", "serving"]
    purposes: tuple[Text, ...] = ()
    minimum: Positive = 100
    serving: ServingTerms | None = Field(default=None, exclude_if=lambda terms: terms is None)
    """The terms of a grant of serving.  Left out of every other kind, so that an agreement that was
    signed before the field keeps its digest."""


KeptFor = Annotated[int, Field(ge=60, le=1 << 31)]
"""Seconds for which something is kept."""


class Retention(Document):
    """How long the mediator and every party keep what a room is made of.

    Each in seconds from the entry of the log with which it began, so that when something is deleted
    follows from the log and this document alone.
    """

    rows: KeptFor
    """A dataset version with all that was made of it, from its announcement."""
    alignments: KeptFor
    """Tokens and secrets of an alignment, from its proposal."""
    messages: KeptFor
    """What travelled for a question, from the question on; one that runs still ends then."""
    answers: KeptFor
    """The answer, from the question on."""


class Policy(Document):
    """The numbers that every release of the room obeys."""

    k_min: Positive = 50
    noise: Noise = "discrete-gaussian"
    rho_per_release: float = Field(default=0.005, gt=1e-9, le=100)
    rho_budget: float = Field(default=0.5, gt=1e-9, le=1000)
    delta: float = Field(default=1e-6, gt=1e-30, lt=0.1)
    alignment: tuple[AlignmentProfile, ...] = ("ot", "dh")
    approval: Literal["auto", "manual"] = "auto"
    alignments_max: Positive = 20
    rows_max: Positive = 20_000_000
    jobs_max: int = Field(default=1000, ge=1, le=1_000_000)
    """Most questions that may be accepted between two parties, whatever they cost."""
    paillier_bits: Literal[512, 1024, 2048, 3072] = 3072
    paillier_profile: PaillierProfile = "strict"
    """How owners draw the randomness of their rows; what ``fast`` assumes is said to signers."""
    rows: tuple[RowEncryption, ...] = Field(
        default=PAILLIER_ONLY, min_length=1, exclude_if=lambda rows: rows == PAILLIER_ONLY
    )
    """How rows with values may be encrypted.  Left out where it says what it always was, so that
    an agreement that was signed before the field keeps its digest."""
    period: int | None = Field(default=None, ge=60, le=1 << 31, exclude_if=lambda one: one is None)
    """Seconds after which the ledger refills, up to ``rho_lifetime``; None where it never does.
    This and the next two are left out then, so that an agreement of before keeps its digest."""
    period_start: Whole | None = Field(default=None, exclude_if=lambda one: one is None)
    """Unix seconds at which the first period begins."""
    rho_lifetime: float | None = Field(
        default=None, gt=1e-9, le=1000, exclude_if=lambda one: one is None
    )
    """What all periods together may spend."""
    realign: bool = Field(default=False, exclude_if=lambda one: one is False)
    """Whether agents align new versions of what was aligned before by themselves."""
    retention: Retention | None = Field(default=None, exclude_if=lambda one: one is None)
    """None where everything is kept until its owner takes it back; left out then."""
    expires: Whole
    """Unix seconds."""


class Weights(Document):
    """The weight of each interaction in the purchase intent index of one industry."""

    industry: Name
    weights: dict[Name, Real]


class Amends(Document):
    """What an amendment follows: the room, its own number, and the agreement before it."""

    room: Hex128
    number: int = Field(ge=2, le=1_000_000)
    """The first agreement of a room has number 1."""
    previous: Hex256
    """The digest of the agreement in force that it takes the place of."""


class Agreement(Document):
    """The document that every member signs; the digest of the first one names the room."""

    version: First = 1
    name: Name
    rehearsal: bool
    nonce: Hex128
    origin: Text
    mediator_key: Hex256
    members: tuple[Card, ...]
    datasets: tuple[DatasetTerms, ...]
    templates: tuple[Name, ...]
    policy: Policy
    grants: tuple[Grant, ...] = ()
    purposes: tuple[Text, ...] = Field(
        default=(), max_length=50, exclude_if=lambda purposes: not purposes
    )
    """What answers may be used for: every question names one of them, every grant some.  Left out
    where there are none, so that an agreement of before keeps its digest."""
    stage_rules: Hex256 | None = None
    intent_weights: tuple[Weights, ...] = ()
    amends: Amends | None = Field(default=None, exclude_if=lambda one: one is None)
    """None in the first agreement of a room, which keeps the bytes that it always had."""

    def identity(self) -> str:
        """Return the room's identifier; that of an amendment is what it says, and to be checked."""
        return super().identity() if self.amends is None else self.amends.room

    @property
    def number(self) -> int:
        """Return which agreement of its room this is, from 1 on."""
        return 1 if self.amends is None else self.amends.number

    def follows(self, before: Agreement) -> bool:
        """Tell whether this amends another agreement of the same room, the one right before it."""
        amends, wanted = self.amends, (before.identity(), before.number + 1, before.digest())
        return amends is not None and (amends.room, amends.number, amends.previous) == wanted

    def named(self) -> str | None:
        """Return how a question names this agreement: not at all if it is the first."""
        return None if self.amends is None else self.digest()

    def member(self, name: str) -> Card | None:
        """Return the member of that name, or None."""
        return next((card for card in self.members if card.name == name), None)

    def by_role(self, role: Role) -> tuple[Card, ...]:
        """Return the members of a role in the order of the document."""
        return tuple(card for card in self.members if card.role == role)

    @property
    def parties(self) -> tuple[Card, ...]:
        """Return the members with data, brands and platforms, in the order of the document."""
        return tuple(card for card in self.members if card.has_data)

    def facing(self, name: str) -> tuple[Card, ...]:
        """Return the parties of the other role than a party's: those that it can ask about."""
        own = self.member(name)
        if own is None or not own.has_data:
            return ()
        return tuple(card for card in self.parties if card.role != own.role)

    def terms(self, party: str, dataset: str) -> DatasetTerms | None:
        """Return the terms of a party's dataset, or None if the room does not know it."""
        return next((t for t in self.datasets if (t.party, t.name) == (party, dataset)), None)
