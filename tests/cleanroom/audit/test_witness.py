"""A witness is shown one log, and keeps the proof if it is shown two."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from cleanroom.audit.fork import Shown, check_fork, fork_proof
from cleanroom.audit.proofs import Tree
from cleanroom.audit.witness import Witness
from cleanroom.errors import AuditFailure, InvalidInput
from protocols import checkpoint as notes
from tests.cleanroom.audit.scene import RoomLog, key, whole_log
from tests.waits import PATIENCE


@pytest.fixture(scope="module")
def log() -> RoomLog:
    return whole_log("none")


@pytest.fixture(scope="module")
def other() -> RoomLog:
    """The same room, in which the mediator shows another third entry and all after it."""
    log = RoomLog("none")
    log.open()
    log.add("audit.read", "eve")
    log.upload()
    return log


def no_proof(_first: int, _second: int) -> list[str]:
    raise AssertionError("no proof is needed")


def test_a_witness_follows_the_log(log, tmp_path):
    witness, tree = Witness(tmp_path), Tree(log.leaves)
    witness.accept(log.agreement, log.note(size=5), no_proof)
    witness.accept(log.agreement, log.note(size=5), no_proof)
    for size in (6, 17, len(log.entries)):
        head = witness.accept(log.agreement, log.note(size=size), tree.consistency)
        assert head.size == size
        assert witness.note() == log.note(size=size)


def test_it_is_on_disk_before_anything_rests_on_it(log, tmp_path, monkeypatch):
    """A write that fails leaves the old head, and the caller without an answer."""
    witness, tree = Witness(tmp_path), Tree(log.leaves)
    witness.accept(log.agreement, log.note(size=5), no_proof)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            witness.accept(log.agreement, log.note(size=9), tree.consistency)
    assert witness.note() == log.note(size=5)
    assert not list(tmp_path.glob("*.new"))


def test_an_old_head_of_the_same_log_changes_nothing(log, tmp_path):
    witness, tree = Witness(tmp_path), Tree(log.leaves)
    witness.accept(log.agreement, log.note(size=20), no_proof)
    witness.accept(log.agreement, log.note(size=7), tree.consistency)
    assert witness.note() == log.note(size=20)
    with pytest.raises(AuditFailure, match="went back from 20 entries to 7"):
        witness.see(log.agreement, lambda: log.note(size=7), tree.consistency)


@pytest.mark.parametrize("size", [4, 7])
def test_a_fork_is_refused_and_kept(log, other, tmp_path, size):
    witness = Witness(tmp_path)
    witness.accept(log.agreement, log.note(size=4), no_proof)
    liar = Tree(other.leaves)
    with pytest.raises(AuditFailure, match="does not continue") as failure:
        witness.accept(log.agreement, other.note(size=size), liar.consistency)
    assert failure.value.exit_code == 5
    assert witness.note() == log.note(size=4)
    kept = json.loads((tmp_path / "conflict-0.json").read_text())
    assert (kept["seen"], kept["shown"]) == (log.note(size=4), other.note(size=size))
    evidence = fork_proof(
        log.agreement.mediator_key,
        Shown(kept["seen"]),
        Shown(kept["shown"], other.leaves[:size]),
    )
    assert "signed two logs" in check_fork(evidence)


def test_a_head_of_another_key_room_or_size_is_refused(log, tmp_path):
    witness = Witness(tmp_path)
    stranger = notes.sign(notes.parse(log.note())[0], key("stranger"))
    with pytest.raises(AuditFailure, match="signature"):
        witness.accept(log.agreement, stranger, no_proof)
    elsewhere = notes.Checkpoint("other.example/room", 5, bytes(32))
    with pytest.raises(AuditFailure, match="another log"):
        witness.accept(log.agreement, notes.sign(elsewhere, log.mediator), no_proof)
    with pytest.raises(AuditFailure, match="empty"):
        witness.accept(log.agreement, log.note(size=0), no_proof)
    assert witness.note() is None


def race(folder: Path, sizes: list[int]) -> None:
    log = whole_log("none")
    tree = Tree(log.leaves)
    for size in sizes:
        Witness(folder).accept(log.agreement, log.note(size=size), tree.consistency)


def test_two_processes_of_one_home_race_and_the_longest_head_stays(log, tmp_path):
    context = multiprocessing.get_context("fork")
    last = len(log.entries)
    runners = [
        context.Process(target=race, args=(tmp_path, list(range(start, last + 1, 2))))
        for start in (last - 20, last - 21)
    ]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(PATIENCE)
    assert [runner.exitcode for runner in runners] == [0, 0]
    assert notes.parse(Witness(tmp_path).note() or "")[0].size == last


def test_two_witnesses_who_compare_find_the_fork(log, other, tmp_path):
    for name, shown in (("acme", log), ("telco", other)):
        Witness(tmp_path / name).accept(log.agreement, shown.note(size=5), no_proof)
    seen = [Shown(Witness(tmp_path / name).note() or "") for name in ("acme", "telco")]
    assert "at 5 entries" in check_fork(fork_proof(log.agreement.mediator_key, *seen))


def test_no_evidence_against_an_honest_mediator(log):
    trusted = log.agreement.mediator_key
    short, long = Shown(log.note(size=5)), Shown(log.note(size=9), log.leaves[:9])
    with pytest.raises(InvalidInput, match="no fork"):
        fork_proof(trusted, short, long)
    with pytest.raises(InvalidInput, match="entries of the log of 9"):
        fork_proof(trusted, short, Shown(log.note(size=9)))
    with pytest.raises(AuditFailure, match="not those under"):
        fork_proof(trusted, short, Shown(log.note(size=9), log.leaves[1:10]))


def test_false_evidence_proves_nothing(log, other):
    evidence = fork_proof(
        log.agreement.mediator_key,
        Shown(log.note(size=5)),
        Shown(other.note(size=7), other.leaves[:7]),
    )
    honest = notes.parse(log.note(size=5))[0].root.hex()
    false = [
        {"root": honest},
        {"root": "00" * 32},
        {"proof": []},
        {"proof": evidence["proof"][::-1]},
        {"first": other.note(size=5)},
        {"second": log.note(size=7)},
        {"first": notes.sign(notes.parse(log.note(size=5))[0], key("stranger"))},
        {"origin": "elsewhere"},
        {"format": "other"},
        {"mediator_key": key("stranger").verifying_key.raw.hex()},
        {"mediator_key": "00"},
        {"root": 5},
    ]
    for change in false:
        with pytest.raises(AuditFailure):
            check_fork({**evidence, **change})
    with pytest.raises(AuditFailure):
        check_fork([])
