"""A party's folder: keys, rooms, datasets, alignments, jobs.

Everything secret goes through the vault; what lies in clear is what the mediator knows too.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from cleanroom.agent.vault import Opening, Vault
from cleanroom.documents.agreement import Card, Role
from cleanroom.documents.document import Document
from cleanroom.errors import InvalidInput
from cleanroom.files import write_file
from protocols.sealing import SealingKey
from protocols.signing import SigningKey

CARD = "card.json"
FILES = "files"
"""The folder of room files and data for its console, unless that is told another."""
PURPOSES = ("signing", "sealing", "labels")
NEXT = Path("keys") / "next"
"""Keys that are about to replace the present ones, whole in one file."""

D = TypeVar("D", bound=Document)


@dataclass(frozen=True)
class Address:
    """Where something answers."""

    url: str


@dataclass(frozen=True)
class Home:
    """Open one party's folder."""

    path: Path
    vault: Vault
    kept: str = ""
    """Fingerprint of replaced keys that this view of the home uses; empty for the present ones."""

    @classmethod
    def create(cls, path: Path, passphrase: str, name: str, role: Role, mediator: str) -> Home:
        """Make a party: fresh signing and sealing keys, and the card that others need.

        The card is written last: a home that was half made has none, and is made anew.  Raises
        ``InvalidInput`` for a name that cannot be one, or a home that is made already.
        """
        if (path / CARD).exists() or (path / "rooms").exists():
            # A home that lost its card is not a new one: its rooms would be lost with its keys.
            raise InvalidInput(f"{path} already holds a party's keys.")
        secret, card = fresh_keys(name, role)
        vault = Vault.create(path, passphrase)
        for purpose, key in secret.items():
            vault.write(path / "keys" / purpose, key)
        write_address(path, mediator)
        write_file(path / CARD, card.canonical(), 0o644)
        return cls(path, vault)

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Home:
        """Open a party's folder, and finish a change of its keys that was interrupted.

        Raises ``InvalidInput`` if it is none.
        """
        return cls.opened(Opening(path, passphrase))

    @classmethod
    def opened(cls, opening: Opening) -> Home:
        """Return the party's folder whose vault is being opened, as ``open`` does."""
        path = opening.home
        home = cls(path, opening.vault())
        if not (path / CARD).exists():
            raise InvalidInput(
                f"{path} was only half made.", remedy="Make it again with: cleanroom party init"
            )
        if (path / NEXT).exists():
            home.put_in_place()
        return home

    def as_of(self, card: Card) -> Home:
        """Return this home with the keys of one of its own cards: what an older room rests on.

        Raises ``InvalidInput`` if the card never was this home's.
        """
        if card == self.card:
            return self
        older = Home(self.path, self.vault, card.fingerprints()[0])
        if not older._file(CARD).exists() or older.card != card:
            raise InvalidInput(f"{self.path} never had the keys on this card of {card.name}.")
        return older

    @property
    def present(self) -> Home:
        """Return this home with the keys that it has now."""
        return Home(self.path, self.vault)

    def put_in_place(self) -> None:
        """Let the keys that were made last be the present ones; interrupted, it is done again."""
        with self.locked():
            if not (self.path / NEXT).exists():
                return
            found = json.loads(self.vault.read(self.path / NEXT))
            for purpose in PURPOSES:
                self.vault.write(self.path / "keys" / purpose, bytes.fromhex(found[purpose]))
            write_file(self.path / CARD, Card.from_json(found["card"]).canonical(), 0o644)
            (self.path / NEXT).unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Change keys alone."""
        with (self.path / "keys" / "lock").open("a") as lock:
            os.fchmod(lock.fileno(), 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _file(self, name: str) -> Path:
        """Return where a key or the card of this view lies."""
        if self.kept:
            return self.path / "keys" / self.kept / name
        return self.path / name if name == CARD else self.path / "keys" / name

    @cached_property
    def card(self) -> Card:
        """Return the party's public card."""
        return read_document(self._file(CARD), Card)

    @cached_property
    def signing(self) -> SigningKey:
        """Return the private signing key."""
        return SigningKey(self.vault.read(self._file("signing")))

    @cached_property
    def sealing(self) -> SealingKey:
        """Return the private sealing key."""
        return SealingKey(self.vault.read(self._file("sealing")))

    @cached_property
    def label_key(self) -> bytes:
        """Return the key under which this party makes pseudonyms."""
        return self.vault.read(self._file("labels"))

    @property
    def mediator(self) -> str:
        """Return the mediator's address."""
        url: str = read_json(self.path / "mediator.json", Address).url
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


@dataclass(frozen=True)
class Named:
    """What has a name, among much else."""

    name: str


def fresh_keys(name: str, role: Role) -> tuple[dict[str, bytes], Card]:
    """Make new keys by purpose, and their card; raise ``InvalidInput`` for a bad name."""
    signing = SigningKey.generate(secrets.token_bytes)
    sealing = SealingKey.generate(secrets.token_bytes)
    public = signing.verifying_key.raw.hex(), sealing.public_key.raw.hex()
    try:
        card = Card(name=name, role=role, signing_key=public[0], sealing_key=public[1])
    except ValidationError:
        raise InvalidInput(
            f"{name!r} cannot be a party's name.",
            remedy="Use letters, digits, . : _ and -, beginning with a letter or a digit.",
        ) from None
    labels = secrets.token_bytes(32)
    keys = (signing.expose(), sealing.expose(), labels)
    return dict(zip(PURPOSES, keys, strict=True)), card


def check_address(mediator: str) -> None:
    """Raise ``InvalidInput`` unless this is a web address."""
    parts = urlsplit(mediator)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(
            f"{mediator} is not an address of a mediator.", remedy="Write https://rooms.example"
        )


def write_address(path: Path, mediator: str) -> None:
    """Write down where a home's mediator is."""
    write_file(path / "mediator.json", json.dumps({"url": mediator}).encode(), 0o644)


def write_json(path: Path, value: Any) -> None:
    """Write JSON that is not a secret."""
    write_file(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def read_json(path: Path, kind: Any) -> Any:
    """Read JSON of the home of a kind, such as ``list[str]``.

    Raises ``InvalidInput`` that names the file if it is missing, was cut or holds something else.
    """
    try:
        return _reader(kind).validate_json(path.read_bytes(), strict=True)
    except FileNotFoundError:
        raise InvalidInput(f"{path} does not exist.") from None
    except ValidationError:
        raise _damaged(path) from None


def read_document(path: Path, kind: type[D]) -> D:
    """Read a document of the home; raise ``InvalidInput`` that names a file that holds none."""
    try:
        return kind.parse(path.read_bytes())
    except InvalidInput:
        raise _damaged(path) from None


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _damaged(path: Path) -> InvalidInput:
    return InvalidInput(f"{path} is damaged.", remedy="Put back the newest copy of this home.")
