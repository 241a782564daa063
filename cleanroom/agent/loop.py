"""Do what waits for this party, one thing after the other, until told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from cleanroom import traces
from cleanroom.agent import (
    activation,
    agreed,
    alerts,
    alignments,
    amendments,
    approval,
    approved,
    combination,
    decryption,
    delegations,
    job_rows,
    jobs,
    joining,
    leftovers,
    lines,
    notices,
    results,
    retention,
    row_values,
    runs,
    standing,
    vouch,
)
from cleanroom.agent.ahead import drawing_ahead
from cleanroom.agent.earlier import was_opened
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client
from cleanroom.agent.rooms import Room, open_room
from cleanroom.agent.tries import GIVE_UP, GaveUp, Tries, is_no_try
from cleanroom.agent.uploads import Progress, silent
from cleanroom.documents.payloads import BY_A_PERSON, REFUSALS
from cleanroom.errors import (
    CleanroomError,
    InvalidInput,
    NotFound,
    PeerFault,
    PolicyRefusal,
    Unaligned,
    Unreachable,
    of_system,
    refuse_unless,
)
from protocols.errors import RemoteError

Tell = Callable[[str], None]
IDLE_SECONDS = 0.5
"""Pause where something waits that this agent cannot or may not do now."""
STEPS = ("approve", "rows", "combine", "sums", "decrypt", "activate", "open")
VOUCHED = ("approve", "open")
"""Steps after which a party countersigns the head of the log: before the release, and after it."""
RETRY_SECONDS = 1.0
TIDY_SECONDS = 3600.0
"""Seconds between two looks for what is to be deleted at home."""


class _Stopped(BaseException):
    """Leave whatever the agent is doing."""


@dataclass
class Agent:
    """A party's worker: asks the mediator what waits, and does it with the party's keys."""

    home: Home
    client: Client
    executor: Executor | None = None
    tell: Tell = lambda _text: None
    progress: Progress = silent
    aligns: bool = True
    """Whether it takes part in alignments without asking a person, each a list of people to try."""
    _rooms: dict[str, Room] = field(default_factory=dict, init=False, repr=False)
    """Rooms that it opened: checking the primes of a room's key takes a tenth of a second."""

    def run(self) -> None:
        """Work until ``stop``; a mediator that does not answer is tried again."""
        try:
            due = 0.0
            while True:
                if time.monotonic() >= due:
                    self._tidy()
                    due = time.monotonic() + TIDY_SECONDS
                if not self._turn():
                    time.sleep(IDLE_SECONDS)
        except _Stopped:
            return

    @staticmethod
    def stop() -> None:
        """End now, from a signal handler; what is half done is begun anew or gone on with later."""
        raise _Stopped

    def _tidy(self) -> None:
        """Delete what a killed process left behind, and T that no version rests on any more."""
        for identity in self.home.rooms():
            told = []
            # What is over goes whether or not the mediator answers, or knows this party any more.
            for step in (self._tidy_room, self._forget_over):
                try:
                    step(identity)
                except CleanroomError as error:
                    told.append(str(error))
                except OSError as error:
                    told.append(of_system(error)[0])
            for line in dict.fromkeys(told):
                self.tell(line)

    def _tidy_room(self, identity: str) -> None:
        if joining.has_left(self.home, identity):
            return
        room = self._room(identity)
        if joining.notice(room):
            self.tell(f"an amendment removed this party from the room {identity}")
            return
        job_rows.forget_acknowledged(room)
        leftovers.forget_dead_alignments(room)

    def _forget_over(self, identity: str) -> None:
        retention.forget_over(open_room(self.home, self.client, identity))

    def _turn(self) -> bool:
        """Ask for work and do it; tell whether there was any."""
        try:
            with drawing_ahead(tuple(self._rooms.values())):
                work = self.client.work()
            return self.once(work)
        except (Unreachable, PeerFault) as error:  # an answer that is none may be a proxy's
            self.tell(str(error))
            return False
        except OSError as error:  # the disk of this home is full: not even tries can be counted
            self.tell(of_system(error)[0])
            return False

    def once(self, work: Mapping[str, Any]) -> bool:
        """Do everything that waits; tell whether there was anything."""
        items = [("alignment", item) for item in work["alignments"]]
        items += [("job", item) for item in work["jobs"]]
        items += [("standing", item) for item in work.get("standing", ())]
        done = [self._attempt(noun, item) for noun, item in items]
        return any(done)

    def _attempt(self, noun: str, item: Mapping[str, Any]) -> bool:
        """Do one thing; what fails is tried again later, what the policy refuses is refused.

        After ``GIVE_UP`` tries the mediator is told, so that nobody waits for this party.
        """
        if noun == "alignment" and not self.aligns:
            return False
        name, tries = f"{noun} {item['id']} {item['what']}", Tries(self.home)
        before = tries.begin(name)
        try:
            room = self._room(str(item["room"]))
            if item["what"] == "approve" and _waits_for_a_person(room, noun, str(item["id"])):
                tries.forget(name)
                return False
            if item["what"] == "renew":
                done = lines.renew(room, str(item["id"]))
                tries.forget(name)
                if done:
                    self.tell(f"{name}: done")
                return done
            if before >= GIVE_UP:
                self._give_up(room, noun, item)
            elif noun == "alignment":
                self._align(room, item)
            elif noun == "standing":
                if not self._stand(room, item):
                    tries.forget(name)
                    return False
            else:
                with traces.step(str(item["id"]), f"agent {_known(item)}", room.own.name):
                    self._job(room, item)
        except Exception as error:  # noqa: BLE001 (one piece of work must not end the agent)
            if is_no_try(error):
                tries.forget(name)
            known = isinstance(error, CleanroomError | RemoteError)
            own = of_system(error)[0] if isinstance(error, OSError) else type(error).__name__
            self.tell(f"{name}: {error if known else own}")
            time.sleep(RETRY_SECONDS if before else 0)
            return False
        except _Stopped:
            tries.forget(name)
            raise
        tries.forget(name)
        self.tell(f"{name}: {'given up' if before >= GIVE_UP else 'done'}")
        return True

    def _room(self, identity: str) -> Room:
        left = joining.has_left(self.home, identity)
        refuse_unless(not left, "an amendment removed this party from the room", "left")
        if identity not in self._rooms:
            if joining.settle(self.home, self.client, identity) is not None:
                self.tell(f"joined the room {identity}")
            self._rooms[identity] = open_room(self.home, self.client, identity)
        self._rooms[identity] = amendments.settle(self._rooms[identity])
        return self._rooms[identity]

    def _give_up(self, room: Room, noun: str, item: Mapping[str, Any]) -> None:
        """Tell the mediator, and with it the peer, that this party's agent cannot do its part."""
        identity = str(item["id"])
        if noun == "standing":
            runs.give_up(room, identity, str(item["what"]))
        elif noun == "alignment":
            alignment = alignments.find(room, identity)
            alignments.give_up(alignment, alignment.attempt, GaveUp.rule)
        else:
            refuse(room, identity, GaveUp(f"given up after {GIVE_UP} tries"))

    def _align(self, room: Room, item: Mapping[str, Any]) -> None:
        alignment = alignments.find(room, str(item["id"]))
        if item["what"] == "run":
            # Joined before this process was started: what was secret then is gone, so begin anew.
            alignments.give_up(alignment, alignment.attempt)
        else:
            alignments.run(alignment, self.executor, self.progress)
            leftovers.forget_dead_alignments(room)

    def _stand(self, room: Room, item: Mapping[str, Any]) -> bool:
        """Approve a standing question, or ask the run of one that is due; tell if it was done."""
        vouch.look(room)
        if item["what"] == "ask":
            return runs.ask_due(room, str(item["id"]))
        found = standing.find(room, str(item["id"]))
        try:
            standing.approve(found)
        except Unaligned:
            raise
        except (PolicyRefusal, InvalidInput, PeerFault, RemoteError) as error:
            standing.stop(found, REFUSALS[reason_for(error)])
            raise
        return True

    def _job(self, room: Room, item: Mapping[str, Any]) -> None:
        what, identity = str(item["what"]), str(item["id"])
        # A log that went back or forked ends this party's part before anything else is done.
        vouch.look(room)
        try:
            job = jobs.load(room, identity)
            if what != "open":  # an answer that was released stays the receiver's
                job.check_open()
            if what != "approve":
                approved.check(job)
            if what == "approve":
                for notice in notices.of_file(job):
                    self.tell(f"job {identity}: {notice}")
                approval.approve(job, self.executor)
            elif what == "rows":
                job_rows.send_job_rows(job, self.executor, self.progress)
            elif what == "combine":
                combination.combine_labels(job, self.executor)
            elif what == "sums":
                row_values.open_sums(job, self.executor)
            elif what == "decrypt":
                decryption.decrypt_for_receiver(job, self.executor)
            elif what == "activate":
                activation.activate(job)
            elif what == "open":
                alerts.answered(job, results.receive(job, self.executor), self.tell)
            if what in VOUCHED:
                vouch.cosign(room)
        except (PolicyRefusal, InvalidInput, PeerFault, RemoteError) as error:
            refuse(room, identity, error)
            raise


