"""Files are put in place whole or not at all, and through no link that somebody planted."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cleanroom.audit import bundle
from cleanroom.errors import Conflict
from cleanroom.files import held, replacing, write_file
from tests.cleanroom.audit.scene import whole_log

ROOT = Path(__file__).parents[2]


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_trace(tmp_path: Path) -> None:
    place = tmp_path / "file"
    write_file(place, b"old")
    with pytest.raises(ZeroDivisionError), replacing(place) as file:
        file.write(b"ne")
        raise ZeroDivisionError
    assert place.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "file").symlink_to(victim)
    write_file(tmp_path / "file", b"new")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "file").is_symlink()


def test_an_export_goes_through_no_planted_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".audit.jsonl.new").symlink_to(victim)
    bundle.save(whole_log().bundle(), tmp_path / "audit.jsonl")
    assert victim.read_text() == "precious"
    assert bundle.load(tmp_path / "audit.jsonl").room


def test_a_written_file_and_its_name_are_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    bundle.save(whole_log().bundle(), tmp_path / "audit.jsonl")
    assert len(flushed) == 2


def test_no_other_module_puts_files_in_place_by_itself() -> None:
    """One way of writing: whoever wants another adds it where all get it."""
    found = [
        f"{path.relative_to(ROOT)}: {node.func.attr}"
        for folder in ("cleanroom", "api")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "cleanroom" / "files.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("mkstemp", "NamedTemporaryFile", "mkdtemp", "fsync")
    ]
    assert not found


def test_a_held_file_is_let_go_of_by_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from cleanroom.files import held\n"
        f"with held(Path({str(tmp_path / 'lock')!r}), 'busy'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        with pytest.raises(Conflict, match="busy"), held(tmp_path / "lock", "busy"):
            pass
    finally:
        process.kill()
        process.wait()
    with held(tmp_path / "lock", "busy"):
        pass
