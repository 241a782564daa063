"""What a party's console makes of a mediator that answers a search wrongly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.console.logs import ClientLog, chain
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import PeerFault

JOB = "a" * 32


class Lying(Client):
    """A mediator's search that says where to go on as it likes."""

    def __init__(self, following: list[Any]) -> None:
        self._following = iter(following)

    def search(
        self, room: str, before: int | None = None, limit: int = 100, **wanted: str
    ) -> dict[str, Any]:
        return {"entries": [], "size": 9, "next": next(self._following)}


def log(following: list[Any]) -> ClientLog:
    room = cast(Room, SimpleNamespace(identity="0" * 32))
    return ClientLog(Lying(following), cast(Agreement, None), room)


def test_a_search_goes_on_to_the_end() -> None:
    assert chain(log([5, 1, None]), JOB, 9) == []


@pytest.mark.parametrize("following", [9, 10, 0, -1, True, "5", 5.0])
def test_a_search_that_never_ends_is_refused(following: Any) -> None:
    with pytest.raises(PeerFault, match="does not continue"):
        chain(log([following] * 3), JOB, 9)
