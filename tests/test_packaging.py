"""What is built is the three packages, under the right licence, with pinned parts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.+!]*")


CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")


def copied() -> list[str]:
    """Return what the image's build takes of this tree."""
    lines = re.findall(r"^COPY (?!--)(.*) \S+$", CONTAINERFILE, re.MULTILINE)
    return [name for line in lines for name in line.split()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of what the image's build takes of this very tree."""
    folder, tree = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("tree")
    for name in copied():
        if (ROOT / name).is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, tree / name, ignore=skipped)
        else:
            shutil.copy(ROOT / name, tree / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as opened:
        yield opened


@pytest.fixture(scope="module")
def about(wheel: zipfile.ZipFile) -> Message:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_only_the_three_packages_are_in_it(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    (info,) = [top for top in tops if top.endswith(".dist-info")]
    assert tops == {"api", "cleanroom", "protocols", info}
    endings = {Path(name).suffix for name in wheel.namelist() if not name.startswith(info)}
    assert endings <= {".py", ".html", ".css", ".js", ".svg", ".toml", ".typed"}


def test_every_source_and_everything_it_reads_is_in_it(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for pattern in (
        *("api/**/*.py", "cleanroom/**/*.py", "protocols/**/*.py"),
        *(
            "api/console/templates/**/*.html",
            "api/console/static/*",
            "cleanroom/queries/stages/*.toml",
        ),
    ):
        found = {str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)}
        assert found, pattern
        assert found <= names


def test_programs_are_named(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    text = wheel.read(name).decode()
    assert "cleanroom = cleanroom.cli:main" in text
    assert "cleanroom-server = api.server:main" in text


def test_licence_is_told(wheel: zipfile.ZipFile, about: Message) -> None:
    assert about["License-Expression"] == "GPL-3.0-or-later"
    (name,) = [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    assert wheel.read(name) == (ROOT / "LICENSE").read_bytes()
    assert b"GNU GENERAL PUBLIC LICENSE" in wheel.read(name)


def test_metadata_is_the_project_s(about: Message) -> None:
    assert about["Name"] == PROJECT["project"]["name"]
    assert about["Requires-Python"] == ">=3.11"
    assert "room.toml" in str(about.get_payload())


# --- pins


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def named() -> set[str]:
    project = PROJECT["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    lists.append(PROJECT["build-system"]["requires"])
    return {canonicalize_name(Requirement(text).name) for found in lists for text in found}


def needed(names: set[str]) -> set[str]:
    """Return everything that an installation of some distributions needs, as installed here."""
    found, waiting = set(), sorted(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def test_constraints_are_names_and_versions_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert all(PIN.fullmatch(line) for line in lines if not line.startswith("#"))
    assert len(pins()) == len(lines)


def test_everything_named_is_pinned() -> None:
    assert not named() - set(pins())


def test_everything_needed_is_pinned() -> None:
    comes_with_the_environment = {"pip", "setuptools"}
    # Half a gigabyte, which nobody need install for the tests; its one need is pinned with it.
    spark = {"pyspark", "py4j"}
    assert not needed(named() - spark) - set(pins()) - comes_with_the_environment
    assert spark <= pins().keys()


def test_the_image_takes_what_it_names_and_its_user_is_nobody() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {f"!{name}" for name in copied()} == {line for line in ignored if line[0] == "!"}
    (extras,) = re.findall(r"'\.\[(.*)\]'", CONTAINERFILE)
    known = PROJECT["project"]["optional-dependencies"]
    # Spark is half a gigabyte and starts a Java, which the image has not.
    assert set(extras.split(",")) == known.keys() - {"test", "spark"}
    last = CONTAINERFILE.rpartition("FROM ")[2]
    (user,) = re.findall(r"^USER (\d+)$", last, re.MULTILINE)
    assert int(user) and f"--uid {user}" in last
    assert "--constraint constraints.txt" in CONTAINERFILE
