"""Restrict a question to people by their labels: ``platform.age_band in ('25-34', '35-44')``.

The grammar is this and nothing else; several conditions of a question all have to hold:

    condition = column ("=" | "!=") value | column ["not"] "in" "(" value {"," value} ")"
    column    = ("brand" | "platform") "." (name | '"' any name '"')
    value     = "'" text "'", in which '' is an apostrophe
    segment   = "segment" "=" value, in place of a condition: a saved list of them

A label names a group of people, so only the two parties may read it.  A question's ``where`` says
in the open which columns restrict it; the ``conditions`` themselves are sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.document import Document, Text
from cleanroom.errors import InvalidInput
from cleanroom.ingest.seen import LABEL_LENGTH, as_seen
from cleanroom.queries.plan import Column
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cleanroom.ingest import Table
else:
    np = Deferred("numpy")

WHERE: Final = "where"
"""The parameter that a person writes as text; a question holds the columns of it."""

CONDITIONS: Final = "conditions"
"""The sealed parameter that holds the conditions in their one form."""

OUTCOME: Final = "outcome"
"""The parameter whose conditions tell some people from the others and leave nobody out."""

SEGMENT: Final = "segment"
EXAMPLE: Final = (
    "Write side.column = 'value', such as brand.tier = 'gold' or platform.age in ('25-34', '35-44')"
    "; the side is brand or platform, a value stands in apostrophes, and all conditions have to "
    "hold."
)
UNREAD: Final = "it is not a column, a test (=, !=, in or not in) and what it is tested for"

_VALUE = r"'((?:[^']|'')*)'"
_TOKEN = re.compile(
    rf"\s*(?:(?P<column>(?:brand|platform)\.(?:\"[^\"]+\"|[^\s\"'=!(),]+))|{_VALUE}"
    r"|(?P<word>not\b|in\b|segment\b|!=|=|\(|\)|,))",
    re.IGNORECASE,
)


class Condition(Document):
    """Keep the people whose label in a column is one of some values, or none of them.

    The one form of a condition: values sorted, none twice, one condition a column.
    """

    column: Text
    test: Literal["in", "not in"]
    values: tuple[Text, ...] = Field(min_length=1)

    def text(self) -> str:
        """Return the condition as a person writes it."""
        listed = ", ".join(quoted(value) for value in self.values)
        if len(self.values) == 1:
            return f"{self.written_column} {'=' if self.test == 'in' else '!='} {listed}"
        return f"{self.written_column} {self.test} ({listed})"

    @property
    def written_column(self) -> str:
        """Return the column's name, in quotes if it has more than plain characters."""
        column = Column.parse(self.column)
        plain = re.fullmatch(r"[^\s\"'=!(),]+", column.name)
        return self.column if plain else f'{column.side}."{column.name}"'

    def keeps(self, label: str) -> bool:
        """Tell whether a person with that label stays."""
        return (label in self.values) == (self.test == "in")


Conditions = tuple[Condition, ...]
Saved = Callable[[str], Sequence[str]]
"""Returns the texts of a saved segment; raises ``InvalidInput`` for a name that nobody saved."""


def quoted(value: str) -> str:
    """Return a value as a condition writes it."""
    return "'" + value.replace("'", "''") + "'"


def nothing_saved(name: str) -> Sequence[str]:
    """Refuse a segment where none can be looked up."""
    raise InvalidInput(f"where: no segment {name} is saved here.", remedy="Write its conditions.")


def parse(texts: object, saved: Saved = nothing_saved, parameter: str = WHERE) -> Conditions:
    """Return the conditions of a list of texts in their one form; ``InvalidInput`` otherwise.

    ``parameter`` is what a refusal calls the list.
    """
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise InvalidInput("where is a list of conditions.", remedy=EXAMPLE)
    found: list[Condition] = []
    for number, text in enumerate(texts, start=1):
        one = _Reader(text, number, parameter).condition()
        if isinstance(one, Condition):
            found.append(one)
        else:
            found += parse(list(saved(one)))
    return canonical(found)


def spelled_out(texts: Any, segments: Mapping[str, Sequence[str]]) -> Any:
    """Return a ``where`` in which the named segments are their conditions; all else stays."""
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        return texts
    found: list[str] = []
    for number, text in enumerate(texts, start=1):
        one = _Reader(text, number).condition() if text.lstrip().lower().startswith(SEGMENT) else ""
        found += segments[one] if isinstance(one, str) and one in segments else [text]
    return found


def canonical(conditions: Iterable[Condition]) -> Conditions:
    """Return one condition a column, in order; raise ``InvalidInput`` if nobody can fulfil them."""
    by_column: dict[str, list[Condition]] = {}
    for condition in conditions:
        by_column.setdefault(condition.column, []).append(condition)
    return tuple(_together(column, by_column[column]) for column in sorted(by_column))


