"""Ask a question, and load one with everything that this party checked about it."""

from __future__ import annotations

import hashlib
import hmac
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

from cleanroom.agent import amendments, endings, segments, selection
from cleanroom.agent.alignments import LocalAlignment, find
from cleanroom.agent.datasets import LocalDataset, local, owner_of, peer_manifest
from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.agent.uploads import Progress, send_rows, silent
from cleanroom.documents.agreement import Card, PartyRole
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest, Upload
from cleanroom.documents.job import JobDocument
from cleanroom.errors import InvalidInput, NotFound, PeerFault, Unaligned
from cleanroom.files import held
from cleanroom.queries import template
from cleanroom.queries.plan import SIDES, Charge, Plan, Question, other_side
from cleanroom.queries.template import Template
from cleanroom.queries.where import CONDITIONS, OUTCOME, WHERE
from cleanroom.room.encryption import LatticeShape, lattice_shape
from cleanroom.room.policy import charge, check_job
from protocols.sealing import open_sealed, pairwise_key, seal

P = ParamSpec("P")
R = TypeVar("R")

PRIVATE = b"cleanroom/private-parameters/1"
PRIVATE_BYTES = tuple(1024 << doubled for doubled in range(4))
"""Lengths to which private parameters are filled up, so that no name can be told by its length."""
Closing = Callable[[Room, Mapping[str, Any], bytes], tuple[str, str]]


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
    def owns_values(self) -> bool:
        """Tell whether the summed measures are this party's."""
        return self.side == self.plan.value_side

    @cached_property
    def lattice(self) -> LatticeShape | None:
        """Return the shape of the job's lattice values; None if it has none."""
        return lattice_shape(self.question, self.plan)

    @cached_property
    def side(self) -> PartyRole:
        """Return this party's side in the job; raise ``NotFound`` if it is between others."""
        side = self.question.side_of(self.room.own.name)
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
        platform = self.question.platform.identity()
        found = find(self.room, self.document.alignment_of(platform))
        brands, platforms = found.document.brand_datasets, found.document.platform_datasets
        if self.question.brand.identity() not in brands or platform not in platforms:
            raise PeerFault("The question names an alignment of other datasets.")
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
        """Return the job's private parameters; the submitter keeps its own in the vault."""
        if not self.document.sealed and self.document.private is None:
            return {}
        if self.document.submitter == self.side:
            text = self.room.home.vault.read(self.folder / "private")
        else:
            sealed = bytes.fromhex(self.document.sealed)
            info = PRIVATE + bytes.fromhex(self.room.identity)
            key = verifying_key(self.peer)
            text = open_sealed(sealed, self.room.home.sealing, info, key).rstrip()
        digest = _private_digest(self.room, self.peer, self.document.to_json(), text)
        if not hmac.compare_digest(digest, self.document.private or ""):
            raise PeerFault("The private parameters are not those that the job names.")
        found: dict[str, Any] = json.loads(text)
        return found

    def check_open(self) -> None:
        """Raise ``PolicyRefusal`` if this party ended the job, its own dataset or the room."""
        own = self.question.manifest(self.side).identity()
        endings.check(self.room.home, self.room.identity, (own,), self.identity)

    def check_own(self) -> None:
        """Hold this party's data against the question; raise ``PolicyRefusal`` if they clash."""
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
        """Send one of the job's messages that is no table."""
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
                raise PeerFault(f"The mediator shows more of the message {kind} than a job has.")
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
        raise PeerFault("The mediator shows another job under this identifier.")
    return document


def load(room: Room, identity: str, now: float | None = None) -> LocalJob:
    """Fetch a job and hold it against the signed agreement; raise what the policy refuses.

    ``now`` is another time than the present, in Unix seconds: a question can be looked at when
    its room is over.

    Raises ``PeerFault`` for a job that its submitter did not sign.
    """
    shown = room.client.job(identity)
    job = plan(room, shown_document(shown, identity), now)
    submitter = job.question.manifest(job.document.submitter).party
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
    brand = _manifest(room, document.brand, "brand")
    own = [other.platform for other in document.others if other.party == room.own.name]
    others = [_manifest(room, one, "platform") for one in own or document.datasets[1:]]
    plans = [check_job(agreed, document, brand, other, at) for other in others]
    price = charge(plans[0], document, agreed.policy)
    question = Question(document, agreed, brand, others[0])
    return LocalJob(room, document, question, plans[0], price)


