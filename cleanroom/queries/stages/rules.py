"""The rule file that both parties sign: which events bring a person to which stage."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import Field, StringConstraints, ValidationError, field_validator

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.document import ColumnName, Document, First, Name
from cleanroom.documents.typed import invalid_typed, read_json, read_toml
from cleanroom.errors import InvalidInput, PolicyRefusal
from cleanroom.queries.credit.ticks import parse_duration
from cleanroom.queries.stages import ladder_of

DEFAULT = Path(__file__).with_name("default.toml")
"""The rules that hold where the parties write none of their own."""

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}[A-Za-z]{1,2}$")]


class Clause(Document):
    """Bring a person to a stage by a number of events; ``window`` overrides the rules' own."""

    stage: Literal["O", "A", "I", "P", "L"]
    interactions: tuple[ColumnName, ...] = Field(min_length=1)
    at_least: int = Field(default=1, ge=1, le=1_000_000)
    window: Duration | None = None

    @field_validator("window")
    @classmethod
    def _check_window(cls, window: str | None) -> str | None:
        return window if window is None else _checked(window)


class Rules(Document):
    """All clauses; ``ignored`` are interactions that a file may hold and that mean no stage.

    The digest of the canonical form (RFC 8785) is what an agreement names: TOML and JSON of the
    same content are one rule file.
    """

    version: First = 1
    name: Name
    window: Duration
    clauses: tuple[Clause, ...] = Field(min_length=1, max_length=64)
    ignored: tuple[ColumnName, ...] = ()

    @field_validator("window")
    @classmethod
    def _check_window(cls, window: str) -> str:
        return _checked(window)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a TOML or JSON file; raise ``InvalidInput`` that names the line or the field."""
        data = read_json(path) if path.suffix == ".json" else read_toml(path)
        try:
            return cls.model_validate_json(rfc8785.dumps(data), strict=True)
        except ValidationError as error:
            raise invalid_typed(path, error, cls) from None
        except (TypeError, ValueError) as error:  # what JSON cannot hold: a date, infinity
            raise InvalidInput(f"{path.name}: {error}.") from None

    @property
    def interactions(self) -> tuple[str, ...]:
        """Return every interaction that a file may hold, each once."""
        named = [name for clause in self.clauses for name in clause.interactions]
        return tuple(dict.fromkeys((*named, *self.ignored)))

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages that a person can be at, O only if a clause brings somebody there."""
        return ladder_of([clause.stage for clause in self.clauses])

    def microseconds(self, clause: Clause) -> int:
        """Return how far back from the snapshot a clause looks."""
        return parse_duration(clause.window or self.window)

    def check(self, agreement: Agreement) -> None:
        """Raise ``PolicyRefusal`` unless these are the rules that the agreement names."""
        agreed = agreement.stage_rules
        if agreed is None or not hmac.compare_digest(agreed, self.digest()):
            raise PolicyRefusal(
                f"the room {agreement.name} was agreed with "
                + ("other stage rules" if agreed else "no stage rules"),
                rule="stage-rules",
            )


def _checked(window: str) -> str:
    try:
        parse_duration(window)
    except InvalidInput as refusal:
        raise ValueError(refusal.sentence) from None
    return window