def _together(column: str, conditions: Sequence[Condition]) -> Condition:
    """Return what several conditions on one column amount to."""
    inside = [set(one.values) for one in conditions if one.test == "in"]
    outside = {value for one in conditions if one.test == "not in" for value in one.values}
    if not inside:
        return Condition(column=column, test="not in", values=tuple(sorted(outside)))
    left = set.intersection(*inside) - outside
    if not left:
        raise InvalidInput(f"where: nobody can fulfil all conditions on {column}.")
    return Condition(column=column, test="in", values=tuple(sorted(left)))


class _Reader:
    """Read one condition from its text, token by token."""

    def __init__(self, text: str, number: int, parameter: str = WHERE) -> None:
        self._parameter, self._number = parameter, number
        self._tokens: list[tuple[str, str]] = []
        place, text = 0, text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise self._fault()
            place = found.end()
            kind = found.lastgroup or "value"
            self._tokens.append((kind, found[2] if kind == "value" else found[kind]))

    def _fault(self, why: str = UNREAD) -> InvalidInput:
        return InvalidInput(
            f"{self._parameter}: condition {self._number} cannot be read: {why}.", remedy=EXAMPLE
        )

    def _take(self, kind: str, *words: str) -> str:
        if not self._tokens or self._tokens[0][0] != kind:
            raise self._fault()
        text = self._tokens.pop(0)[1]
        if words and text.lower() not in words:
            raise self._fault()
        return text

    def condition(self) -> Condition | str:
        """Return the condition, or the name of a segment."""
        if self._tokens and self._tokens[0][1].lower() == SEGMENT:
            self._take("word", SEGMENT)
            self._take("word", "=")
            name = self._value()
            self._end()
            return name
        side, _, name = self._take("column").partition(".")
        column = Column.parse(f"{side.lower()}.{name.strip(chr(34))}")
        word = self._take("word", "=", "!=", "in", "not").lower()
        if word == "not":
            self._take("word", "in")
        values = [self._value()] if word in ("=", "!=") else self._list()
        self._end()
        test = "in" if word in ("=", "in") else "not in"
        return Condition.from_json(
            {"column": str(column), "test": test, "values": sorted(set(values))}
        )

    def _end(self) -> None:
        if self._tokens:
            raise self._fault("there is something after it")

    def _list(self) -> list[str]:
        self._take("word", "(")
        values = [self._value()]
        while self._take("word", ",", ")") == ",":
            values.append(self._value())
        return values

    def _value(self) -> str:
        value = as_seen(self._take("value").replace("''", "'"))
        if not value or len(value) > LABEL_LENGTH or not value.isprintable():
            raise self._fault(f"a value has 1 to {LABEL_LENGTH} printable characters")
        return value


def completed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with ``where`` parted into open columns and sealed conditions."""
    if CONDITIONS in parameters:
        raise InvalidInput(f"{CONDITIONS} is made by the agent.", remedy="Write where.")
    found = parse(parameters.get(WHERE, []))
    rest = {name: value for name, value in parameters.items() if name != WHERE}
    if not found:
        return rest
    return rest | {
        WHERE: [condition.column for condition in found],
        CONDITIONS: [condition.to_json() for condition in found],
    }


def opened(columns: Sequence[str], private: Mapping[str, Any]) -> Conditions:
    """Return a question's conditions; ``InvalidInput`` unless they are of the columns it names.

    Everybody checks the grants of the columns that are named in the open, so that the sealed ones
    have to be the same.
    """
    listed = private.get(CONDITIONS, [])
    if not isinstance(listed, list):
        raise InvalidInput("the sealed conditions are not a list")
    found = tuple(Condition.from_json(one) for one in listed)
    written = all(parse([condition.text()]) == (condition,) for condition in found)
    if not written or canonical(found) != found:
        raise InvalidInput("the sealed conditions are not in canonical form")
    if [condition.column for condition in found] != list(columns):
        raise InvalidInput(
            "the sealed conditions are not about the columns that the question names"
        )
    return found


def of_side(conditions: Conditions, side: PartyRole) -> Conditions:
    """Return the conditions on one side's columns."""
    return tuple(one for one in conditions if Column.parse(one.column).side == side)


def inside(conditions: Conditions, side: PartyRole, table: Table) -> npt.NDArray[np.bool_]:
    """Mark the rows of a side's table that fulfil the conditions on its columns."""
    marked = np.ones(table.rows, dtype=np.bool_)
    for condition in of_side(conditions, side):
        label = table.labels[Column.parse(condition.column).name]
        kept = np.array([condition.keeps(value) for value in label.domain], dtype=np.bool_)
        marked &= kept[label.codes]
    return marked
