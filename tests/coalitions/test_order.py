"""Who is the same row in two alignments: linked by place, by bytes, by rank, and by partners.

The mediator holds the rows and tokens of two alignments of one file of the brand with two versions
of the platform's.  It joins the brand's rows of one with those of the other, each way that it can,
and through the rows that match, the platform's two versions.  A guess is right with a chance of
one in as many rows as look alike, so about one of each kind of row; once every alignment has the
order of the upload, all are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from cleanroom.agent import aligned_rows, alignments, datasets
from cleanroom.agent.datasets import local
from cleanroom.agent.rooms import Room
from cleanroom.documents.agreement import SIDES
from cleanroom.engine.layout import SideRows
from cleanroom.engine.match import match
from cleanroom.mediator import uploads
from cleanroom.mediator.alignment_rows import rows_in_use, tokens_name
from cleanroom.mediator.context import Context
from protocols.limits import TOKEN_BYTES
from tests.cleanroom.agent import conftest
from tests.cleanroom.agent.conftest import Place, meeting
from tests.cleanroom.queries import room as columns

__all__ = ["meeting"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents that do not look again when all is done."""
    monkeypatch.setattr(conftest, "ROUNDS", 3)


BRAND = [f"p{number}" for number in range(120)]
PLATFORM = [f"p{number}" for number in range(20, 140)]
TIERS = ("gold", "none")
CHANCE = 16
"""Right guesses that chance does not make: two expected, one for each tier; more than 16 come with
a probability below 10^-10 (Poisson)."""


def brand() -> columns.Data:
    spend = columns.Measure([number % 7 for number in range(len(BRAND))], max=10)
    tiers = [TIERS[number % 2] for number in range(len(BRAND))]
    return columns.audience(BRAND, {"tier": tiers}, {"spend": spend})


@dataclass(frozen=True)
class Held:
    """What the mediator holds of one alignment: tokens and rows of both sides, place by place."""

    tokens: dict[str, npt.NDArray[np.uint8]]
    rows: dict[str, npt.NDArray[np.uint8]]

    def partners(self) -> dict[int, int]:
        """Return the platform's place that matches each of the brand's."""
        sides = [
            SideRows(
                self.tokens[side].reshape(-1, 1, TOKEN_BYTES),
                np.zeros(len(self.tokens[side]), dtype=np.int64),
                np.ones(len(self.tokens[side]), dtype=np.bool_),
            )
            for side in SIDES
        ]
        found = match(*sides, "brand")
        return dict(zip(found.brand.tolist(), found.platform.tolist(), strict=True))


def held(context: Context, alignment: str) -> Held:
    """Read an alignment from the mediator's home."""

    def table(stream: str, rows: int) -> npt.NDArray[np.uint8]:
        data = b"".join(uploads.chunks(context, stream))
        return np.frombuffer(data, dtype=np.uint8).reshape(rows, -1)

    with context.store.read() as transaction:
        row = transaction.get("alignments", id=alignment)
        assert row is not None
        document = alignments.AlignmentDocument.parse(row["document"])
        names = {"brand": document.brand_datasets[0], "platform": document.platform_datasets[0]}
        places = {side: rows_in_use(transaction, row, names[side]) for side in SIDES}
    tokens, rows = {}, {}
    for side in SIDES:
        pair = (names["brand"], names["platform"])
        name = tokens_name(alignment, row["attempt"], side, *pair)
        data = b"".join(uploads.chunks(context, name))
        tokens[side] = np.frombuffer(data, dtype=np.uint8).reshape(-1, TOKEN_BYTES)
        rows[side] = table(places[side], len(tokens[side]))
    return Held(tokens, rows)


