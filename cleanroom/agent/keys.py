"""The life of a party's keys: split for recovery, recovered, replaced."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from Crypto.Protocol.SecretSharing import Shamir
from pydantic import Field

from cleanroom.agent.home import Home
from cleanroom.agent.vault import Vault, write_file
from cleanroom.documents.agreement import Card
from cleanroom.documents.document import Document, Hex256, Name
from cleanroom.errors import Conflict, InvalidInput
from protocols.sealing import SealingKey
from protocols.signing import SigningKey, VerifyingKey

NEEDED, MADE = 2, 3
HALF = 16
"""Bytes that one run of the sharing takes; a master key is two of them."""


class Share(Document):
    """One of three parts of a party's master key: alone it says nothing, two of them are the key.

    ``split`` names the split that it is of, for shares of two splits do not fit together.
    """

    format: Literal["cleanroom/key-share/1"] = "cleanroom/key-share/1"
    party: Name
    split: Hex256
    index: Annotated[int, Field(ge=1, le=MADE)]
    share: Hex256


def split(home: Home) -> list[Share]:
    """Split a home's master key into three shares, any two of which recover it (Shamir 1979)."""
    master, name = home.vault.expose(), secrets.token_hex(32)
    halves = [Shamir.split(NEEDED, MADE, master[at : at + HALF]) for at in (0, HALF)]
    return [
        Share(party=home.card.name, split=name, index=first[0], share=(first[1] + second[1]).hex())
        for first, second in zip(*halves, strict=True)
    ]


def recover(path: Path, shares: Sequence[Share], passphrase: str) -> Home:
    """Open a home whose passphrase is lost with two shares, and give it a new passphrase.

    Raises:
        InvalidInput: for too few shares, shares of different splits, or a home that they do not
            open; nothing is changed then.
    """
    chosen = {share.index: share for share in shares}
    if len(chosen) < NEEDED:
        raise InvalidInput(f"{NEEDED} different shares are needed.")
    if len({(share.party, share.split) for share in shares}) != 1:
        raise InvalidInput("The shares are not of one split of one party's key.")
    vault = Vault(path, _combine(list(chosen.values())[:NEEDED]))
    home = Home(path, vault)
    try:
        matches = home.signing.verifying_key.raw.hex() == home.card.signing_key
    except OSError:
        raise InvalidInput(f"{path} is no party's home.") from None
    if not matches:
        raise InvalidInput("The home's key is not the one of its card.")
    vault.wrap(passphrase)
    return home


def _combine(shares: Sequence[Share]) -> bytes:
    parts = [(share.index, bytes.fromhex(share.share)) for share in shares]
    halves = [
        Shamir.combine([(index, data[at : at + HALF]) for index, data in parts]) for at in (0, HALF)
    ]
    return b"".join(halves)


def rotate(home: Home, open_rooms: Sequence[str]) -> Card:
    """Replace signing, sealing and label keys; return the new card.

    An agreement names its members' keys, so rooms end with them: ``Conflict`` while one is open.
    The old keys stay in the vault, under the old key's fingerprint, to read what was sealed.
    """
    if open_rooms:
        names = ", ".join(open_rooms)
        raise Conflict(f"Rooms still rest on the present keys: {names}.", rule="rooms-open")
    old, path = home.card, home.path
    kept = path / "keys" / VerifyingKey(bytes.fromhex(old.signing_key)).fingerprint()
    for name in ("signing", "sealing", "labels"):
        home.vault.write(kept / name, home.vault.read(path / "keys" / name))
    write_file(kept / "card.json", old.canonical(), 0o644)
    signing = SigningKey.generate(secrets.token_bytes)
    sealing = SealingKey.generate(secrets.token_bytes)
    card = Card(
        name=old.name,
        role=old.role,
        signing_key=signing.verifying_key.raw.hex(),
        sealing_key=sealing.public_key.raw.hex(),
    )
    home.vault.write(path / "keys" / "signing", signing.expose())
    home.vault.write(path / "keys" / "sealing", sealing.expose())
    home.vault.write(path / "keys" / "labels", secrets.token_bytes(32))
    write_file(path / "card.json", card.canonical(), 0o644)
    return card
