"""Run both parties and the mediator on one machine: the real programs, on loopback."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanroom.agent import approval, asking, jobs, results, rooms
from cleanroom.agent.file_roles import owners
from cleanroom.agent.home import Home
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.lines import Line
from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.rooms import Room
from cleanroom.agent.to_align import to_align
from cleanroom.documents.agreement import SIDES, Card, PartyRole, Role
from cleanroom.errors import CleanroomError, InvalidInput, PolicyRefusal, Unreachable
from cleanroom.files import write_file
from cleanroom.ingest.origin import is_missing
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.report import Language
from cleanroom.room.alignments import check_profiles
from cleanroom.workbench import agency as of_agency
from cleanroom.workbench.live_problems import refusals
from cleanroom.workbench.program import Start, Started, anew, stop

ORIGIN = "cleanroom.invalid"
"""What the mediator of a rehearsal calls itself in its logs."""

START_SECONDS = 60
PASSPHRASE = "CLEANROOM_PASSPHRASE"  # noqa: S105 - a name
PARTIES: dict[str, Role] = {"brand": "brand", "platform": "platform"}
"""The two parties of a file that calls them by their roles."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Side:
    """One party of a simulation: its home and its connection."""

    home: Home
    client: Client
    passphrase: str

    def environment(self) -> dict[str, str]:
        """Return the environment of this party's own processes."""
        return {
            **os.environ,
            "CLEANROOM_HOME": str(self.home.path),
            PASSPHRASE: self.passphrase,
        }


Then = Callable[[dict[str, Any], Mapping[str, Side]], None]


def simulate(
    file: Path,
    folder: Path,
    tell: Tell,
    keep: bool = False,
    then: Then | None = None,
    begin: Start = anew,
    language: Language = "en",
) -> dict[str, Any]:
    """Run every job of a file; write ``results.json`` and ``audit.json`` into the folder.

    Each party of the file has a home of its name there, and an agent of its own.

    ``then`` is called with the results while mediator and agents still run; ``begin`` starts a
    program.  What is told of it, step by step, is English; the files are told of in ``language``.
    Homes of an earlier run in the folder are refused, never overwritten.
    """
    described = RoomFile.read(file)
    if not described.room.rehearsal:
        raise InvalidInput("Only a rehearsal room can be simulated.", remedy="rehearsal = true")
    described.check_segments()
    roles = everybody(described)
    for name in (*roles, "mediator"):
        if (folder / name).exists():
            raise InvalidInput(
                f"{folder / name} is left over from an earlier run; remove it first."
            )
    check_files(described)
    check_aligned(described)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with stoppable(), ExitStack() as stack:
            sides, document = _run(stack, described, folder, file, tell, begin, language)
            if keep and not os.environ.get(PASSPHRASE):
                phrase = next(iter(sides.values())).passphrase
                write_file(folder / "passphrase", phrase.encode())
                tell(f"The passphrase of the kept homes is in {folder / 'passphrase'}.")
            if then is not None:
                then(document, sides)
            return document
    finally:
        if not keep:
            for name in (*roles, "mediator"):
                shutil.rmtree(folder / name, ignore_errors=True)


def everybody(described: RoomFile) -> dict[str, Role]:
    """Return the parties of a file and, after them, its agencies."""
    return {**described.roles(), **dict.fromkeys(of_agency.named(described), "agency")}


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end what runs here as Ctrl-C does, with the processes that were started."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def check_files(described: RoomFile) -> None:
    """Refuse a missing file before anything is started."""
    for specs in described.datasets.values():
        for spec in specs.values():
            if is_missing(spec, described.folder):
                raise InvalidInput(f"{described.path(spec)} does not exist.")


def check_aligned(described: RoomFile) -> None:
    """Refuse a question's two datasets without an identifier in common before anything starts."""
    for job in described.jobs:
        for pair in job.pairs():
            named = pair.sides().values()
            found = [(text, owners(described.datasets, text)) for text in named]
            sides = [
                [described.datasets[owner][text.removeprefix(f"{owner}.")].profiles]
                for text, having in found
                for owner in having
            ]
            if len(sides) == len(SIDES):
                try:
                    check_profiles(*sides)
                except PolicyRefusal as refusal:
                    raise PolicyRefusal(
                        f"job {job.name}: {refusal.args[0]}: declare one profile on both sides",
                        refusal.rule,
                    ) from None