def by_rank(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> dict[int, int]:
    """Guess that the rows keep their order when they are sorted by what they hold."""
    orders = [np.lexsort(rows.T[::-1]).tolist() for rows in (first, second)]
    return dict(zip(*orders, strict=True))


def by_bytes(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> dict[int, int]:
    """Guess that rows with equal bytes are one."""
    known = {row.tobytes(): place for place, row in enumerate(second)}
    return {
        place: known[row.tobytes()] for place, row in enumerate(first) if row.tobytes() in known
    }


def guesses(first: Held, second: Held) -> Iterator[dict[int, int]]:
    """Yield every way to say which row of the brand in one alignment is which in the other."""
    count = len(first.tokens["brand"])
    yield {place: place for place in range(count)}
    for one, other in (
        (first.tokens["brand"], second.tokens["brand"]),
        (first.rows["brand"], second.rows["brand"]),
        (first.rows["brand"][:, 8:], second.rows["brand"][:, 8:]),
    ):
        yield by_rank(one, other)
        yield by_bytes(one, other)
    # Within a label, by place: the mediator reads which rows carry which pseudonym.
    labels = [rows[:, :8] for rows in (first.rows["brand"], second.rows["brand"])]
    yield dict(zip(*(np.lexsort(one.T).tolist() for one in labels), strict=True))


def people(room: Room, alignment: str, dataset: str) -> list[bytes | None]:
    """Return who stands at each place, as the owner's home knows it; None for padding."""
    own = local(room, dataset)
    order = aligned_rows.order(alignments.find(room, alignment), own).tolist()
    table = own.table()
    names = [bytes(table.people[int(person)]) for person in table.person]
    return [names[row] if row < len(names) else None for row in order]


def twice(meeting: Place) -> tuple[dict[str, Room], list[str]]:
    """Align the brand's file with a version of the platform's, and with the next."""
    ages = {"age": ["young", "old"] * 60}
    data = {"acme": brand(), "telco": columns.audience(PLATFORM, ages)}
    rooms = meeting.talk(data)
    later = columns.audience(PLATFORM[::-1], {"age": ["old", "old", "young"] * 40})
    version = datasets.upload(
        rooms["telco"], "data", columns.spec_of(later), columns.table_of(later)
    )
    own = rooms["acme"]
    known = own.client.alignments(own.identity)[0]["document"]["brand_datasets"]
    alignments.propose(own, tuple(known), (version,), "dh")
    meeting.work()
    found = own.client.alignments(own.identity)
    assert [item["state"] for item in found] == ["READY", "READY"]
    return rooms, [item["id"] for item in found]


def linked(meeting: Place) -> tuple[int, int]:
    """Return the most rows of the brand, and of the platform, that any way of guessing names."""
    rooms, made = twice(meeting)
    first, second = (held(meeting.mediator.context, one) for one in made)
    documents = [alignments.find(rooms["acme"], one).document for one in made]
    brands = [
        people(rooms["acme"], one, document.brand_datasets[0])
        for one, document in zip(made, documents, strict=True)
    ]
    platforms = [
        people(rooms["telco"], one, document.platform_datasets[0])
        for one, document in zip(made, documents, strict=True)
    ]
    assert sum(one is not None for one in platforms[1]) == len(PLATFORM)
    partners = first.partners(), second.partners()
    assert len(partners[0]) == len(partners[1]) == 100
    own, through = 0, 0
    for guess in guesses(first, second):
        right = [
            brands[0][one] is not None and brands[0][one] == brands[1][other]
            for one, other in guess.items()
        ]
        own = max(own, sum(right))
        joined = [
            (partners[0][one], partners[1][other])
            for one, other in guess.items()
            if one in partners[0] and other in partners[1]
        ]
        through = max(through, sum(platforms[0][a] == platforms[1][b] for a, b in joined))
    return own, through


def test_no_row_is_linked_across_two_alignments_of_one_upload(meeting: Place) -> None:
    own, through = linked(meeting)
    assert own <= CHANCE
    assert through <= CHANCE


def test_in_the_order_of_the_upload_every_row_is_linked(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And through the brand's rows those of the platform's two versions, whom nothing joins."""
    monkeypatch.setattr(aligned_rows, "_has_uploaded_order", lambda *_: True)
    assert linked(meeting) == (len(BRAND), 100)


def test_ciphertexts_that_are_sent_twice_link_every_row_in_any_order(
    meeting: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh order alone does not help: what a row carries has to be fresh too."""
    drawn: list[npt.NDArray[np.uint8]] = []
    real = datasets.spool_rows

    def shuffled(dataset, table, order, spool, executor, progress):  # noqa: PLR0917
        """Shuffle the very rows of the upload."""
        real(dataset, table, order, spool, executor, progress)
        vault, count = dataset.room.home.vault, dataset.manifest.rows
        rows = np.fromfile(spool, dtype=np.uint8).reshape(count, -1)
        if not dataset.manifest.measures:
            return
        if not drawn:
            drawn.append(rows[np.argsort(vault.read_arrays(order)["order"])])
            return
        drawn[0][vault.read_arrays(order)["order"]].tofile(spool)

    monkeypatch.setattr(datasets, "spool_rows", shuffled)
    monkeypatch.setattr(aligned_rows, "spool_rows", shuffled)
    assert linked(meeting) == (len(BRAND), 100)
