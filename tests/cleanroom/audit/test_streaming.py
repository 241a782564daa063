"""A long log is read from its file in constant memory."""

from __future__ import annotations

import tracemalloc

import pytest

from cleanroom.audit import load, verify_bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.errors import AuditFailure
from tests.cleanroom.audit.long_log import write_long_log
from tests.cleanroom.audit.scene import digest

SHORT = 2_500
"""More than one batch."""


@pytest.mark.parametrize("entries", [3_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_long_log_verifies_and_does_not_stay_in_memory(tmp_path, entries):
    path = tmp_path / "log.jsonl"
    write_long_log(path, entries)
    tracemalloc.start()
    report = verify_bundle(load(path), signatures="chains", demand=("acme", "telco"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.size >= entries
    # One batch is held at a time, and some hundred bytes for each job that has ended.
    assert peak < 25_000_000


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "log.jsonl"
    write_long_log(path, SHORT)
    return path


def edited(long, tmp_path, old: bytes, new: bytes, line: int):
    lines = long.read_bytes().split(b"\n")
    assert old in lines[line + 1]
    lines[line + 1] = lines[line + 1].replace(old, new)
    path = tmp_path / "edited.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"sequence":', b'"sequence": ', "not canonical"),
        (b'"outcome":"accepted"', b'"outcome":"refused"', "names its rule"),
        (b'"acme"', b'"zorro"', "not a member|not the actor|who signed"),
    ],
)
def test_a_change_in_the_middle_is_named(long, tmp_path, old, new, reason):
    lines = long.read_bytes().split(b"\n")
    place = next(n for n in range(2_000, SHORT) if b'"job.submit"' in lines[n + 1])
    path = edited(long, tmp_path, old, new, place)
    with pytest.raises(BadEntry, match=reason) as failure:
        verify_bundle(load(path), signatures="chains")
    assert failure.value.index == place


def test_a_forged_statement_breaks_its_party_s_chain(long, tmp_path):
    """Where only the last signature is verified, the digests carry it to every statement."""
    lines = long.read_bytes().split(b"\n")
    place = next(n for n in range(2_000, SHORT) if b'"job.approve"' in lines[n + 1])
    signature = b'"signature":"' + b"A" * 86 + b'=="'
    start = lines[place + 1].index(b'"signature":"')
    old = lines[place + 1][start : start + len(signature)]
    path = edited(long, tmp_path, old, signature, place)
    with pytest.raises(BadEntry, match="does not follow acme's last statement"):
        verify_bundle(load(path), signatures="chains")


def test_a_last_statement_with_a_forged_signature_is_found(long, tmp_path):
    lines = long.read_bytes().split(b"\n")
    place = max(n for n in range(len(lines) - 1) if b'"signature":"' in lines[n + 1])
    start = lines[place + 1].index(b'"signature":"')
    old = lines[place + 1][start : start + 40]
    path = edited(long, tmp_path, old, old[:20] + b"AAAAAAAAAAAAAAAAAAAA", place)
    with pytest.raises(BadEntry, match="the signature is not") as failure:
        verify_bundle(load(path), signatures="chains")
    assert failure.value.index == place


def test_a_file_that_was_cut_is_found(long, tmp_path):
    path = tmp_path / "cut.jsonl"
    path.write_bytes(long.read_bytes()[:-10_000])
    with pytest.raises(AuditFailure, match="cut off"):
        verify_bundle(load(path), signatures="chains")
    lines = long.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:-50]) + b"\n")
    with pytest.raises(BadEntry, match="it is missing"):
        verify_bundle(load(path), signatures="chains")


def test_processes_read_the_same(long):
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        one = verify_bundle(load(long), signatures="chains", executor=executor)
    assert one.root == verify_bundle(load(long), signatures="chains").root
    assert digest("x") != one.root
