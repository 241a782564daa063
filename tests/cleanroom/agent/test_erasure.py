"""People who leave: out of every version, every table, every file, on all sides, whatever dies."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from api.backup import backup
from cleanroom.agent import (
    alignments,
    chain,
    datasets,
    endings,
    erased,
    erasure,
    jobs,
    keys,
    leftovers,
    lines,
    logs,
    notices,
    rooms,
)
from cleanroom.agent.datasets import LocalDataset
from cleanroom.agent.home import Home, read_json
from cleanroom.agent.http import Client, Transport
from cleanroom.agent.room_file import RoomFile, terms_of
from cleanroom.agent.rooms import Room
from cleanroom.agent.serving.ask import Label
from cleanroom.agent.serving.publish import publish
from cleanroom.audit import (
    certificate,
    page,
    processing,
    verify_audit_bundle,
    verify_bundle,
)
from cleanroom.cli import person, root
from cleanroom.documents.agreement import Agreement, Grant, Policy
from cleanroom.errors import (
    AuditFailure,
    CleanroomError,
    InvalidInput,
    PeerFault,
    PolicyRefusal,
    Unauthenticated,
    Unreachable,
)
from cleanroom.ingest import read_table
from cleanroom.ingest.identifiers import message, normalise
from protocols.tokens import audience_tokens
from tests.cleanroom.agent.conftest import PASSPHRASE, Place
from tests.cleanroom.agent.serving_scene import Scene
from tests.cleanroom.agent.test_lines import CRM, asked, open_room, people, verify, write
from tests.cleanroom.queries.room import FOREVER
from tests.waits import PATIENCE

GONE = ("person-5", "person-6")


def request(name: str, *who: str) -> erasure.Request:
    return erasure.Request(name, tuple(frozenset(erased.everything(one, None)) for one in who))


def erase(room: Room, name: str = "a", who: tuple[str, ...] = GONE) -> dict[str, Any]:
    return erasure.erase(room.home, room.client, request(name, *who))


def uploaded(meeting: Place, described: RoomFile, **changes: Any) -> Room:
    """Return the brand in a room with its dataset at the mediator, aligned with nobody's."""
    homes = meeting.homes.values()
    terms = tuple(
        terms_of(home.card, name, spec)
        for home in homes
        for name, spec in described.specs(home.card).items()
    )
    said = {"noise": "none", "k_min": 1, "paillier_bits": 512, "expires": FOREVER, "realign": True}
    policy = Policy.model_validate(said | changes)
    room = meeting.propose(datasets=terms, policy=policy)
    meeting.sign(room.identity)
    spec = described.specs(room.own)["crm"]
    datasets.upload(room, "crm", spec, read_table(spec, described.path(spec)))
    lines.remember(room, "crm", described.folder / "room.toml")
    return room


def crm_states(room: Room) -> list[tuple[int, str]]:
    shown = [(one.version, state) for one, state in lines.versions(room) if one.name == "crm"]
    return sorted(shown)


def count(meeting: Place, room: Room, described: Any) -> int:
    return people(meeting, room, asked(room, described)[0])


