"""Run an alignment with the peer's agent, through a mediator that learns nothing of it."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from operator import length_hint
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cleanroom.agent import aligned_rows, alignment_count, alignment_parts, endings, erased
from cleanroom.agent.aligned_people import Entrants
from cleanroom.agent.datasets import LocalDataset, local, owner_of, peer_manifest
from cleanroom.agent.http import answers
from cleanroom.agent.http.client import LONG_POLL
from cleanroom.agent.relay import POLL, Relay, of_attempt, present
from cleanroom.agent.rooms import Room, sealing_key, verifying_key
from cleanroom.agent.uploads import Progress, silent
from cleanroom.documents.agreement import Card
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.errors import InvalidInput, PeerFault, Unreachable, refuse_unless
from cleanroom.files import held, make_folder, write_file
from cleanroom.room.alignments import check_alignment, check_join, entered
from cleanroom.room.policy import check_manifest
from cleanroom.room.states import ATTEMPTS
from protocols.alignment import Context, Participant
from protocols.sealing import Channel

ABSENCE = 600
"""Seconds after which nobody waits any longer for a peer to join."""

SILENCE = 1800
"""Seconds without a message of the peer after which an attempt is given up.

A busy machine takes minutes to divide a hundred million people into parts before it says more.
"""


@dataclass(frozen=True)
class LocalAlignment:
    """An alignment as one party runs it."""

    room: Room
    document: AlignmentDocument
    attempt: int = 1
    """The one that the mediator showed; of another it takes nothing."""

    @property
    def identity(self) -> str:
        """Return the alignment's identifier."""
        return self.document.identity()

    @property
    def folder(self) -> Path:
        """Return the alignment's folder."""
        return self.room.home.folder(self.room.identity, "alignments", self.identity)

    @property
    def peer(self) -> Card:
        """Return the other party's card."""
        is_brand = self.room.own.name == self.document.brand
        return self.room.member(self.document.platform if is_brand else self.document.brand)

    @property
    def own_datasets(self) -> tuple[str, ...]:
        """Return the identifiers of this party's datasets in it."""
        is_brand = self.room.own.name == self.document.brand
        return self.document.brand_datasets if is_brand else self.document.platform_datasets

    @property
    def peer_datasets(self) -> tuple[str, ...]:
        """Return the identifiers of the peer's datasets in it."""
        is_brand = self.room.own.name == self.document.brand
        return self.document.platform_datasets if is_brand else self.document.brand_datasets

    def secrets_of(self, dataset: str) -> npt.NDArray[np.uint8]:
        """Return T per person of an own dataset, shape (people, 32)."""
        return self.room.home.vault.read_arrays(self.secrets_file(dataset))["secrets"]

    def secrets_file(self, dataset: str) -> Path:
        """Return the file with T per person of an own dataset, in the vault."""
        file = self.folder / f"secrets-{dataset}"
        if not file.exists():
            raise InvalidInput(f"Dataset {dataset} is not in alignment {self.identity}.")
        return file


def find(room: Room, identity: str) -> LocalAlignment:
    """Fetch an alignment of this party's; raise ``PeerFault`` if neither side proposed it.

    Who proposed it signed the room, the datasets' versions with their sizes, and the profile.
    """
    item = room.client.alignment(identity)
    document = AlignmentDocument.from_json(item["document"])
    if document.identity() != identity:
        raise PeerFault("The mediator shows a different alignment under this identifier.")
    sides = (document.brand, document.platform)
    if room.own.name not in sides:
        raise PeerFault("The mediator shows an alignment between other members.")
    room.check_said(item["statement"], "alignment.propose", "alignment", document, sides)
    return LocalAlignment(room, document, int(item["attempt"]))


def propose(
    room: Room, brand_datasets: tuple[str, ...], platform_datasets: tuple[str, ...], kind: str
) -> LocalAlignment:
    """Ask for an alignment of dataset versions by identifier."""
    refuse_unless(
        kind in room.agreement.policy.alignment,
        f"the room does not allow the alignment profile {kind}",
        "alignment-profile",
    )
    own, others = room.own.name, platform_datasets if room.role == "brand" else brand_datasets
    other = owner_of(room, others[0]).name
    document = AlignmentDocument.from_json(
        {
            "room": room.identity,
            "brand": own if room.role == "brand" else other,
            "platform": other if room.role == "brand" else own,
            "profile": kind,
            "brand_datasets": list(brand_datasets),
            "platform_datasets": list(platform_datasets),
            "nonce": secrets.token_hex(16),
        }
    )
    body = {"alignment": document.to_json()}
    room.chain.say("/v1/alignments", "alignment.propose", body)
    return LocalAlignment(room, document)