def _run(
    stack: ExitStack,
    described: RoomFile,
    folder: Path,
    file: Path,
    tell: Tell,
    begin: Start,
    language: Language,
) -> tuple[dict[str, Side], dict[str, Any]]:
    tell("Starting the mediator; the parties are making their keys, which takes a few seconds ...")
    sides = start(stack, folder, begin, everybody(described))
    working = [side for side in sides.values() if side.home.card.has_data]
    agents = [stack.enter_context(agent(side, begin)) for side in working]
    for process in agents:  # told to end together, before one is waited for
        stack.callback(process.send_signal, signal.SIGTERM)
    tell("The parties are signing the room, each with a key of its own for it ...")
    signed = sign_room(described, sides)
    tell("They are validating, encrypting and uploading their files ...")
    upload(described, file, sides, tell, begin, language)
    tell("They are aligning their people ...")
    _align(described, signed)
    of_agency.delegate(described, signed)
    outcome = {
        section.name: ask(signed, section, tell, of_agency.asks(described, signed, section))
        for section in described.jobs
    }
    document = {
        "room": described.room.name,
        "rehearsal": True,
        "jobs": outcome,
        "live": refusals(described, signed),
    }
    write(folder / "results.json", document)
    write(folder / "audit.json", bundle(list(signed.values())))
    return sides, document


def start(
    stack: ExitStack,
    folder: Path,
    begin: Start = anew,
    roles: Mapping[str, Role] = PARTIES,
) -> dict[str, Side]:
    """Start a mediator and make each party's home; it ends when the stack closes."""
    mediator = folder / "mediator"
    initialise(mediator, ORIGIN)
    url = stack.enter_context(serve(mediator, begin))
    sides: dict[str, Side] = {}
    phrase = os.environ.get(PASSPHRASE) or secrets.token_urlsafe(16)
    for name, role in roles.items():
        home = Home.create(folder / name, phrase, name, role, url)
        admit(mediator, home.card)
        client = Client(Transport(url, home.signing))
        stack.callback(client.close)
        sides[name] = Side(home, client, phrase)
    return sides


def bundle(members: Sequence[Room]) -> dict[str, Any]:
    """Collect a room's log with what each member saw and said of it."""
    from cleanroom.agent import vouch  # noqa: PLC0415
    from cleanroom.agent.logs import bundle_of  # noqa: PLC0415
    from cleanroom.agent.memory import memory_of  # noqa: PLC0415

    for room in members:
        vouch.look(room)
    memories = [memory_of(room.home, room.identity) for room in members]
    return bundle_of(members[0].client, members[0].first, memories)


def write(path: Path, document: Any) -> None:
    """Write a JSON document for people and programs."""
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


def sign_room(described: RoomFile, sides: Mapping[str, Side]) -> dict[str, Room]:
    """Let the first party propose the file's room and the others sign it; return it by member."""
    first, *others = sides.values()
    cards = tuple(side.home.card for side in sides.values())
    mediator = first.client.mediator()
    agreement = described.agreement(
        cards, mediator["origin"], mediator["key"], secrets.token_hex(16), time.time()
    )
    room = rooms.propose(first.home, first.client, agreement, cards[1:])
    signed = {first.home.card.name: room}
    for side in others:
        rest = tuple(card for card in cards if card != side.home.card)
        signed[side.home.card.name] = rooms.sign(side.home, side.client, room.identity, rest)
    return signed


def upload(
    described: RoomFile,
    file: Path,
    sides: Mapping[str, Side],
    tell: Tell,
    begin: Start,
    language: Language,
) -> None:
    """Let the parties validate, encrypt and upload at once, each in its own process.

    What they say of it is passed on as it comes.
    """
    command = ["dataset", "upload", str(file), "--language", language]
    started = [
        begin("cleanroom.cli", command, side.environment(), None)
        for side in sides.values()
        if described.specs(side.home.card)
    ]

    def follow(process: Started) -> tuple[int, str]:
        lines = []
        for line in process.stderr or ():
            lines.append(line.rstrip())
            tell(lines[-1])
        return process.wait(), "\n".join(lines)

    with ThreadPoolExecutor(len(sides)) as readers:
        ends = list(readers.map(follow, started))
    for code, error in ends:
        if code:
            raise _error_of(code, error)


def _error_of(code: int, text: str) -> CleanroomError:
    sentence = text.strip().splitlines()[-1] if text.strip() else "a party's process failed"
    return {2: InvalidInput(sentence), 3: PolicyRefusal(sentence, "upload")}.get(
        code, Unreachable(sentence)
    )


