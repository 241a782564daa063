"""What a rehearsal needs is compiled before both agents need it at the same moment."""

from __future__ import annotations

import subprocess

import pytest

from cleanroom.agent import prepared
from protocols import okvs, sha256, tokens
from protocols.alignment.ot import consistency, extension, hashing

CALLED = (
    sha256._hash_rows, tokens._derive, okvs._peel, okvs._substitute, hashing._hash_pairs,
    consistency._gather, extension._fold, extension._transpose, extension._decode,
)  # fmt: skip
"""Loops that Python calls; those within them come along."""


def test_every_loop_is_there_for_what_it_is_called_with() -> None:
    prepared.compile_all()
    assert all(one.made.signatures for one in CALLED)  # type: ignore[attr-defined]


def test_the_process_ends_with_the_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def remembered(*arguments: object, **options: object) -> object:
        begun.append(start(["sleep", "60"]))
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", remembered)
    with pytest.raises(KeyboardInterrupt), prepared.compiling():
        raise KeyboardInterrupt
    assert begun[0].returncode is not None
