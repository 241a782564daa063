"""A party's folder: keys, rooms, datasets, alignments, jobs.

Everything secret goes through the vault; what lies in clear is what the mediator knows too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cleanroom.agent.vault import Vault, write_file
from cleanroom.documents.agreement import Card, Role
from cleanroom.errors import InvalidInput
from protocols.sealing import SealingKey
from protocols.signing import SigningKey


@dataclass(frozen=True)
class Home:
    """Open one party's folder."""

    path: Path
    vault: Vault

    @classmethod
    def create(cls, path: Path, passphrase: str, name: str, role: Role, mediator: str) -> Home:
        """Make a party: fresh signing and sealing keys, and the card that others need."""
        vault = Vault.create(path, passphrase)
        signing = SigningKey.generate(secrets.token_bytes)
        sealing = SealingKey.generate(secrets.token_bytes)
        vault.write(path / "keys" / "signing", signing.expose())
        vault.write(path / "keys" / "sealing", sealing.expose())
        vault.write(path / "keys" / "labels", secrets.token_bytes(32))
        card = Card(
            name=name,
            role=role,
            signing_key=signing.verifying_key.raw.hex(),
            sealing_key=sealing.public_key.raw.hex(),
        )
        write_file(path / "card.json", card.canonical(), 0o644)
        write_file(path / "mediator.json", json.dumps({"url": mediator}).encode(), 0o644)
        return cls(path, vault)

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Home:
        """Open a party's folder; raise ``InvalidInput`` if it is none."""
        return cls(path, Vault.open(path, passphrase))

    @cached_property
    def card(self) -> Card:
        """Return the party's public card."""
        return Card.parse((self.path / "card.json").read_bytes())

    @cached_property
    def signing(self) -> SigningKey:
        """Return the private signing key."""
        return SigningKey(self.vault.read(self.path / "keys" / "signing"))

    @cached_property
    def sealing(self) -> SealingKey:
        """Return the private sealing key."""
        return SealingKey(self.vault.read(self.path / "keys" / "sealing"))

    @cached_property
    def label_key(self) -> bytes:
        """Return the key under which this party makes pseudonyms."""
        return self.vault.read(self.path / "keys" / "labels")

    @property
    def mediator(self) -> str:
        """Return the mediator's address."""
        url: str = json.loads((self.path / "mediator.json").read_bytes())["url"]
        return url

    def room(self, room: str) -> Path:
        """Return the folder of a room."""
        return self.path / "rooms" / room

    def rooms(self) -> Iterator[str]:
        """List the rooms that this party knows."""
        folder = self.path / "rooms"
        return (child.name for child in sorted(folder.glob("*"))) if folder.is_dir() else iter(())

    def folder(self, room: str, noun: str, identity: str) -> Path:
        """Return the folder of a dataset, an alignment or a job of a room."""
        return self.room(room) / noun / identity


def write_json(path: Path, value: Any) -> None:
    """Write JSON that is no secret."""
    write_file(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_json(path: Path) -> Any:
    """Read JSON of the home; raise ``InvalidInput`` if the file is missing."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist.") from None
