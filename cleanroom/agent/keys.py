"""The life of a party's keys: split for recovery, recovered, replaced."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from Crypto.Protocol.SecretSharing import Shamir
from pydantic import Field

from cleanroom.agent import endings
from cleanroom.agent.home import CARD, NEXT, PURPOSES, Home, fresh_keys, read_document
from cleanroom.agent.vault import Vault
from cleanroom.agent.versions import newest, signed_members
from cleanroom.documents.agreement import Card
from cleanroom.documents.document import Document, Hex256, Name
from cleanroom.errors import Conflict, InvalidInput
from cleanroom.files import write_file

NEEDED, MADE = 2, 3
LEAST_PASSPHRASE = 8
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

    @classmethod
    def read(cls, file: Path) -> Share:
        """Read a share's file; raise ``InvalidInput`` that names it if there is none in it."""
        try:
            return cls.parse(file.read_bytes())
        except InvalidInput as error:
            raise InvalidInput(f"{file} is not a share: {error}") from None


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
        raise InvalidInput("The shares do not come from one split of one party's key.")
    vault = Vault(path, _combine(list(chosen.values())[:NEEDED]))
    home = Home(path, vault)
    if (path / NEXT).exists():
        home.put_in_place()
    try:
        matches = home.signing.verifying_key.raw.hex() == home.card.signing_key
    except OSError:
        raise InvalidInput(f"{path} is not a party's home.") from None
    if not matches:
        raise InvalidInput("The home's key does not match its card.")
    vault.wrap(passphrase)
    return home


def _combine(shares: Sequence[Share]) -> bytes:
    parts = [(share.index, bytes.fromhex(share.share)) for share in shares]
    halves = [
        Shamir.combine([(index, data[at : at + HALF]) for index, data in parts]) for at in (0, HALF)
    ]
    return b"".join(halves)


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is too short to protect a home that was stolen.

    Eight characters is the least of NIST SP 800-63B, section 5.1.1.2.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise InvalidInput(
            f"The passphrase has fewer than {LEAST_PASSPHRASE} characters.",
            remedy="Use several random words.",
        )


def rotate(home: Home, open_rooms: Sequence[str]) -> Card:
    """Replace signing, sealing and label keys; return the new card.

    An agreement names its members' keys, so active rooms end with them: ``Conflict`` while there
    is one.  The old keys stay in the vault, under the old signing key's fingerprint, and older
    rooms are read with them.  Killed at any instant, the home has either the old keys, or the new
    ones as soon as it is opened again: the new ones are whole in one file before any is replaced.
    """
    if open_rooms:
        names = ", ".join(open_rooms)
        raise Conflict(
            f"Rooms still depend on the current keys: {names}.",
            rule="rooms-open",
            remedy="Close each with: cleanroom room close --room ROOM --reason WHY; or wait until"
            " it expires.",
        )
    with home.locked():
        present = read_document(home.path / CARD, Card)
        if (home.path / NEXT).exists() or present != home.card:
            raise Conflict("The keys are being replaced by another command.", rule="keys")
        _keep(home)
        secret, card = fresh_keys(home.card.name, home.card.role)
        written = {name: key.hex() for name, key in secret.items()}
        whole = json.dumps({**written, "card": card.to_json()})
        home.vault.write(home.path / NEXT, whole.encode())
    home.put_in_place()
    return card


def resting(home: Home, listed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of rooms that may rest on the present keys, and nobody says how they stand.

    ``listed`` is what ``rooms.listed`` told.  A room that this home closed, or whose time is over,
    has ended whatever the mediator says, or does not say.
    """
    names = []
    for one in listed:
        found = newest(home.room(one["id"])) if one["state"] == "KEPT" else None
        if found is None or home.card not in found.members:
            continue
        over = found.policy.expires <= time.time()
        if not over and not endings.ended(home, one["id"], "room", one["id"]):
            names.append(found.name)
    return names


def unused(home: Home) -> bool:
    """Tell whether the present keys replaced others, and no room of this home rests on them."""
    replaced = any(one.is_dir() for one in (home.path / "keys").iterdir())
    return replaced and not any(home.card in signed_members(home.room(r)) for r in home.rooms())


def _keep(home: Home) -> None:
    """Keep the present keys beside those that replace them; what is kept is never written again."""
    if home.signing.verifying_key.raw.hex() != home.card.signing_key:
        raise InvalidInput("The home's key does not match its card.")
    kept = home.path / "keys" / home.card.fingerprints()[0]
    for name in PURPOSES:
        if not (kept / name).exists():
            home.vault.write(kept / name, home.vault.read(home.path / "keys" / name))
    write_file(kept / CARD, home.card.canonical(), 0o644)
