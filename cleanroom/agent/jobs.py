"""Ask a question, and load one with everything that this party checked about it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
import rfc8785

from cleanroom.agent import amendments, endings, private, purposes, segments, selection
from cleanroom.agent.alignments import LocalAlignment, find
from cleanroom.agent.datasets import LocalDataset, local, owner_of, peer_manifest
from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.agent.uploads import Progress, send_rows, silent
from cleanroom.documents.agreement import SIDES, Card, PartyRole, other_side
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest, Upload
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, NotFound, PeerFault, Unaligned
from cleanroom.files import held
from cleanroom.queries.plan import Charge, Plan, Question
from cleanroom.queries.registry import template
from cleanroom.queries.template import Template
from cleanroom.queries.where import CONDITIONS, OUTCOME, WHERE
from cleanroom.room.encryption import LatticeShape, lattice_shape
from cleanroom.room.policy import charge, check_job
from protocols.sealing import open_sealed, seal

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class LocalJob:
    """A job as one party sees it, planned by itself from the agreement that it signed."""

    room: Room
    document: JobDocument
    question: Question
    plan: Plan
    charge: Charge

    @property
    def identity(self) -> str:
        """Return the job's identifier."""
        return self.document.identity()

    @property
    def path(self) -> str:
        """Return the job's path at the mediator."""
        return f"/v1/jobs/{self.identity}"

    @property
    def folder(self) -> Path:
        """Return the job's folder at home."""
        return self.room.home.folder(self.room.identity, "jobs", self.identity)

    @property
    def template(self) -> Template:
        """Return the template that the job asks."""
        return template(self.document.template)

    @property
    def receives(self) -> bool:
        """Tell whether this party receives the answer."""
        return self.side == self.document.receiver

    @property
    def asks(self) -> bool:
        """Tell whether this party signs the question."""
        behalf = self.document.behalf
        if behalf is not None:
            return behalf.agency == self.room.own.name
        return self.side == self.document.submitter

    @property
    def owns_values(self) -> bool:
        """Tell whether the summed measures are this party's."""
        return self.side == self.plan.value_side

    @cached_property
    def lattice(self) -> LatticeShape | None:
        """Return the shape of the job's lattice values; None if it has none."""
        return lattice_shape(self.question, self.plan)

    @cached_property
    def side(self) -> PartyRole:
        """Return this party's side in the job, for an agency that in whose place it asks.

        Raises ``NotFound`` if the question is between others.
        """
        behalf, own = self.document.behalf, self.room.own.name
        side = "brand" if behalf and behalf.agency == own else self.question.side_of(own)
        if side is None:
            raise NotFound("The question is between other members of the room.")
        return side

    @property
    def peer(self) -> Card:
        """Return the card of the other side's party."""
        return self.room.member(self.question.manifest(other_side(self.side)).party)

    @property
    def dataset(self) -> LocalDataset:
        """Return this party's dataset in the job."""
        return local(self.room, self.question.manifest(self.side).identity())

    @cached_property
    def alignment(self) -> LocalAlignment:
        """Return what joins the two datasets of the question; ``PeerFault`` if it joins others."""
        brand, platform = self.question.brand.identity(), self.question.platform.identity()
        found = find(self.room, self.document.alignment_of(self.question.other.identity()))
        brands, platforms = found.document.brand_datasets, found.document.platform_datasets
        if brand not in brands or platform not in platforms:
            raise PeerFault("The question names an alignment of different datasets.")
        return found

    def info(self, purpose: str) -> bytes:
        """Return the context of what is sealed for this job."""
        return f"cleanroom/job/1/{purpose}/".encode() + bytes.fromhex(self.identity)

    def seal(self, purpose: str, message: bytes) -> bytes:
        """Seal something to the peer, for this job alone."""
        return seal(message, sealing_key(self.peer), self.info(purpose), self.room.home.signing)

    def open(self, purpose: str, blob: bytes, sender: str | None = None) -> bytes:
        """Open what the peer, or a member named ``sender``, sealed for this job."""
        card = self.peer if sender is None else self.room.member(sender)
        return open_sealed(blob, self.room.home.sealing, self.info(purpose), verifying_key(card))

    def private(self) -> Mapping[str, Any]:
        """Return the job's private parameters, which only its parties may read.

        Those of a hub stay on its side: the others are told of none.
        """
        if not self.document.sealed and self.document.private is None:
            return {}
        if self.document.others and self.side != self.document.hub:
            return {}
        return dict(json.loads(private.opened(self)))

    def check_open(self) -> None:
        """Raise ``PolicyRefusal`` if this party ended the job, or what it rests on."""
        endings.check_kept(self.folder)
        own = self.question.manifest(self.side).identity()
        home, room, run = self.room.home, self.room.identity, self.document.standing
        series = run.standing if run else None
        endings.check(home, room, (own,), self.identity, self.document.behalf, series)
        amendments.check_there(self.room, self.question)

    def check_own(self) -> None:
        """Hold this party's data, if it has any, against the question.

        Raises ``PolicyRefusal`` if they clash.
        """
        if not self.room.own.has_data:
            return
        selection.check(self)
        if type(self.template).check_own is not Template.check_own:
            table = self.dataset.table()
            self.template.check_own(self.question, self.side, table, self.private())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Work on the job alone; other processes and threads of this home wait."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(self.folder / "lock"):
            yield

    def keep(self, name: str, rows: npt.NDArray[np.uint8]) -> None:
        """Store what this party made once for the job, so that a new attempt reuses it."""
        self.room.home.vault.write_arrays(self.folder / name, rows=rows)

    def kept(self, name: str) -> npt.NDArray[np.uint8] | None:
        """Return what was stored, or None."""
        file = self.folder / name
        return self.room.home.vault.read_arrays(file)["rows"] if file.exists() else None

    def keep_json(self, name: str, value: Any) -> None:
        """Store something small that this party knows of the job."""
        self.room.home.vault.write(self.folder / name, json.dumps(value).encode())

    def kept_json(self, name: str) -> Any:
        """Return what was stored, or None."""
        file = self.folder / name
        return json.loads(self.room.home.vault.read(file)) if file.exists() else None

    def send_message(
        self, kind: str, rows: npt.NDArray[np.uint8], progress: Progress = silent
    ) -> Upload:
        """Send one of the job's messages in chunks."""
        path = f"{self.path}/messages/{kind}"
        return send_rows(self.room.client, path, rows, progress=progress, name=kind)

    def send_blob(self, kind: str, data: bytes) -> Upload:
        """Send one of the job's messages that is not a table."""
        return self.send_message(kind, np.frombuffer(data, dtype=np.uint8).reshape(-1, 1))

    def read_message(self, kind: str, most: int) -> bytes:
        """Return one of the job's messages as it is shown; what is sealed proves itself.

        Raises ``PeerFault`` for one of more than ``most`` bytes: how many chunks there are is the
        mediator's word, and it is not believed beyond what the question gives.
        """
        messages = self.room.client.job(self.identity)["messages"]
        found = [item for item in messages if item["kind"] == kind]
        if not found:
            raise PeerFault(f"The job has no message {kind}.")
        data = bytearray()
        for chunk in range(found[0]["upload"]["chunks"]):
            part = self.room.client.job_message(self.identity, kind, chunk)
            if not 0 < len(part) <= most - len(data):
                raise PeerFault(f"The mediator shows a longer message {kind} than a job can have.")
            data += part
        return bytes(data)