def check(alignment: LocalAlignment) -> list[LocalDataset]:
    """Check an alignment against the signed agreement; return this party's datasets in it."""
    document, room = alignment.document, alignment.room
    check_open(alignment)
    alignment_count.check(room, alignment.peer.name, {alignment.identity})
    own = [local(room, dataset) for dataset in alignment.own_datasets]
    mine, theirs = [dataset.manifest for dataset in own], peer_manifests(alignment)
    sides = (mine, theirs) if room.own.name == document.brand else (theirs, mine)
    check_alignment(room.agreement, document, *sides)
    return own


def check_open(alignment: LocalAlignment) -> None:
    """Raise ``PolicyRefusal`` if this party ended the room, or one of its datasets in it."""
    endings.check(alignment.room.home, alignment.room.identity, alignment.own_datasets)


def peer_manifests(alignment: LocalAlignment) -> list[Manifest]:
    """Return the manifests of the peer's datasets, each one that the agreement allows."""
    found = [peer_manifest(alignment.room, dataset) for dataset in alignment.peer_datasets]
    for manifest in found:
        check_manifest(alignment.room.agreement, manifest, alignment.peer.name)
    return found


def run(
    alignment: LocalAlignment, executor: Executor | None = None, progress: Progress = silent
) -> None:
    """Take part in the current attempt until this side is done; raise if it fails."""
    room, identity, attempt = alignment.room, alignment.identity, alignment.attempt
    own = check(alignment)
    people = Entrants(own)
    body: dict[str, Any] = {"alignment": identity, "attempt": attempt}
    count = entered(room.agreement.policy, [one.manifest for one in own], len(people))
    path = f"/v1/alignments/{identity}"
    said = room.chain.say(f"{path}/join", "alignment.join", {**body, "count": count})
    try:
        joined = answers.checked(answers.Alignment, said["resource"])
        context = _wait_for_peer(alignment, attempt, count, joined)
        _begin(alignment, attempt)
        transcript = _exchange(alignment, context, people, executor, progress)
    except Exception:
        give_up(alignment, attempt, "failed")
        raise
    _finish(alignment, {**body, "transcript": transcript}, executor, progress)


def _finish(
    alignment: LocalAlignment, body: dict[str, Any], executor: Executor | None, progress: Progress
) -> None:
    """Send rows and tokens, sign what they are, and delete what was spooled for it.

    One process of a home at a time: another attempt must not send the order of this one with rows
    of its own.
    """
    with held(alignment.folder / "sending"):
        try:
            rows, tokens = _send(alignment, executor, progress)
        except Exception:
            give_up(alignment, int(body["attempt"]), "failed")
            raise
        path = f"/v1/alignments/{alignment.identity}/finish"
        body = {**body, "tokens": tokens, "rows": rows}
        open_still = partial(check_open, alignment)
        alignment.room.chain.say(path, "alignment.finish", body, check=open_still)
        for dataset in alignment.own_datasets:
            aligned_rows.forget_spool(alignment, local(alignment.room, dataset))


