"""Read ``room.toml``: a room, its datasets and its questions, for rehearsal and live alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import rfc8785
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cleanroom.agent.datasets import measure_terms
from cleanroom.agent.file_roles import said_roles
from cleanroom.agent.job_section import JobSection, StandingSection, plain
from cleanroom.documents.agreement import (
    SIDES,
    Agreement,
    Card,
    DatasetTerms,
    Grant,
    PartyRole,
    Policy,
    Retention,
    RowEncryption,
    Weights,
)
from cleanroom.documents.document import Document, Name, Text
from cleanroom.documents.typed import field_names, invalid_typed, read_toml, unknown_field
from cleanroom.errors import InvalidInput
from cleanroom.ingest.spec import DatasetSpec
from cleanroom.queries.registry import find_template, templates
from cleanroom.queries.stages.rules import Rules
from cleanroom.queries.template import Template
from cleanroom.queries.where import CONDITIONS, OUTCOME, WHERE, parse, spelled_out
from cleanroom.room.members import named_party

ROWS: Final[tuple[RowEncryption, ...]] = ("paillier", "lattice")
"""How rows may be encrypted if the file does not say."""

DEFAULT_LIFE = 90 * 86400
"""Seconds that a room lasts if its file names no end."""


_KEPT: Final = tuple(Retention.model_fields)

_UNITS: Final = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
"""Seconds."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoomSection(_Section):
    """What the room is called, and whether it is a rehearsal."""

    name: Name
    rehearsal: bool = False
    templates: tuple[Name, ...] = ()
    purposes: tuple[Text, ...] = ()
    """What answers may be used for: every question then names one of them, every grant some."""
    stage_rules: str | None = None
    """A file of rules by which both sides derive stages; its digest is agreed."""


def _role(said: Any) -> Any:
    """Take ``acme = { role = "brand" }`` for ``acme = "brand"``."""
    return said["role"] if isinstance(said, Mapping) and said.keys() == {"role"} else said


