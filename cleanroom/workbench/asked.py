"""Ask a room from Python: one callable for each template, with its parameters and their words."""

from __future__ import annotations

import asyncio
import functools
import inspect
import operator
import secrets
import types
import typing
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import datetime
from keyword import iskeyword
from types import TracebackType
from typing import Any, Final, Self

from pydantic import ValidationError

from cleanroom.agent import asking, asking_sql, jobs, schedule, segments, series, standing
from cleanroom.agent.earlier import kept_result
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.jobs import LocalJob
from cleanroom.agent.preview import preview
from cleanroom.agent.rooms import Room
from cleanroom.agent.standing import Standing
from cleanroom.documents.agreement import SIDES, PartyRole
from cleanroom.documents.document import invalid_field
from cleanroom.errors import InvalidInput, NotFound
from cleanroom.queries.registry import templates
from cleanroom.queries.template import Template
from cleanroom.queries.where import CONDITIONS
from cleanroom.report import parameter_name, word
from cleanroom.workbench.answer import Answer, Fields, Preview

Tell = Callable[[str], None]

KIND: Final = inspect.Parameter.KEYWORD_ONLY
OF_EVERY_JOB: Final = {
    "receiver": "Whose answer it is, 'brand' or 'platform'; yours if left out",
    "rho": "What it may cost; what the policy says if left out",
    "name": "What the log calls it; made up if left out",
    "purpose": "What the answer is for, where the agreement names purposes",
}
"""What every question takes, whatever it asks."""


class Question:
    """A question that was asked: wait for it, await it, or read its answer later."""

    def __init__(self, questions: Questions, job: str, receiver: PartyRole) -> None:
        self.job = job
        self.receiver = receiver
        self._questions = questions

    @property
    def state(self) -> str:
        """Return where the question stands now, as the log shows it."""
        return str(self._room.client.job(self.job)["state"])

    def result(self) -> Answer:
        """Wait until the question has ended and return its answer.

        Raises what ended it otherwise, as the command line says it: ``PolicyRefusal``,
        ``PeerFault``; ``NotFound`` where the other party receives the answer.
        """
        found = kept_result(self._room, self.job)
        if found is None:
            asking.check_answered(asking.wait(self._room, self.job, self._questions.tell))
            if self.receiver not in self._questions.sides:
                raise NotFound(f"The {self.receiver} receives this answer.")
            found = asking.read_result(self._room, self.job)
        return Answer(found, self._questions.frames)

    @property
    def _room(self) -> Room:
        sides = self._questions.sides
        return sides.get(self.receiver) or next(iter(sides.values()))

    def __await__(self) -> Generator[Any, None, Answer]:
        return asyncio.to_thread(self.result).__await__()

    def __repr__(self) -> str:
        return f"<Question {self.job}: {self.state}>"


class Series:
    """A question that is asked again and again: look at it, read its answers, approve or stop it.

    A mapping that ``shown`` returns says what ``cleanroom standing show --json`` says.
    """

    def __init__(self, questions: Questions, identity: str) -> None:
        self.identity = identity
        self._questions = questions

    @property
    def _found(self) -> Standing:
        return standing.find(self._questions.sides[self._questions.role], self.identity)

    def shown(self) -> Fields:
        """Return what it asks, where it stands, its runs and those that were missed."""
        return Fields(series.with_digest(self._found))

    def questions(self) -> list[Question]:
        """Return the questions that its runs are, the oldest first."""
        found = self._found
        return [
            Question(self._questions, job, found.document.receiver) for job in found.asked.values()
        ]

    def approve(self, digest: str) -> None:
        """Approve all runs of the very question that ``shown`` gave this digest for."""
        found = self._found
        standing.check_digest(found, digest)
        standing.approve(found)

    def stop(self, reason: str) -> None:
        """Stop it, with effect at once; a run without an answer ends."""
        standing.stop(self._found, reason)

    def __repr__(self) -> str:
        return f"<Series {self.identity}: {self._found.state}>"