def alone(
    step: Callable[Concatenate[LocalJob, P], R],
) -> Callable[Concatenate[LocalJob, P], R]:
    """Let one process of a home at a time take a step of a job.

    Two that draw noise or masks at once would keep those of one and send those of the other, and
    the answer could never be read.
    """

    @wraps(step)
    def guarded(job: LocalJob, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with job.locked():
            return step(job, *args, **kwargs)

    return guarded


def shown_document(item: Mapping[str, Any], identity: str) -> JobDocument:
    """Return the question that is shown under an identifier; ``PeerFault`` if it is another's."""
    if "job" not in item:
        raise PeerFault("The mediator shows no question under this identifier.")
    document = JobDocument.from_json(item["job"])
    if document.identity() != identity:
        raise PeerFault("The mediator shows a different job under this identifier.")
    return document


def load(room: Room, identity: str, now: float | None = None) -> LocalJob:
    """Fetch a job and hold it against the signed agreement; raise what the policy refuses.

    ``now`` is another time than the present, in Unix seconds: a question can be looked at when
    its room is over.

    Raises ``PeerFault`` for a job that its submitter did not sign.
    """
    shown = room.client.job(identity)
    job = plan(room, shown_document(shown, identity), now)
    behalf = job.document.behalf
    submitter = behalf.agency if behalf else job.question.manifest(job.document.submitter).party
    room.check_said(shown["statement"], "job.submit", "job", job.document, (submitter,))
    return job


def plan(room: Room, document: JobDocument, now: float | None = None) -> LocalJob:
    """Plan a job from this party's own copy of the agreement and of its own dataset's manifest.

    The peer's manifest must be one that the agreement allows, which ``check_job`` sees to: the
    ranges of its measures set the noise, so a mediator must not be able to make one up.  The owner
    of a hub holds the question against every other dataset, each other party against its own alone.
    """
    room = amendments.under(room, document.agreement)
    agreed, at = room.agreement, time.time() if now is None else now
    own = [other.dataset for other in document.others if other.party == room.own.name]
    pairs = map(document.pair_with, own or document.datasets[1:])
    asked = [
        Question(document, agreed, _manifest(room, one, "brand"), _manifest(room, two, "platform"))
        for one, two in pairs
    ]
    plans = [check_job(agreed, document, one.brand, one.platform, at) for one in asked]
    price = charge(plans[0], document, agreed.policy)
    return LocalJob(room, document, asked[0], plans[0], price)


def _manifest(room: Room, identity: str, side: PartyRole) -> Manifest:
    """Return one side's manifest: the own one from home, the peer's as the mediator shows it."""
    own = room.own.role == side
    return local(room, identity).manifest if own else peer_manifest(room, identity)


def write_job(room: Room, fields: Mapping[str, Any], parameters: Mapping[str, Any]) -> LocalJob:
    """Make a job that the agreement allows, and hold this party's own data against it."""
    document, text = draft(room, fields, parameters)
    job = plan(room, document)
    if document.private is not None:
        room.home.vault.write(job.folder / private.FILE, text)
    job.check_own()
    return job


def draft(
    room: Room,
    fields: Mapping[str, Any],
    parameters: Mapping[str, Any],
    rehearsal: bool | None = None,
    closed: private.Closing | None = None,
) -> tuple[JobDocument, bytes]:
    """Write a job document, allowed or not, and the private parameters that it seals.

    ``rehearsal`` says whether parameters may come from the data, as in the room if left out.
    Parameters that only the parties may read are sealed to the peer, or stand in the document as
    ``closed`` makes it; those that name an earlier job become its identifier.
    """
    room, found = amendments.settle(room), template(str(fields["template"]))
    if CONDITIONS in found.private_parameters:
        named = [name for name in (WHERE, OUTCOME) if name in parameters]
        spelled = {name: segments.spelled_out(room, parameters[name]) for name in named}
        parameters = {**parameters, **spelled}
    parameters = found.complete(
        parameters,
        room.role,
        (room.agreement.rehearsal if rehearsal is None else rehearsal) and room.own.has_data,
        lambda: local(room, str(fields[room.role])).table(),
    )
    for name, kind in found.earlier_jobs.items():
        if name in parameters:
            if WHERE in parameters:
                raise InvalidInput(
                    "The people are those of the earlier question.", remedy=f"Leave {WHERE} out."
                )
            earlier = _earlier(room, fields, kind, str(parameters[name]))
            parameters |= {name: earlier} | _same_people(room, earlier)
    return assemble(room, fields, parameters, closed)


def assemble(
    room: Room,
    fields: Mapping[str, Any],
    parameters: Mapping[str, Any],
    closed: private.Closing | None = None,
) -> tuple[JobDocument, bytes]:
    """Write a job document of parameters that are complete, and the private ones that it seals."""
    names = template(str(fields["template"])).private_parameters
    hidden = {name: parameters[name] for name in names if name in parameters}
    public = {name: value for name, value in parameters.items() if name not in hidden}
    text = rfc8785.dumps(hidden)
    sealed: Mapping[str, Any] = {"private": None, "sealed": ""}
    if hidden:
        sealed = (closed or _closed)(room, fields, text)
    own = {"room": room.identity, "submitter": room.role, "agreement": room.agreement.named()}
    own["purpose"] = purposes.of_question(room, fields, parameters)
    return JobDocument.from_json({**fields, **own, "parameters": public, **sealed}), text


def _closed(room: Room, fields: Mapping[str, Any], text: bytes) -> dict[str, Any]:
    """Return the fields of a question that hold its private parameters, sealed."""
    peer = owner_of(room, str(fields[other_side(room.role)]))
    brand = owner_of(room, str(fields["brand"])) if "behalf" in fields else None
    return private.sealed_fields(room, peer, fields, text, brand)


def _earlier(room: Room, fields: Mapping[str, Any], kind: str, name: str) -> str:
    """Return the newest answered job of a template and a name, or identifier, on these datasets."""
    for item in reversed(room.client.jobs(room.identity)):
        asked = item["job"]
        same = all(asked[side] == fields[side] for side in SIDES) and asked["template"] == kind
        if same and name in (asked["name"], item["id"]) and item["state"] == "SUCCESS":
            return shown_document(item, item["id"]).identity()
    raise InvalidInput(
        f"No {kind} {name} on these two datasets has been answered.", remedy=f"Ask {name} first."
    )


def _same_people(room: Room, earlier: str) -> dict[str, Any]:
    """Return the conditions of an earlier question, for one that goes on with its people."""
    listed = [item for item in room.client.jobs(room.identity) if item["id"] == earlier]
    for document in (shown_document(item, earlier) for item in listed):
        if WHERE in document.parameters:
            conditions = plan(room, document).private()[CONDITIONS]
            return {WHERE: document.parameters[WHERE], CONDITIONS: conditions}
    return {}


def submit(job: LocalJob) -> dict[str, Any]:
    """Ask the question; return the mediator's answer, an earlier job's if it was asked before."""
    return job.room.chain.say("/v1/jobs", "job.submit", {"job": job.document.to_json()})


def find_alignment(room: Room, brand: str, platform: str) -> str:
    """Return the newest ready alignment that joins two dataset versions; raise ``Unaligned``."""
    for item in reversed(room.client.alignments(room.identity)):
        document = AlignmentDocument.from_json(item["document"])
        joins = brand in document.brand_datasets and platform in document.platform_datasets
        if item["state"] == "READY" and joins:
            return document.identity()  # whatever the mediator lists it under
    raise Unaligned