def _manifest(room: Room, identity: str, side: PartyRole) -> Manifest:
    """Return one side's manifest: the own one from home, the peer's as the mediator shows it."""
    return local(room, identity).manifest if side == room.role else peer_manifest(room, identity)


def write_job(room: Room, fields: Mapping[str, Any], parameters: Mapping[str, Any]) -> LocalJob:
    """Make a job that the agreement allows, and hold this party's own data against it."""
    document, private = draft(room, fields, parameters)
    job = plan(room, document)
    if document.sealed:
        room.home.vault.write(job.folder / "private", private)
    job.check_own()
    return job


def draft(
    room: Room,
    fields: Mapping[str, Any],
    parameters: Mapping[str, Any],
    rehearsal: bool | None = None,
    closed: Closing | None = None,
) -> tuple[JobDocument, bytes]:
    """Write a job document, allowed or not, and the private parameters that it seals.

    ``rehearsal`` says whether parameters may come from the data, as in the room if left out.
    Parameters that only the parties may read are sealed to the peer, or stand in the document as
    ``closed`` makes it; those that name an earlier job become its identifier.
    """
    room, found = amendments.settle(room), template(str(fields["template"]))
    if CONDITIONS in found.private_parameters:
        written = [name for name in (WHERE, OUTCOME) if name in parameters]
        spelled = {name: segments.spelled_out(room, parameters[name]) for name in written}
        parameters = {**parameters, **spelled}
    parameters = found.complete(
        parameters,
        room.role,
        room.agreement.rehearsal if rehearsal is None else rehearsal,
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
    private = {name: parameters[name] for name in found.private_parameters if name in parameters}
    public = {name: value for name, value in parameters.items() if name not in private}
    text = rfc8785.dumps(private)
    digest, sealed = (closed or _closed)(room, fields, text) if private else (None, "")
    own = {"room": room.identity, "submitter": room.role, "agreement": room.agreement.named()}
    asked = {**fields, **own, "parameters": public, "private": digest, "sealed": sealed}
    return JobDocument.from_json(asked), text


def _closed(room: Room, fields: Mapping[str, Any], text: bytes) -> tuple[str, str]:
    """Return what binds private parameters to a question, and the parameters sealed to the peer."""
    peer = owner_of(room, str(fields[other_side(room.role)]))
    info = PRIVATE + bytes.fromhex(room.identity)
    sealed = seal(_filled(text), sealing_key(peer), info, room.home.signing)
    return _private_digest(room, peer, fields, text), sealed.hex()


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


def _filled(text: bytes) -> bytes:
    """Return private parameters with blanks behind them, in one of a few lengths."""
    length = next((size for size in PRIVATE_BYTES if len(text) <= size), None)
    if length is None:
        raise InvalidInput(
            f"The conditions or private parameters take more than {PRIVATE_BYTES[-1]:,} bytes.",
            remedy="Name fewer values, or name the others with not in.",
        )
    return text.ljust(length)


def _same_people(room: Room, earlier: str) -> dict[str, Any]:
    """Return the conditions of an earlier question, for one that goes on with its people."""
    listed = [item for item in room.client.jobs(room.identity) if item["id"] == earlier]
    for document in (shown_document(item, earlier) for item in listed):
        if WHERE in document.parameters:
            private = plan(room, document).private()
            return {WHERE: document.parameters[WHERE], CONDITIONS: private[CONDITIONS]}
    return {}


def _private_digest(room: Room, peer: Card, asked: Mapping[str, Any], text: bytes) -> str:
    """Return what binds private parameters to a question.

    It stands in the log.  Equal parameters have equal digests only where the same is asked of the
    same datasets: otherwise a condition that the mediator sees at work in one question would be
    known again in another template, and its labels in another version.
    """
    about = [str(asked[name]) for name in ("template", "brand", "platform")]
    info = PRIVATE + bytes.fromhex(room.identity) + hashlib.sha256(rfc8785.dumps(about)).digest()
    key = pairwise_key(room.home.sealing, sealing_key(peer), info)
    return hmac.digest(key, text, "sha256").hex()


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
