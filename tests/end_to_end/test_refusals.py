"""Bad input gives one clear sentence with the place, the right exit code, and nothing half-sent."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import cleanroom
from tests.end_to_end.stranger import job, write_room, write_stranger


@pytest.fixture
def folder(tmp_path):
    write_stranger(tmp_path, people=80)
    return tmp_path


def simulate(folder, *extra):
    return cleanroom("simulate", str(folder / "room.toml"), "--out", str(folder / "out"), *extra)


CASES = {
    "missing file": (lambda f: (f / "brand.csv").unlink(), "brand.csv", "does not exist"),
    "misnamed column": (
        lambda f: _replace(f / "brand.csv", "email,tier", "e-mail,tier"),
        "brand.csv",
        "email",
    ),
    "empty file": (lambda f: (f / "brand.csv").write_text(""), "brand.csv", "empty"),
    "wrong encoding": (
        lambda f: (f / "brand.csv").write_bytes(b"email,tier,spend\n\xff\xfe@x.example,gold,1\n"),
        "brand.csv",
        "UTF-8",
    ),
    "duplicate identifier": (
        lambda f: (f / "brand.csv").write_text(
            "email,tier,spend\nA@x.example,gold,1\na@x.example,gold,2\n"
        ),
        "brand.csv",
        "3",
    ),
    "expired room": (
        lambda f: write_room(f, job("a"), 'k_min = 1\nnoise = "none"\nexpires = 2020-01-01'),
        "expired",
        "room",
    ),
    "unknown template": (
        lambda f: _replace(f / "room.toml", 'templates = ["overlap"]', 'templates = ["guess"]'),
        "guess",
        "template",
    ),
    "not a rehearsal": (
        lambda f: _replace(f / "room.toml", "rehearsal = true", "rehearsal = false"),
        "rehearsal",
        "",
    ),
    "unknown field": (
        lambda f: _replace(f / "room.toml", 'name = "stranger"', 'name = "stranger"\nepsilon = 3'),
        "epsilon",
        "",
    ),
}


def _replace(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_in_one_sentence(folder, case):
    write_room(folder, job("a"))
    spoil, *needles = CASES[case]
    spoil(folder)
    done = simulate(folder)
    assert done.returncode in (2, 3), done.stderr
    assert all(needle in done.stderr for needle in needles), done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "out" / "results.json").exists()


def test_an_earlier_run_is_not_overwritten(folder):
    write_room(folder, job("a"))
    (folder / "out" / "brand").mkdir(parents=True)
    done = simulate(folder)
    assert done.returncode == 2
    assert (folder / "out" / "brand").exists()


def test_wrong_usage_ends_with_2():
    assert cleanroom("simulate").returncode == 2
    assert cleanroom("no-such-noun").returncode == 2