def _send(
    alignment: LocalAlignment, executor: Executor | None, progress: Progress
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send rows and tokens of the own audiences, both in an order that is this alignment's alone.

    Return the commitments to the rows that are sent anew, by dataset, and to the tokens, by pair.
    """
    rows, tokens = {}, {}
    for pair in _pairs(alignment):
        own = next(name for name in pair.split("/") if name in alignment.own_datasets)
        dataset = local(alignment.room, own)
        if own not in rows:
            rows[own] = aligned_rows.send_rows_of(alignment, dataset, executor, progress)
        # Tokens of two attempts under one T would show which rows are padding: it has others.
        alignment_parts.forget(alignment.folder)
        tokens[pair] = aligned_rows.send_tokens(alignment, pair, dataset, progress)
    return {name: upload for name, upload in rows.items() if upload is not None}, tokens


def _begin(alignment: LocalAlignment, attempt: int) -> None:
    """Write an attempt down before anything of it is sent; raise ``PolicyRefusal`` a second time.

    With each the peer may try another dictionary, so their count is not left to the mediator.
    """
    refuse_unless(
        0 < attempt <= ATTEMPTS, f"an alignment has {ATTEMPTS} attempts, not {attempt}", "attempt"
    )
    make_folder(alignment.folder)
    with held(alignment.folder / "lock"):
        file = alignment.folder / f"attempt-{attempt}"
        refuse_unless(not file.exists(), f"attempt {attempt} was already made", "attempt")
        write_file(file, b"")
        alignment_count.note(alignment.room, alignment.identity, alignment.peer.name)


def give_up(alignment: LocalAlignment, attempt: int, reason: str = "restarted") -> None:
    """End an attempt for both sides; the next one starts with fresh secrets."""
    body = {"alignment": alignment.identity, "attempt": attempt, "reason": reason}
    path = f"/v1/alignments/{alignment.identity}/fail"
    alignment.room.chain.say(path, "alignment.fail", body)


def _wait_for_peer(
    alignment: LocalAlignment, attempt: int, count: int, joined: dict[str, Any] | None = None
) -> Context:
    """Wait until both sides have declared their sizes; ``joined`` is what was shown before."""
    room, peer = alignment.room, alignment.peer
    deadline = time.monotonic() + ABSENCE
    item = of_attempt(joined, attempt) if joined else present(alignment, attempt, LONG_POLL)
    while (peer_count := item["counts"].get(peer.name)) is None:
        if time.monotonic() >= deadline:
            raise Unreachable(f"{peer.name}'s agent does not join the alignment.")
        before, item = item["state"], present(alignment, attempt, LONG_POLL)
        if item["state"] == before:
            time.sleep(POLL)
    check_join(room.agreement.policy, peer_manifests(alignment), peer_count)
    return Context(
        room=bytes.fromhex(room.identity),
        alignment=bytes.fromhex(alignment.identity),
        position=int(room.own.name > peer.name),
        own_count=count,
        peer_count=peer_count,
        attempt=attempt,
    )


def _exchange(
    alignment: LocalAlignment,
    context: Context,
    people: Entrants,
    executor: Executor | None,
    progress: Progress,
) -> str:
    """Run the protocol and keep T per person of each own dataset; return the transcript."""
    room, peer = alignment.room, alignment.peer
    channel = Channel(
        context, room.home.signing, room.home.sealing, verifying_key(peer), sealing_key(peer)
    )
    relay = Relay(alignment, context.attempt, channel)

    def talk(participant: Participant) -> bytes:
        _talk(participant, relay, progress)
        return channel.transcript()

    found = alignment_parts.run(alignment, context, people, talk, executor)
    with erased.steady(room.home):
        # People may have been erased while the two agents talked.
        check_open(alignment)
        for dataset, kept in people.divided(found):
            file = alignment.folder / f"secrets-{dataset}"
            room.home.vault.write_arrays(file, secrets=kept)
    return channel.transcript().hex()


def _talk(participant: Participant, relay: Relay, progress: Progress) -> None:
    """Send and receive by turns until both directions have passed."""
    outgoing = participant.start()
    heard = time.monotonic()
    while not participant.finished:
        frame = next(outgoing, None)
        if frame is not None:
            relay.send([frame])
        # Frames that are still to be made, and not merely given, must not wait for the peer.
        answer = relay.take(wait=LONG_POLL if frame is None or length_hint(outgoing, 1) == 0 else 0)
        if answer is not None:
            relay.send(participant.receive(answer))
            progress("align", relay.received, 0)
        if answer is not None or frame is not None:
            heard = time.monotonic()
        elif time.monotonic() - heard >= SILENCE:
            raise Unreachable("The peer's agent has stopped responding.")
        else:
            # A mediator whose threads all wait for others answers at once: time is not counted
            # in answers, and it is not asked without pause.
            relay.pause()
    relay.pass_on()


def _pairs(alignment: LocalAlignment) -> list[str]:
    """Return the pairs of audience datasets, ``brand/platform``, that get tokens."""
    document, room = alignment.document, alignment.room
    kinds = {
        dataset: peer_manifest(room, dataset).kind
        for dataset in (*document.brand_datasets, *document.platform_datasets)
    }
    return [
        f"{brand}/{platform}"
        for brand in document.brand_datasets
        for platform in document.platform_datasets
        if kinds[brand] == kinds[platform] == "audience"
    ]