class RoomFile(_Section):
    """A whole file; ``folder`` is where its relative paths start."""

    room: RoomSection
    members: dict[Name, Annotated[PartyRole | Literal["agency"], BeforeValidator(_role)]] = Field(
        default_factory=dict, validation_alias=AliasChoices("members", "parties")
    )
    """Parties by name, where their roles do not follow from the questions, and agencies."""
    policy: dict[str, Any] = Field(default_factory=dict)
    datasets: dict[str, dict[Name, DatasetSpec]] = Field(default_factory=dict)
    segments: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    jobs: tuple[JobSection, ...] = ()
    standing: tuple[StandingSection, ...] = ()
    grants: tuple[dict[str, Any], ...] = ()
    intent_weights: tuple[dict[str, Any], ...] = ()
    folder: Path

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        datasets_alone: bool = False,
        only: tuple[str, Collection[str]] = ("", ()),
    ) -> Self:
        """Read a file; raise ``InvalidInput`` that names the line or the field.

        With ``datasets_alone`` the file may lack its section of the room: its files are looked at.
        ``only`` names a party and datasets of it: then what is wrong with other datasets, with
        questions, segments and grants is not looked at.
        """
        data = read_toml(path)
        if datasets_alone:
            data.setdefault("room", {"name": "no-room", "rehearsal": True})
        if only[1]:
            data = _without_others(data, *only)
        return cls.of(data, path)

    @classmethod
    def of(cls, data: Mapping[str, Any], path: Path) -> Self:
        """Take the sections of a file that ``path`` names; raise ``InvalidInput`` as ``read``."""
        try:
            found = cls.model_validate({**data, "folder": path.parent})
            found._check_sections(path)
        except ValidationError as error:
            raise invalid_typed(path, error, cls) from None
        except RecursionError:
            raise InvalidInput(f"{path}: The file is nested too deeply.") from None
        found = found._with_hubs()._with_segments(path)
        names = [job.name for job in found.jobs]
        if len(set(names)) != len(names):
            raise InvalidInput(f"{path}: two jobs have the same name.")
        for job in found.jobs:
            found._check_names(path, job)
        return found

    def _check_names(self, path: Path, job: JobSection) -> None:
        """Refuse a question about a dataset, or for a receiver, that the file's parties have not.

        What is not in the file may still be in the agreement: it is looked up when it is asked.
        """
        if job.receiver not in {*SIDES, *self.members, *self.datasets}:
            raise InvalidInput(
                f"{path}: job {job.name}: receiver: {job.receiver} is neither a side nor a party"
                " of this file."
            )
        texts = [(side, text) for one in job.pairs() for side, text in one.sides().items()]
        for side, text in dict.fromkeys(texts):
            party, dot, name = text.partition(".")
            owner, wanted = (party, name) if dot and party in self.datasets else (side, text)
            if owner in self.datasets and wanted not in self.datasets[owner]:
                raise InvalidInput(f"{path}: job {job.name}: {owner} has no dataset {wanted}.")

    def _check_sections(self, path: Path) -> None:
        """Refuse what no policy, grant or question has before anybody is asked to sign it."""
        try:
            policy = written_policy({"expires": 0} | self.policy, 0)
        except InvalidInput as error:
            raise InvalidInput(f"{path}: policy.{error}") from None
        _check(path, "policy", Policy, policy)
        for number, grant in enumerate(self.grants):
            _check(path, f"grants.{number}", Grant, grant)
        for number, weights in enumerate(self.intent_weights):
            _check(path, f"intent_weights.{number}", Weights, weights)
        for number, schedule in enumerate(self.standing):
            place = f"{path}: standing.{number}"
            if schedule.job not in [job.name for job in self.jobs]:
                raise InvalidInput(f"{place}: the file has no job {schedule.job}.")
            seconds(f"{place}.every", schedule.every)
        for number, name in enumerate(self.room.templates):
            _find_template(f"{path}: room.templates.{number}", name)
        for number, job in enumerate(self.jobs):
            found = _find_template(f"{path}: jobs.{number}.template", job.template)
            given = {*field_names(found.Parameters), *found.private_parameters}
            try:
                job.parameters()
            except InvalidInput as error:
                raise InvalidInput(f"{path}: jobs.{number}: {error}") from None
            for name in job.model_extra or ():
                if name not in given:
                    known = sorted({*JobSection.model_fields, *given} - {CONDITIONS})
                    raise unknown_field(path, f"jobs.{number}.{name}", known)

    def _with_hubs(self) -> Self:
        """Return the file with the hub of every question on the side of whoever has it.

        Which side that is follows from what else the file says of its owner.
        """
        pairs = [job for job in self.jobs if not job.others]
        said = said_roles(self.members, self.datasets, pairs)
        roles = {name: next(iter(sides)) for name, sides in said.items() if len(sides) == 1}
        return self.model_copy(update={"jobs": tuple(job.placed(roles) for job in self.jobs)})

    def _with_segments(self, path: Path) -> Self:
        """Return the file with its own segments spelled out; others are looked up at home."""
        for name, texts in self.segments.items():
            try:
                parse(texts)
            except InvalidInput as error:
                raise InvalidInput(f"{path}: segment {name}: {error}") from None
        jobs = tuple(
            job.model_copy(
                update={
                    name: spelled_out(job.parameters()[name], self.segments)
                    for name in (WHERE, OUTCOME)
                    if name in job.parameters()
                }
            )
            for job in self.jobs
        )
        return self.model_copy(update={"jobs": jobs})

    def check_segments(self) -> None:
        """Refuse a segment that the file does not have: a new room has saved none.

        Raises ``InvalidInput`` with the job and the segments that there are.
        """
        for job in self.jobs:
            texts = job.parameters().get(WHERE, ())
            try:
                parse(texts)
            except InvalidInput as error:
                listed = ", ".join(sorted(self.segments)) or "none"
                raise InvalidInput(
                    f"job {job.name}: {error}", remedy=f"The file's segments: {listed}."
                ) from None

    def roles(self) -> dict[str, PartyRole]:
        """Return the parties that the file describes, by name, each with its role.

        A role follows from ``[parties]``, from a section named by the role, or from the side on
        which a question names a dataset.  Raises ``InvalidInput`` for a party whose role does not
        follow, or in two ways.
        """
        said = said_roles(self.members, self.datasets, self.jobs)
        wrong = [name for name in {**said, **self.datasets} if len(said.get(name, ())) != 1]
        if wrong:
            raise InvalidInput(
                f"The file does not say whether {', '.join(wrong)} is a brand or a platform.",
                remedy="Write it down for each of them: [parties] and"
                f' {wrong[0]} = {{ role = "brand" }}.',
            )
        found = {name: next(iter(said[name])) for name in {**self.datasets, **said}}
        # Whoever is asked about nothing still signs: a file may describe one party's data alone.
        found |= {side: side for side in SIDES if side not in found.values()}
        return {name: role for side in SIDES for name, role in found.items() if role == side}

    def specs(self, card: Card) -> dict[str, DatasetSpec]:
        """Return a party's datasets, written under its name or its role."""
        return self.datasets.get(card.name) or self.datasets.get(card.role, {})

    def path(self, spec: DatasetSpec) -> Path:
        """Return where a dataset's file lies."""
        return self.folder / spec.file

    @property
    def rows(self) -> tuple[RowEncryption, ...]:
        """Return how rows with values may be encrypted in the room that the file describes."""
        return tuple(self.policy.get("rows", ROWS))

    def agreement(
        self, cards: tuple[Card, ...], origin: str, mediator_key: str, nonce: str, now: float
    ) -> Agreement:
        """Write the agreement that the file asks for."""
        policy = written_policy(self.policy, int(now))
        policy.setdefault("expires", int(now) + DEFAULT_LIFE)
        policy.setdefault("k_min", 1 if self.room.rehearsal else 50)
        policy.setdefault("rows", list(ROWS))
        terms = tuple(
            terms_of(card, name, spec) for card in cards for name, spec in self.specs(card).items()
        )
        templates = self.room.templates or tuple(sorted({job.template for job in self.jobs}))
        return Agreement(
            name=self.room.name,
            rehearsal=self.room.rehearsal,
            nonce=nonce,
            origin=origin,
            mediator_key=mediator_key,
            members=cards,
            datasets=terms,
            templates=templates or ("overlap",),
            policy=Policy.from_json(policy),
            stage_rules=self._stage_rules(),
            purposes=self.room.purposes,
            grants=tuple(_granted(grant, cards, self.segments) for grant in self.grants),
            intent_weights=tuple(Weights.from_json(item) for item in self.intent_weights),
        )

    def _stage_rules(self) -> str | None:
        if self.room.stage_rules is None:
            return None
        return Rules.read(self.folder / self.room.stage_rules).digest()