@pytest.mark.parametrize("begun", [False, True])
def test_after_a_rotation_people_leave_at_home_and_in_every_other_room(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    """The old key is revoked: nothing can be said in its room, and that keeps nobody in."""
    room = uploaded(meeting, write(tmp_path))
    if begun:
        with monkeypatch.context() as patch:
            patch.setattr(erasure, "_take_back", _kill)
            with pytest.raises(Killed):
                erase(room)
    keys.rotate(room.home, [])
    meeting.mediator.access.revoke(room.home.card.fingerprints()[0])
    home = meeting.homes["acme"] = Home.open(room.home.path, PASSPHRASE)
    client = meeting.client("acme")
    meeting.mediator.access.admit(home.card)
    if not begun:
        hits = erasure.found(home, client, request("a", *GONE))
        assert [(one["dataset"], one["people"]) for one in hits] == [("crm", 2)]
    told: list[str] = []
    (done,) = erasure.erase(home, client, request("a", *GONE), tell=told.append)["rooms"]
    assert (done["revoked"], done["withdrawn"], done["certificate"]) == (True, [], None)
    assert told == [f"spring: {leftovers.REVOKED}"]
    (file,) = room.folder.glob("datasets/*/table")
    people = datasets.local(room, file.parent.name).people()
    left = {one.rpartition(b"\0")[2].decode() for one in people}
    assert "person-7" in left and not left & set(GONE)
    assert erasure.erase(home, client, request("b", "person-7"))["rooms"]


# --- whatever the mediator says


def says(status: int, body: bytes) -> Callable[..., list[bytes]]:
    """Return a mediator that answers every request with the same."""

    def app(_environ: Any, start: Callable[..., Any]) -> list[bytes]:
        start(f"{status} Said", [("Content-Type", "application/json")])
        return [body]

    return app


def calling(home: Home, app: Any) -> Client:
    """Return a connection of a home to another mediator than its own."""
    transport = Transport("http://mediator.invalid", home.signing)
    transport._client = httpx.Client(
        base_url="http://mediator.invalid", transport=httpx.WSGITransport(app)
    )
    return Client(transport)


NOTHING = {
    "refuses everybody": (401, b"{}"),
    "fails": (500, b""),
    "answers nothing": (200, b"{}"),
    "answers no JSON": (200, b"<html>"),
}


@pytest.mark.parametrize("rotated", [False, True], ids=["", "after a rotation"])
@pytest.mark.parametrize("said", NOTHING)
def test_people_leave_the_home_whatever_the_mediator_says_and_it_is_told_later(
    meeting: Place, tmp_path: Path, said: str, rotated: bool
) -> None:
    described = write(tmp_path)
    room = open_room(meeting, described)["acme"]
    home = room.home
    if rotated:
        keys.rotate(home, [])
        home = Home.open(home.path, PASSPHRASE)
        meeting.mediator.access.admit(home.card)
    liar = calling(home, says(*NOTHING[said]))
    for _ in range(2):
        with pytest.raises((Unauthenticated, Unreachable, PeerFault)):
            erasure.erase(home, liar, request("a", *GONE))
        (before,) = (
            datasets.local(room, one.parent.name) for one in room.folder.glob("datasets/*/table")
        )
        assert not {one.encode() for one in GONE} & set(before.table().values)
        assert not list(room.folder.glob("alignments/*/secrets-*"))
        with pytest.raises(PolicyRefusal):
            endings.check(home, room.identity, (before.manifest.identity(),))
    (done,) = erasure.erase(home, meeting.client("acme"), request("a", *GONE))["rooms"]
    assert done["withdrawn"] == [before.manifest.identity()] and not done["revoked"]
    assert done["certificate"] and list(done["made"]) == ["crm"]
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY")]
    assert kinds(room).count("dataset.erase") == 1


def test_what_was_served_is_published_again_once_the_mediator_speaks(meeting: Place) -> None:
    """Until then the home has nothing to serve the people with."""
    scene = Scene.open(meeting)
    publish(scene.brand, 0)
    home, who = scene.brand.home, "P0000x"
    with pytest.raises(Unauthenticated):
        erasure.erase(home, calling(home, says(401, b"{}")), request("a", who))
    assert not list(scene.brand.folder.glob("serving/*/publication.json"))
    erasure.erase(home, meeting.client("acme"), request("a", who))
    asker = scene.asker(scene.answerer())
    assert asker.ask([who, "P0001x"]) == [Label(None), Label("silver")]


def test_a_version_that_a_mediator_hides_when_it_speaks_again_is_taken_back(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = uploaded(meeting, write(tmp_path))
    with pytest.raises(Unauthenticated):
        erasure.erase(room.home, calling(room.home, says(401, b"{}")), request("a", *GONE))
    with monkeypatch.context() as patch:
        patch.setattr(Client, "datasets", lambda _self, _room: [])
        erase(room)
    assert crm_states(room) == [(1, "WITHDRAWN")]


# --- what leaves


def test_people_leave_every_line_and_stay_out(meeting: Place, tmp_path: Path) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, realign=True)
    room = parties["acme"]
    assert count(meeting, room, described) == 8
    erase(room, who=(*GONE, "nobody"))
    meeting.work()
    job, told = asked(room, described)
    assert told[0] == "q: about acme/crm version 2 and telco/users version 1."
    # Version 1 was answered about, and two of its places are blank: it still compares.
    assert not notices.notices(jobs.load(room, job))
    assert people(meeting, room, job) == 6
    lines.refresh(room, "crm")  # the file still has them
    meeting.work()
    assert count(meeting, room, described) == 6
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY"), (3, "READY")]
    verify(parties)


def opened(file: Path, home: Home) -> bytes:
    """Return what a file of a home says to whoever has its passphrase."""
    try:
        return home.vault.read(file)
    except (InvalidInput, ValueError):
        return file.read_bytes()


def everything(folder: Path, homes: dict[str, Home]) -> Iterator[tuple[Path, bytes]]:
    """Yield every file of all sides but the sources, and every row of the mediator's database."""
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.suffix == ".csv":
            continue
        if "mediator.sqlite" in file.name:
            # By another process: closing the file here would take this one's locks on it away.
            found = subprocess.run([sys.executable, "-c", DUMP, file], check=True, stdout=-1)
            yield file, found.stdout
            continue
        owner = next((home for home in homes.values() if home.path in file.parents), None)
        yield file, opened(file, owner) if owner else file.read_bytes()


DUMP = """
import sqlite3, sys
sys.stdout.buffer.write(open(sys.argv[1], "rb").read())
if sys.argv[1].endswith("sqlite"):
    database = sqlite3.connect(sys.argv[1])
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    for (table,) in database.execute(tables).fetchall():
        for row in database.execute("SELECT * FROM " + table):
            for cell in row:
                sys.stdout.buffer.write(cell if isinstance(cell, bytes) else str(cell).encode())
                sys.stdout.buffer.write(b"|")
"""


def marks_of(dataset: LocalDataset, alignment: str, who: tuple[str, ...]) -> list[bytes]:
    """Return what stands for people on any side: names, digests, T, tokens, rows as uploaded."""
    local = alignments.find(dataset.room, alignment)
    table, secrets = dataset.table(), local.secrets_of(dataset.manifest.identity())
    found = []
    names = [value.decode() for value in table.values]
    pair = (local.document.brand_datasets[0], local.document.platform_datasets[0])
    for one in who:
        if one not in names:
            continue
        row = names.index(one)
        tokens = audience_tokens(
            secrets[row : row + 1], *(bytes.fromhex(text) for text in (alignment, *pair))
        )
        found += [secrets[row].tobytes(), tokens.tobytes()]
    for one in who:
        written = message("raw:v1", normalise(one, "raw:v1"))
        digests = [hashlib.sha256(text).digest() for text in (written, one.encode())]
        found += [one.encode(), written, *digests, *(one.hex().encode() for one in digests)]
    return found


def holding(folder: Path, homes: dict[str, Home], marks: list[bytes]) -> list[tuple[Path, bytes]]:
    return [
        (file, mark) for file, data in everything(folder, homes) for mark in marks if mark in data
    ]


def test_nothing_of_them_is_left_in_any_file_table_or_backup_of_either_side(
    meeting: Place, tmp_path: Path
) -> None:
    described = write(tmp_path)
    parties = open_room(meeting, described, realign=True)
    room, homes = parties["acme"], meeting.homes
    lines.refresh(room, "crm")
    meeting.work()
    assert count(meeting, room, described) == 8
    marks: list[bytes] = []
    for item in room.client.alignments(room.identity):
        dataset = datasets.local(room, item["document"]["brand_datasets"][0])
        marks += marks_of(dataset, item["id"], GONE)
    found = {mark for _, mark in holding(tmp_path, homes, marks)}
    assert len(found) >= 8  # names and messages at home, T and tokens of both alignments

    def files() -> set[Path]:
        return {file for file in (tmp_path / "mediator" / "blobs").rglob("*") if file.is_file()}

    stored = files()
    erase(room)
    meeting.work()
    assert count(meeting, room, described) == 6
    # The other side knows these people itself: her own names stay hers, T and tokens do not.
    theirs = homes["telco"].path
    backup(tmp_path / "mediator", tmp_path / "backup")
    left = holding(tmp_path, homes, marks)
    names = {mark for mark in marks if any(one.encode() in mark for one in GONE)}
    assert not [
        (file, mark) for file, mark in left if mark not in names or theirs not in file.parents
    ]
    # Of what the mediator had, the platform's rows and the answer's parts are left.
    users = str(datasets.by_name(parties["telco"], "telco", "users")["id"])
    assert stored and all(users in str(file) or "/jobs/" in str(file) for file in stored & files())
    verify(parties)


def test_a_table_at_home_keeps_its_places_and_says_nothing_of_who_left(
    meeting: Place, tmp_path: Path
) -> None:
    room = uploaded(meeting, write(tmp_path))
    before = datasets.local(room, datasets.by_name(room, "acme", "crm")["id"])
    values, spend = list(before.table().values), before.table().measures["spend"]
    erase(room)
    after = before.table()
    assert list(after.values) == [b"" if one.decode() in GONE else one for one in values]
    there = np.array([one.decode() not in GONE for one in values])
    assert np.array_equal(after.measures["spend"], spend * there)
    assert after.rows == len(values) and erased.compact(after).rows == len(values) - len(GONE)
    assert not (before.folder / "order").exists()


# --- what it shows


def kinds(room: Room) -> list[str]:
    return [one["kind"] for one in room.client.entries(room.identity)]


@pytest.mark.parametrize(("people", "told"), [(1, 16), (16, 16), (17, 32), (1000, 1024)])
def test_people_are_counted_in_steps(people: int, told: int) -> None:
    from cleanroom.documents.payloads import DatasetErase, erased_step

    assert erased_step(people) == told
    body = {"erasure": "0" * 32, "datasets": ["1" * 32], "people": told}
    assert DatasetErase.from_json(body).people == told
    with pytest.raises(InvalidInput):
        DatasetErase.from_json({**body, "people": told + 1})


def test_those_who_are_let_in_again_come_with_the_next_file(meeting: Place, tmp_path: Path) -> None:
    room = uploaded(meeting, write(tmp_path))
    sizes = set()
    for name, who in (("a", GONE), ("b", ("someone",))):
        erase(room, name, who)
        sizes.add((room.home.path / "erasures" / "people").stat().st_size)
    assert len(sizes) == 1  # a stolen file does not say how many
    with erased.alone(room.home):
        erased.lift(room.home, erased.everything("person-5", None))
    made = lines.refresh(room, "crm")
    assert len(made.people()) == len(CRM) - 1


# --- whatever dies


class Killed(BaseException):
    """Stand for a process that is killed."""


CUTS: dict[str, tuple[Any, str]] = {
    "before the people are kept out": (erased, "add"),
    "before the journal": (erasure, "_keep"),
    "before the statement": (erasure, "_take_back"),
    "before the tables are blanked": (erasure, "_clean"),
    "before a table is written": (erasure, "save_table"),
    "before T is deleted": (leftovers, "forget_datasets"),
    "before the new version": (erasure, "send_version"),
    "before its rows are sent": (datasets, "send_rows"),
    "before the certificate": (erasure, "_certify"),
}


@pytest.mark.parametrize("cut", CUTS)
def test_killed_at_any_step_it_goes_on(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    room = uploaded(meeting, write(tmp_path))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(*CUTS[cut], _kill)
        erase(room)
    done = erase(room)
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY")]
    assert done == erase(room)  # the same request again does nothing
    local = datasets.local(room, done["rooms"][0]["made"]["crm"])
    assert not {one.encode() for one in GONE} & set(local.table().values)
    assert kinds(room).count("dataset.erase") == 1
    verify({"acme": room})


def _kill(*_: Any, **__: Any) -> None:
    raise Killed


def test_killed_while_the_statement_is_on_its_way(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = uploaded(meeting, write(tmp_path))
    sent = chain.Chain._send
    for after in (False, True):

        def cut(self: Any, file: Path, state: Any, pending: Any, after: bool = after) -> Any:
            if pending.statement["statement"]["kind"] != "dataset.erase":
                return sent(self, file, state, pending)
            if after:
                self.client.say(pending.path, _signed(pending))
            raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(chain.Chain, "_send", cut)
            erase(room, f"r{after}")
        erase(room, f"r{after}")
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "WITHDRAWN"), (3, "READY")]
    verify({"acme": room})


def _signed(pending: dict[str, Any]) -> Any:
    from cleanroom.documents.statement import SignedStatement

    return SignedStatement.from_json(pending.statement)


def test_another_erasure_finishes_the_one_before_it(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = uploaded(meeting, write(tmp_path))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(erasure, "_take_back", _kill)
        erase(room, "first", ("person-5",))
    erase(room, "second", ("person-6",))
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "WITHDRAWN"), (3, "READY")]
    newest = datasets.local(room, datasets.by_name(room, "acme", "crm")["id"])
    assert len(newest.table().people) == len(CRM) - 2


