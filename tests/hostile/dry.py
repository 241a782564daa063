"""Ask a mediator without consequences: every write is undone, no file is removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.app import create_app
from cleanroom.mediator import Mediator
from tests.api.party import World


class _Undone(Exception):
    pass


class DryStore:
    """Let a write see what it did, then take all of it back; ``look`` sees it before that."""

    def __init__(self, store: Any, look: Callable[[Any], None] = lambda _: None) -> None:
        self._store = store
        self._look = look
        self.read = store.read

    @contextmanager
    def write(self, place: str) -> Iterator[Any]:
        try:
            with self._store.write(place) as transaction:
                yield transaction
                self._look(transaction)
                raise _Undone
        except _Undone:
            return


class DryBlobs:
    """Keep and write nothing."""

    def __init__(self, blobs: Any) -> None:
        self.read = blobs.read

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        return

    def delete(self, names: Sequence[str], *, folders: bool = True) -> None:
        return


def dry(world: World) -> None:
    """From now on nothing that is asked of this world leaves a trace."""
    context = world.mediator.context
    context = replace(context, store=DryStore(context.store), blobs=DryBlobs(context.blobs))
    world.mediator = Mediator(context)
    client = create_app(world.mediator).test_client()
    for party in world.parties:
        party.http = client


def neighbour(world: World, home: Path, *agencies: str) -> World:
    """Return another room at the mediator; its members have the same names and other keys."""
    from tests.api.party import Party

    client, clock = world.brand.http, world.clock
    roles = {"brand": "brand", "platform": "platform", "auditor": "auditor", "stranger": "brand"}
    parties = {name: Party(name, role, client, clock) for name, role in roles.items()}
    for party in parties.values():
        world.mediator.access.admit(party.card)
    made = World(home, world.mediator, clock, **parties)
    for name in agencies:
        made.add(name, "agency")
    made.open_room()
    return made