class Asking:
    """Ask the questions of one template; call it for the answer, ``submit`` it to go on."""

    def __init__(self, questions: Questions, asked: Template) -> None:
        self._questions = questions
        self._template = asked
        self.__name__ = asked.name
        self.__doc__ = describe(asked)
        self.__signature__ = signature(asked)

    def __call__(self, *given: Any, **named: Any) -> Answer:
        """Ask, wait, and return the answer."""
        return self.submit(*given, **named).result()

    def submit(self, *given: Any, **named: Any) -> Question:
        """Ask, and return at once; both sides' agents answer in their own time."""
        return self._questions._submit(self._section(given, named))

    def preview(self, *given: Any, **named: Any) -> Preview:
        """Return what the question would cost and show; nothing is asked or charged."""
        return Preview(preview(self._questions._made(self._section(given, named))))

    def _section(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> JobSection:
        try:
            bound = self.__signature__.bind(*given, **named).arguments
        except TypeError as error:
            raise InvalidInput(
                f"{self._template.name}: {error}.", remedy=f"It takes {self.__signature__}."
            ) from None
        given_ones = {name: value for name, value in bound.items() if value is not None}
        fields = {name.rstrip("_"): plain_value(value) for name, value in given_ones.items()}
        if not any(isinstance(fields[side], list) for side in SIDES):  # the hub's owner receives
            fields.setdefault("receiver", self._template.receiver(self._questions.role))
        fields.setdefault("name", f"{self._template.name}-{secrets.token_hex(4)}")
        return JobSection(template=self._template.name, **fields)


def signature(template: Template) -> inspect.Signature:
    """Return how a template is asked: its datasets, its parameters, who receives."""
    both = inspect.Parameter.POSITIONAL_OR_KEYWORD
    found = [inspect.Parameter(side, both, annotation=str) for side in SIDES]
    for name, field in template.Parameters.model_fields.items():
        if name in template.filled_in:
            continue
        default = inspect.Parameter.empty if field.is_required() else field.get_default()
        found.append(
            inspect.Parameter(
                written(field.alias or name),
                KIND,
                default=default,
                annotation=bare(field.annotation),
            )
        )
    known = {one.name for one in found} | {CONDITIONS, *template.filled_in}
    private = [name for name in template.private_parameters if name not in known]
    common = [name for name in OF_EVERY_JOB if name not in known]
    found += [inspect.Parameter(one, KIND, default=None) for one in (*private, *common)]
    return inspect.Signature(found, return_annotation=Answer)


def plain_value(value: Any) -> Any:
    """Return what a dataframe hands out as what a room file holds: lists, numbers, texts, times."""
    if isinstance(value, Mapping):
        return {str(name): plain_value(one) for name, one in value.items()}
    if isinstance(value, datetime):
        return value
    if hasattr(value, "tolist"):  # an array, a series or one number of such
        return value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return list(map(plain_value, value))
    return value


def bare(kind: Any) -> Any:
    """Return a type without its limits, which nobody can read in a signature."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return bare(inner[0])
    if origin is dict:
        return Mapping[bare(inner[0]), bare(inner[1])]  # type: ignore[misc]
    if origin is tuple:
        return Sequence[bare(inner[0])]  # type: ignore[misc]
    if origin in (types.UnionType, typing.Union):
        return functools.reduce(operator.or_, map(bare, inner))
    return kind


def written(name: str) -> str:
    """Return a parameter's name in Python, where ``from`` cannot be one."""
    return f"{name}_" if iskeyword(name) else name


def describe(template: Template) -> str:
    """Return the help of a template: what it asks, and what each parameter is."""
    taken = signature(template).parameters.items()
    lines = [f"  {name}: {_taken(name, one)}" for name, one in taken if name not in SIDES]
    return "\n".join([word(f"asks.{template.name}"), "", "Parameters:", *lines])


def _taken(name: str, one: inspect.Parameter) -> str:
    """Say what a parameter is, of which type, and what it is if it is left out."""
    if name in OF_EVERY_JOB and one.annotation is inspect.Parameter.empty:
        return OF_EVERY_JOB[name]
    told = [parameter_name(name.rstrip("_"))]
    if one.annotation is not inspect.Parameter.empty:
        told.append(inspect.formatannotation(one.annotation).replace("collections.abc.", ""))
    if one.default is inspect.Parameter.empty:
        told.append("needed")
    elif one.default not in (None, ()):
        told.append(f"{one.default!r} if left out")
    return "; ".join(told)


class Questions:
    """Ask a room; there is a method for each template, such as ``overlap``, and ``ask`` for SQL."""

    def __init__(
        self, sides: Mapping[PartyRole, Room], role: PartyRole, frames: str, tell: Tell
    ) -> None:
        self.sides = sides
        self.role = role
        self.frames = frames
        self.tell = tell

    @functools.cached_property
    def _askings(self) -> dict[str, Asking]:
        return {name: Asking(self, asked) for name, asked in templates().items()}

    def __getattr__(self, name: str) -> Asking:
        if not name.startswith("_") and name in templates():
            return self._askings[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *templates()]

    def ask(
        self,
        sql: str,
        receiver: PartyRole | None = None,
        rho: float | None = None,
        purpose: str | None = None,
    ) -> Answer:
        """Ask in SQL and return the answer; see docs/reference/sql.md."""
        room = self.sides[self.role]
        given: asking_sql.Given = {"brand": None, "platform": None}
        section = asking_sql.section(room, sql, given, None, receiver, rho=rho, purpose=purpose)
        return self._submit(section).result()

    def jobs(self) -> list[dict[str, Any]]:
        """List the questions of the room, as the log has them."""
        room = self.sides[self.role]
        shown = ("name", "template", "receiver")
        return [
            {"id": item["id"], "state": item["state"], **{key: item["job"][key] for key in shown}}
            for item in room.client.jobs(room.identity)
        ]

    def question(self, job: str) -> Question:
        """Return a question of the room by identifier or name; raise ``NotFound`` for none."""
        for item in reversed(self.jobs()):
            if job in (item["id"], item["name"]):
                return Question(self, item["id"], item["receiver"])
        raise NotFound(f"The room has no question {job}.")

    def ask_every(
        self, section: Mapping[str, Any], every: str, until: str, first: str | None = None
    ) -> Series:
        """Declare a standing question; the other side approves all of its runs at once.

        ``section`` is what a room file has under ``[[jobs]]``, ``every`` a length of time such as
        "1w", ``until`` a day or a moment.  Raises as ``cleanroom job submit --every`` does.
        """
        try:
            asked = JobSection.model_validate({"receiver": self.role, **plain_value(section)})
        except ValidationError as error:
            raise invalid_field("the question", error) from None
        room = self.sides[self.role]
        asker = asking.submitter(room.agreement, asked, room.own.name)
        times = schedule.read(asked.name, every, until, first)
        made = schedule.declare(self.sides.get(asker) or room, asked, times)
        return Series(self, made.identity)

    def standing(self, name: str | None = None) -> list[Series]:
        """Return the standing questions of the room, or those of one name or identifier."""
        found = standing.listed(self.sides[self.role])
        fits = [one for one in found if name in (None, one.identity, one.document.name)]
        return [Series(self, one.identity) for one in fits]

    def budget(self) -> Fields:
        """Return what the room may spend and has spent."""
        room = self.sides[self.role]
        return Fields(room.client.budget(room.identity))

    def save_segment(self, name: str, where: Sequence[str]) -> None:
        """Save conditions under a name, to be used in ``where`` as ``segment NAME``."""
        segments.save(self.sides[self.role], name, where)

    def _made(self, section: JobSection) -> LocalJob:
        room = self.sides[self.role]
        asker = asking.submitter(room.agreement, section, room.own.name)
        return asking.from_section(self.sides.get(asker) or room, section)

    def _submit(self, section: JobSection) -> Question:
        made = self._made(section)
        identity = str(jobs.submit(made)["resource"]["id"])
        return Question(self, identity, made.document.receiver)

    def close(self) -> None:
        """End what was opened for this room."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