def written_policy(section: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return a section of the policy as a document has it: lengths of time in seconds.

    Periods begin now unless the section says when.  Raises ``InvalidInput`` for a length of time
    that is none.
    """
    policy = {name: plain(value) for name, value in section.items()}
    if "period" in policy:
        policy["period"] = seconds("period", policy["period"])
        policy.setdefault("period_start", now)
    if "retention" in policy:
        policy["retention"] = _retention(policy["retention"])
    return policy


def _retention(written: Any) -> dict[str, int]:
    """Return how long everything is kept: one length of time for all, or a table of four."""
    said = written if isinstance(written, Mapping) else dict.fromkeys(_KEPT, written)
    if said.keys() != set(_KEPT):
        raise InvalidInput(f"retention: give a time for each of {', '.join(_KEPT)}.")
    return {name: seconds(f"retention.{name}", text) for name, text in said.items()}


def seconds(field: str, text: Any) -> int:
    """Read a length of time such as ``90d``; raise ``InvalidInput`` that names the field."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", text) if isinstance(text, str) else None
    if match is None:
        raise InvalidInput(
            f"{field}: {text!r} is not a duration.", remedy='Write "90d", "12h" or "2w".'
        )
    return int(match[1]) * _UNITS[match[2]]


def terms_of(card: Card, name: str, spec: DatasetSpec) -> DatasetTerms:
    """Return the terms that a section of the file asks for."""
    return DatasetTerms(
        party=card.name,
        name=name,
        kind=spec.kind,
        identifier_profile=spec.profiles[0],
        further_profiles=spec.profiles[1:],
        labels=spec.label_names,
        measures=measure_terms(spec),
        partners=spec.partners,
    )


def _granted(
    section: Mapping[str, Any], cards: tuple[Card, ...], segments: Mapping[str, tuple[str, ...]]
) -> Grant:
    """Return a grant by the names of its members, where the file may say their roles.

    What it serves of a segment is spelled out: the name means nothing to the other side.
    """
    grant = Grant.from_json(plain(section))
    terms = grant.serving
    if terms is not None:
        chosen = parse(spelled_out(terms.where, segments))
        where = tuple(condition.text() for condition in chosen)
        platform = named_party(cards, terms.platform)
        terms = terms.model_copy(update={"platform": platform, "where": where})
    return grant.model_copy(update={"party": named_party(cards, grant.party), "serving": terms})


def _without_others(data: dict[str, Any], party: str, names: Collection[str]) -> dict[str, Any]:
    """Return a file's room, its policy and the named datasets that it has."""
    parties = data.get("datasets")
    own = parties.get(party) if isinstance(parties, dict) else None
    if not isinstance(own, dict):
        return data
    named = {name: section for name, section in own.items() if name in names}
    if len(named) < len(set(names)):
        # Without them the message about a misspelt name would list no names.
        named = own
    kept: dict[str, Any] = {key: data[key] for key in ("room", "policy") if key in data}
    return kept | {"datasets": {party: named}}


def _find_template(place: str, name: str) -> Template:
    """Return a template by its name; raise ``InvalidInput`` with the nearest one."""
    found = find_template(name)
    if found is None:
        near = get_close_matches(name, templates(), n=1)
        listed = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(templates())}."
        raise InvalidInput(f"{place}: there is no template {name}.", remedy=listed)
    return found


def _check(path: Path, section: str, model: type[Document], value: dict[str, Any]) -> None:
    """Refuse a section that is not a document of a model; a date is a number by then."""
    try:
        model.model_validate_json(rfc8785.dumps(plain(value)), strict=True)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {section}: {error}") from None
    except ValidationError as error:
        raise invalid_typed(path, error, model, section) from None
    except rfc8785.CanonicalizationError as error:
        raise InvalidInput(f"{path}: {section}: {error}.") from None