def _align(described: RoomFile, signed: Mapping[str, Room]) -> None:
    """Align what questions are about, of each brand and platform at once where that goes."""
    agreement = next(iter(signed.values())).agreement
    pairs = [pair for section in described.jobs for pair in section.pairs()]
    asked = [asking.named(agreement, pair) for pair in pairs]
    wanted: dict[tuple[str, str], list[tuple[Line, Line]]] = {}
    for one in asked:
        parties = one["brand"][0], one["platform"][0]
        wanted.setdefault(parties, []).append((one["brand"], one["platform"]))
    for (brand, _), some in wanted.items():
        for sides in to_align(described, agreement, some):
            asking.align(signed[brand], *sides)


def ask(
    signed: Mapping[str, Room], section: JobSection, tell: Tell, agency: str = ""
) -> dict[str, Any]:
    """Ask one question for its receiver and return its entry of ``results.json``.

    With an ``agency`` that asks in the brand's place, and reads what the brand hands on.
    """
    agreement = next(iter(signed.values())).agreement
    parties = {side: party for side, (party, _) in asking.named(agreement, section).items()}
    sides = {side: signed[party] for side, party in parties.items()}
    receiver = asking.receiver(agreement, section)
    head: dict[str, Any] = {"template": section.template, "receiver": receiver}
    if len(signed) > 2:  # as its receiver says of an answer
        head["members"] = parties
    if agency:
        head["asked_by"] = agency
    try:
        asker = signed[agency] if agency else sides[asking.submitter(agreement, section)]
        asked = asking.from_section(asker, section)
        identity = str(jobs.submit(asked)["resource"]["id"])
    except (PolicyRefusal, InvalidInput) as refusal:
        problem = {"type": refusal.type, "title": refusal.title, "detail": str(refusal)}
        rule = getattr(refusal, "rule", None)
        return {"status": "REFUSED", **head, "problem": {**problem, "rule": rule}}
    pairs = (asking.named(agreement, pair) for pair in section.pairs())
    members = dict.fromkeys(party for pair in pairs for party, _ in pair.values())
    others = [signed[member] for member in members if not agency or member != parties["brand"]]
    approve(others, identity)
    item = asking.wait(sides[receiver], identity, tell)
    if item["state"] != "SUCCESS":
        status = "REFUSED" if item["state"] == "REFUSED" else "FAILED"
        return {"status": status, **head, "problem": item.get("problem")}
    found = asking.read_result(sides[receiver], identity)
    if agency:
        of_agency.read(signed[agency], identity, found)
        found = {**found, "asked_by": agency}
    return {**found, "quality": _quality(sides, identity)}


def approve(sides: Iterable[Room], job: str) -> None:
    """Let both sides approve a question where people do."""
    for side in sides:
        if side.agreement.policy.approval == "manual":
            approval.approve(jobs.load(side, job))


def _quality(sides: Mapping[PartyRole, Room], identity: str) -> dict[str, Any]:
    """Show both sides' data quality: a live room shows each only its own."""
    own = {name: results.quality(jobs.load(room, identity)) for name, room in sides.items()}
    shown = {f"{name}_rows": own[name][f"{name}_rows"] for name in own}
    for kind in ("clamped", "dropped", "unusable", "duplicates"):
        shown[kind] = sum(quality[kind] for quality in own.values())
    shown["cut"] = {name: n for quality in own.values() for name, n in quality["cut"].items()}
    return shown


def admit(mediator: Path, card: Card) -> None:
    """Admit a party beside the running mediator, as its operator does."""
    opened = open_mediator(mediator)
    opened.access.admit(card)
    opened.context.store.close()


@contextmanager
def serve(home: Path, begin: Start = anew) -> Iterator[str]:
    """Run the mediator on a free port of loopback; yield its address."""
    ready = home / "ready"
    arguments = ["run", "--home", str(home), "--port", "0", "--ready-file", str(ready)]
    process = begin("api.server", arguments, os.environ, home / "server.log")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                text = (home / "server.log").read_text(errors="replace")
                raise Unreachable(f"The mediator did not start: {text[-500:]}")
            time.sleep(0.01)
        yield ready.read_text().strip()
    finally:
        stop(process)


@contextmanager
def agent(side: Side, begin: Start = anew) -> Iterator[Started]:
    """Run a party's agent beside this process."""
    log = side.home.path / "agent.log"
    process = begin("cleanroom.cli", ["agent", "run"], side.environment(), log)
    try:
        yield process
    finally:
        stop(process)
