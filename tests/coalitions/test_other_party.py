"""A mediator that stands where the other party should: it puts keys of its own into the agreement.

With the check of cards taken out the platform signs, and everything that it seals to the brand
from then on is opened by the mediator.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import contacts, rooms
from cleanroom.agent.home import Home
from cleanroom.documents.agreement import Agreement, Card, Policy
from cleanroom.errors import CleanroomError, InvalidInput, PeerFault
from protocols.sealing import SealingKey, open_sealed, seal
from protocols.signing import SigningKey

PASSPHRASE = "of the platform alone"
FOREVER = 4_000_000_000


class LyingMediator:
    """Show a room in which the brand's keys are the mediator's own; take what is said to it."""

    def __init__(self, brand: Card, platform: Card, rehearsal: bool = False) -> None:
        self.signing = SigningKey.generate(secrets.token_bytes)
        self.sealing = SealingKey.generate(secrets.token_bytes)
        keys = {
            "signing_key": self.signing.verifying_key.raw.hex(),
            "sealing_key": self.sealing.public_key.raw.hex(),
        }
        self.said: list[Any] = []
        self.agreement = Agreement(
            name="spring",
            rehearsal=rehearsal,
            nonce=secrets.token_hex(16),
            origin="rooms.example",
            mediator_key="00" * 32,
            members=(brand.model_copy(update=keys), platform),
            datasets=(),
            templates=("overlap",),
            policy=Policy(expires=FOREVER, paillier_bits=2048),
        )

    def room(self, _room: str) -> dict[str, Any]:
        return {"agreement": self.agreement.to_json(), "signatures": []}

    def say(self, path: str, signed: Any, _attachment: Any = None) -> dict[str, Any]:
        self.said.append((path, signed))
        return {}


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home.create(tmp_path_factory.mktemp("brand"), PASSPHRASE, "acme", "brand", "none")


@pytest.fixture
def platform(tmp_path: Path) -> Home:
    return Home.create(tmp_path, PASSPHRASE, "telco", "platform", "none")


def sign(platform: Home, mediator: LyingMediator, *cards: Card) -> rooms.Room:
    identity = mediator.agreement.identity()
    return rooms.sign(platform, mediator, identity, cards)  # type: ignore[arg-type]


def refuses(platform: Home, mediator: LyingMediator, *cards: Card) -> CleanroomError:
    with pytest.raises((PeerFault, InvalidInput)) as refusal:
        sign(platform, mediator, *cards)
    assert mediator.said == []
    assert not list(platform.path.glob("rooms/*"))
    return refusal.value


def test_without_the_other_partys_card_nothing_is_signed(brand: Home, platform: Home) -> None:
    refusal = refuses(platform, LyingMediator(brand.card, platform.card))
    assert "--card" in str(refusal)


def test_a_card_that_came_another_way_finds_the_mediator_out(brand: Home, platform: Home) -> None:
    mediator = LyingMediator(brand.card, platform.card)
    refusal = refuses(platform, mediator, brand.card)
    assert isinstance(refusal, PeerFault)
    assert brand.card.fingerprints()[0] in str(refusal)
    assert mediator.signing.verifying_key.fingerprint() in str(refusal)


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_known_name_with_other_keys_is_refused_ever_after(
    brand: Home, platform: Home, rehearsal: bool
) -> None:
    contacts.trust(platform, brand.card)
    refusal = refuses(platform, LyingMediator(brand.card, platform.card, rehearsal))
    assert isinstance(refusal, PeerFault)


def test_the_mediators_own_card_does_not_replace_a_known_one(brand: Home, platform: Home) -> None:
    contacts.trust(platform, brand.card)
    mediator = LyingMediator(brand.card, platform.card)
    forged = mediator.agreement.members[0]
    refuses(platform, mediator, forged)
    with pytest.raises(InvalidInput, match="different keys"):
        contacts.trust(platform, forged)
    assert contacts.known_card(platform, "acme") == brand.card
    contacts.trust(platform, forged, replace=True)
    assert contacts.known_card(platform, "acme") == forged


def test_the_sealing_key_counts_as_much_as_the_signing_key(brand: Home, platform: Home) -> None:
    mediator = LyingMediator(brand.card, platform.card)
    half = mediator.agreement.members[0].model_copy(update={"signing_key": brand.card.signing_key})
    members = (half, platform.card)
    mediator.agreement = mediator.agreement.model_copy(update={"members": members})
    assert isinstance(refuses(platform, mediator, brand.card), PeerFault)


def test_an_honest_room_is_signed_and_the_card_is_kept(brand: Home, platform: Home) -> None:
    mediator = LyingMediator(brand.card, platform.card)
    members = (brand.card, platform.card)
    mediator.agreement = mediator.agreement.model_copy(update={"members": members})
    sign(platform, mediator, brand.card)
    assert [path for path, _ in mediator.said] == [
        f"/v1/rooms/{mediator.agreement.identity()}/members"
    ]
    assert contacts.known_card(platform, "acme") == brand.card
    sign(platform, mediator)


def test_without_the_check_the_mediator_reads_what_is_sealed_to_the_brand(
    brand: Home, platform: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "check_members", lambda *_: None)
    mediator = LyingMediator(brand.card, platform.card)
    room = sign(platform, mediator)
    assert len(mediator.said) == 1
    blob = seal(
        b"labels",
        rooms.sealing_key(room.agreement.facing(room.own.name)[0]),
        b"context",
        platform.signing,
    )
    opened = open_sealed(blob, mediator.sealing, b"context", rooms.verifying_key(platform.card))
    assert opened == b"labels"
