"""The rows of a flow by channel: which stages each side has of a person, without telling them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanroom.queries import media, rungs
from cleanroom.queries.media import I64


@dataclass(frozen=True)
class Ladder:
    """The stages of a question; a channel has a cell for every move, then one for every start."""

    stages: tuple[str, ...]

    @property
    def moves(self) -> int:
        """Return how many moves there are, staying included."""
        return len(self.stages) ** 2

    @property
    def cells(self) -> int:
        """Return how many cells a channel has."""
        return self.moves + len(self.stages)

    @property
    def starts(self) -> int:
        """Return the number of the first statement about a start.

        Before it stand those about moves: two of each stage, of both ends.
        """
        return (2 * len(self.stages)) ** 2

    @property
    def statements(self) -> int:
        """Return how many statements there are at a place."""
        return self.starts + 2 * len(self.stages)


def statements(ladder: Ladder, ends: I64, alone: bool) -> media.Said:
    """Say in one row what is true of a person's move, in another what is true of its start.

    A statement about a move is one about its start and one about its end.  Where the brand alone
    has stages, the platform waits for those that no stage of its own makes true: one of each.
    """
    stages = len(ladder.stages)
    before, after = (rungs.statements(end, stages) for end in ends)
    if alone:
        before, after = (rungs.above_none(said, stages) for said in (before, after))
    moved, of_before, of_after = np.nonzero(before[:, :, None] & after[:, None, :])
    began, of_start = np.nonzero(before)
    return media.Said(
        rows=2,
        statements=ladder.statements,
        person=np.concatenate([moved, began]),
        row=np.concatenate([np.zeros_like(moved), np.ones_like(began)]),
        statement=np.concatenate([of_before * 2 * stages + of_after, ladder.starts + of_start]),
    )


def awaited(ladder: Ladder, ends: I64) -> tuple[I64, I64, I64]:
    """Return row, statement and cell of the moves and starts that may come out of the own ends."""
    stages = len(ladder.stages)
    starts, stops = (rungs.outcomes(end, stages) for end in ends)
    moved, before, after = np.nonzero(starts[:, :, None] & stops[:, None, :])
    began, start = np.nonzero(starts)
    of_before = rungs.awaited(ends[0][moved], before, stages)
    of_after = rungs.awaited(ends[1][moved], after, stages)
    of_start = rungs.awaited(ends[0][began], start, stages)
    return (
        np.concatenate([moved, began]),
        np.concatenate([of_before * 2 * stages + of_after, ladder.starts + of_start]),
        np.concatenate([before * stages + after, ladder.moves + start]),
    )
