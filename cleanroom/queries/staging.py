"""What the templates of stages share: their columns, and the highest stage of both sides."""

from __future__ import annotations

from collections.abc import Iterable

from cleanroom.documents.document import ColumnName, Document
from cleanroom.errors import PolicyRefusal
from cleanroom.queries.plan import Column, Question
from cleanroom.queries.stages import OPPORTUNITY, STAGES
from cleanroom.queries.template import Leak

OPEN = frozenset("AIP")
"""The stages of the brand's people from which a person can still move up."""

_SIZES = (len(STAGES), len(OPPORTUNITY))

MAP_LEAK = Leak(
    "who is at which stage",
    "own records'",
    "own records'",
    "the stages of opaque matched rows: the map of pairs of stages has a public shape",
)


class StageColumns(Document):
    """Name the column of stages on either side; a person counts at the higher of the two."""

    brand: ColumnName
    platform: ColumnName

    @property
    def columns(self) -> tuple[Column, Column]:
        """Return the two columns, the brand's first."""
        return Column("brand", self.brand), Column("platform", self.platform)


def checked(question: Question, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return columns of stages; raise ``PolicyRefusal`` if one has other values than stages.

    A column is shared only if its owner declared nothing but stages for it; an empty cell is the
    stage none.
    """
    for column in columns:
        question.domain(column)
        found = question.manifest(column.side).label(column.name)
        if found is None or not found.shared or len(found.domain) not in _SIZES:
            raise PolicyRefusal(
                f"{column} is not a column of stages: its values must be {', '.join(STAGES)}, or O",
                rule="stage-values",
            )
    return columns


def stages_of(question: Question, columns: Iterable[Column]) -> tuple[str, ...]:
    """Return the stages at which people of these columns can be: with O if one column has it.

    How many values a column declares says which: documents, never the rows.
    """
    sizes = [question.domain(column) for column in columns]
    return OPPORTUNITY if len(OPPORTUNITY) in sizes else STAGES


def highest(labels: Iterable[str]) -> str:
    """Return the highest of some stages."""
    return max(labels, key=OPPORTUNITY.index)


def is_up(before: str, after: str) -> bool:
    """Tell whether somebody moved up."""
    return OPPORTUNITY.index(after) > OPPORTUNITY.index(before)


def moved(labels: tuple[str, ...]) -> tuple[str, str]:
    """Return a person's highest stage before, and after.

    ``labels`` come in the order of a plan's cells: each side's ``from`` and ``to``, brand first.
    """
    return highest(labels[::2]), highest(labels[1::2])