def _known(item: Mapping[str, Any]) -> str:
    """Return the name of a step; a mediator's own word for one goes into no trace."""
    return item["what"] if item["what"] in STEPS else "other"


def _waits_for_a_person(room: Room, noun: str, identity: str) -> bool:
    """Tell whether something waits for somebody's approval.

    A delegation is one in advance, and so is that of a standing question for all of its runs.
    """
    if room.agreement.policy.approval != "manual":
        return False
    if noun == "standing":
        return True
    if room.own.role != "brand" and not agreed.any_agreed(room):
        return True  # nothing was approved in advance: what was asked need not be read
    document = jobs.shown_document(room.client.job(identity), identity)
    return not delegations.approves_itself(room, document) and not runs.covers(room, document)


def refuse(room: Room, job: str, error: Exception) -> None:
    """Tell the mediator, signed, that this party will have no part in a job.

    What an error says stays at home, for it may speak of this party's file: the others are told
    one of ``REFUSALS``.  Once an answer is opened, they are told nothing: it could depend on the
    numbers.
    """
    if was_opened(room, job):
        return
    rule = reason_for(error)
    body = {"job": job, "rule": rule, "reason": REFUSALS[rule]}
    try:
        room.chain.say(f"/v1/jobs/{job}/refuse", "job.refuse", body)
    except NotFound:
        return


def refuse_by_hand(room: Room, job: str, reason: str) -> None:
    """Let a person refuse a question; the reason goes into the log and to the other party.

    Raises ``NotFound`` for a job of another room, ``Conflict`` for one that has ended.
    """
    if room.client.job(job)["room"] != room.identity:
        raise NotFound("There is no such question in this room.")
    body = {"job": job, "rule": BY_A_PERSON, "reason": reason or "no reason was given"}
    room.chain.say(f"/v1/jobs/{job}/refuse", "job.refuse", body)


def reason_for(error: Exception) -> str:
    """Return the rule by which an error is told to others."""
    if isinstance(error, PolicyRefusal | GaveUp) and error.rule in REFUSALS:
        return error.rule
    if isinstance(error, PolicyRefusal | InvalidInput):
        return "not-allowed"
    return "peer-fault"