def test_an_upload_that_was_cut_off_is_dropped_and_never_gone_on_with(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = uploaded(meeting, write(tmp_path))
    for rows, name in ((CRM, "send_rows"), (CRM[1:], "_create")):  # announced; not announced yet
        write(tmp_path, rows)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(datasets, name, _kill)
            lines.refresh(room, "crm")
    half = [file.parent for file in (room.folder / "datasets").glob("*/rows")]
    assert len(half) == 2
    erase(room)
    assert not any((folder / "rows").exists() for folder in half)
    assert [state for _, state in crm_states(room)] == ["WITHDRAWN", "WITHDRAWN", "READY"]
    assert len(lines.refresh(room, "crm").people()) == len(CRM) - 3


def test_an_erasure_waits_for_an_upload_and_takes_it_back(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event, Thread

    room = uploaded(meeting, write(tmp_path))
    sending, go_on = Event(), Event()
    real = datasets.send_rows

    def slow(*args: Any, **more: Any) -> Any:
        sending.set()
        assert go_on.wait(PATIENCE)
        return real(*args, **more)

    monkeypatch.setattr(datasets, "send_rows", slow)
    upload = Thread(target=lines.refresh, args=(room, "crm"))
    upload.start()
    assert sending.wait(PATIENCE)
    leaving = Thread(target=erase, args=(room,))
    leaving.start()
    leaving.join(0.3)
    assert leaving.is_alive() and crm_states(room) == [(1, "READY"), (2, "UPLOADING")]
    go_on.set()
    for thread in (upload, leaving):
        thread.join(PATIENCE)
    assert [state for _, state in crm_states(room)] == ["WITHDRAWN", "WITHDRAWN", "READY"]


def test_an_erasure_in_the_middle_of_an_alignment_leaves_no_t(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = write(tmp_path)
    room = uploaded(meeting, described)
    peer = rooms.open_room(meeting.homes["telco"], meeting.client("telco"), room.identity)
    spec = described.specs(peer.own)["users"]
    users = datasets.upload(peer, "users", spec, read_table(spec, described.path(spec)))
    crm = str(datasets.by_name(room, "acme", "crm")["id"])
    proposed = alignments.propose(room, (crm,), (users,), "dh").identity
    real, erased = alignments._talk, Event()

    def talk(participant: Any, relay: Any, progress: Any) -> None:
        real(participant, relay, progress)
        if relay.alignment.room.own.name == "acme":
            erase(room)
            erased.set()
        # Or the peer could say all of its part first, and be done.
        assert erased.wait(PATIENCE)

    monkeypatch.setattr(alignments, "_talk", talk)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(alignments.run, alignments.find(one, proposed)) for one in (room, peer)]
    assert all(isinstance(one.exception(), CleanroomError) for one in runs)
    for one in (room, peer):
        leftovers.forget_dead_alignments(one)  # what an agent does from time to time
        assert not list((one.folder / "alignments").glob("*/secrets-*"))
    assert not list((room.folder / "alignments").glob(f"*/*-{crm}"))
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY")]
    verify({"acme": room, "telco": peer})


# --- on the command line


def test_the_command_takes_lists_and_repeats_no_line(
    meeting: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = uploaded(meeting, write(tmp_path))
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(person, "connect", lambda _home: meeting.client("acme"))
    listed = tmp_path / "requests.txt"
    listed.write_text("\ufeffperson-5\n\n person-6 \nnobody\n", "utf-8")

    def run(*words: str, **more: Any) -> Any:
        command = ["person", *words, "--home", str(room.home.path)]
        return CliRunner().invoke(root.app, command, **more)

    tried = run("erase", str(listed), "--dry-run", "--json")
    assert tried.exit_code == 0, tried.exception
    place = {"room": room.identity, "name": room.agreement.name, "dataset": "crm"}
    assert json.loads(tried.stdout) == [{**place, "people": 2}]
    assert crm_states(room) == [(1, "READY")]
    done = run("erase", "-", "--request", "r", "--json", input=listed.read_bytes())
    assert done.exit_code == 0, done.exception
    assert json.loads(done.stdout)["people_at_most"] == 16
    assert crm_states(room) == [(1, "WITHDRAWN"), (2, "READY")]
    checked = CliRunner().invoke(
        root.app, ["audit", "check", json.loads(done.stdout)["rooms"][0]["certificate"]]
    )
    assert "signed that it deleted 1 dataset versions" in checked.stdout
    assert run("lift", str(listed), "--json").exit_code == 0
    assert len(lines.refresh(room, "crm").people()) == len(CRM)
    listed.write_text("person-5\nAlice and Bob, a secret\x07\n")
    wrong = run("erase", str(listed))
    assert isinstance(wrong.exception, InvalidInput) and "Alice" not in str(wrong.exception)
    assert wrong.exception.row == 2 or "2" in str(wrong.exception)


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("Alice.B+x@Gmail.com", "email:uid2:v1"),
        ("Alice.B+x@Gmail.com", "sha256:email:uid2:v1"),
        ("+86 138 0013 8000", "phone:e164:v1"),
        ("13800138000", "sha256:phone:cn11:v1"),
        ("<hash>", "email:uid2:v1"),
    ],
)
def test_one_person_is_known_in_every_profile_plain_or_hashed(typed: str, held: str) -> None:
    plain = held.removeprefix("sha256:")
    who = "alice.b+x@gmail.com" if typed == "<hash>" else typed
    value = normalise(who, plain, "CN")
    digest = hashlib.sha256(value.encode()).hexdigest()
    typed = digest if typed == "<hash>" else typed
    written = message(held, digest if held.startswith("sha256:") else value)
    assert erased.canonical(written) in erased.everything(typed, "CN")
    assert erased.canonical(message(plain, value + "x")) not in erased.everything(typed, "CN")


# --- what is proved


def test_the_certificate_proves_what_the_mediator_signed(meeting: Place, tmp_path: Path) -> None:
    room = uploaded(meeting, write(tmp_path))
    done = erase(room)
    document = read_json(Path(done["rooms"][0]["certificate"]), dict[str, Any])
    heads = certificate.check(document)
    assert {head.origin for head in heads} == {f"log.test/{room.identity}"}
    text = json.dumps(document)
    assert not any(one in text for one in GONE) and "released stay" in document["stays"]
    for spoil in SPOILT:
        with pytest.raises(AuditFailure):
            certificate.check(spoil(json.loads(text)))
    report = verify_audit_bundle(logs.bundle_of(room.client, room.agreement, []))
    step = next(one for one in report.steps if "signed as deleted" in one.title)
    assert step.found.startswith("1 of 1 dataset versions; 1 of them")


def test_the_record_of_processing_says_what_is_kept_why_and_what_was_deleted(
    meeting: Place, tmp_path: Path
) -> None:
    room = uploaded(meeting, write(tmp_path))
    erase(room)
    datasets.withdraw(room, lines.refresh(room, "crm").manifest.identity())
    log = logs.collect(room.client, room.identity, room.agreement)
    first, second, third = processing.rows(room.agreement, log.leaves(), "en")
    assert first[:2] == ("acme", "crm@1 (audience): raw:v1, tier, spend")
    assert first[3:5] == ("Overlap", "")
    assert first[5].startswith("people asked to be erased: 20") and first[5].endswith("mediator")
    assert second[4].startswith("its owner takes it back; the room ends 2096")
    assert (second[5], third[5].partition(":")[0]) == ("kept", "taken back")
    grant = Grant(party="acme", kind="activation", purposes=("ads",))
    granting = Agreement.from_json({**room.agreement.to_json(), "grants": [grant.to_json()]})
    chinese = processing.rows(granting, log.leaves(), "zh")[0]
    assert chinese[1] == "crm@1（人群）：raw:v1, tier, spend"
    assert chinese[3].endswith("; 人群激活：ads") and chinese[5].startswith("应个人请求删除：20")
    report = verify_bundle(log)
    for language, title in processing.TITLE.items():
        assert title in page.markdown(log, report, "zh" if language == "zh" else "en")
    unsigned = [leaf for leaf in log.leaves() if b'"kind":"data.delete"' not in leaf]
    assert "not yet signed" in processing.rows(room.agreement, unsigned, "en")[0][5]


def _without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda document: {**document, name: []}


SPOILT: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    _without("deleted"),
    _without("said"),
    lambda document: {**document, "datasets": [*document["datasets"], "0" * 32]},
    lambda document: {**document, "datasets": []},
    lambda document: {**document, "erasure": "0" * 32},
    lambda document: {**document, "room": "0" * 32},
    lambda document: {**document, "mediator_key": "0" * 64},
    lambda document: {**document, "deleted": document["said"]},
]
