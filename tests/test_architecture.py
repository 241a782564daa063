"""The house: storeys, small files, one table per question, and nothing that nobody drew."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import api
import cleanroom
import cleanroom.queries as package
import protocols
from api import problems
from cleanroom import errors
from cleanroom.errors import CleanroomError, PolicyRefusal
from cleanroom.queries.registry import template, templates
from cleanroom.queries.template import Template
from cleanroom.room.states import TRANSITIONS
from protocols.errors import LocalError, ProtocolError, RemoteError
from tests.docs_map import packages

ROOT = Path(__file__).parents[1]
STOREYS = (api, cleanroom, protocols)
SOURCES = sorted(
    path for storey in STOREYS for path in Path(str(storey.__file__)).parent.rglob("*.py")
)
MOST_LINES = 400
MOST_LEVELS = 2
MOST_ARROWS = 82
"""Imports between packages, as the drawing of the architecture counts them before it is reduced."""
AGENT = "cleanroom.agent."
IMPURE = {
    *("flask", "sqlite3", "socket", "time", "datetime", "os", "random", "logging"),
    *("secrets", "Crypto", "pathlib", "threading", "cleanroom", "api"),
}


def by_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules() -> list[str]:
    return [
        module.name
        for storey in STOREYS
        for module in pkgutil.walk_packages(storey.__path__, f"{storey.__name__}.")
        if not module.name.endswith("__main__")
    ]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


# --- storeys


def test_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_contracts_say_what_they_should() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers, pure, auditor, mediator = linter["contracts"]
    assert set(linter["root_packages"]) == {"api", "cleanroom", "protocols"}
    assert layers["layers"] == ["api", "cleanroom", "protocols"]
    assert pure["source_modules"] == ["protocols"]
    assert {"flask", "sqlite3", "socket", "time", "random", "secrets", "Crypto"} <= set(
        pure["forbidden_modules"]
    )
    assert auditor["source_modules"] == ["cleanroom.audit"]
    assert {"cleanroom.mediator", "api"} <= set(auditor["forbidden_modules"])
    assert {"cleanroom.mediator", "cleanroom.engine"} <= set(mediator["source_modules"])
    assert "cleanroom.agent" in mediator["forbidden_modules"]
    assert not any("ignore_imports" in contract for contract in linter["contracts"])


@pytest.mark.parametrize("path", [p for p in SOURCES if "protocols" in p.parts], ids=by_name)
def test_mathematics_is_pure(path: Path) -> None:
    assert not set(imported(path)) & IMPURE


@pytest.mark.parametrize("path", [p for p in SOURCES if "cleanroom" in p.parts], ids=by_name)
def test_product_knows_no_web_framework(path: Path) -> None:
    assert not set(imported(path)) & {"flask", "werkzeug", "flask_openapi3", "waitress", "api"}


def test_packages_do_not_grow_together_again() -> None:
    arrows = sum(map(len, packages().values()))
    assert arrows <= MOST_ARROWS, "move it, or pass a value instead of an import"


def test_the_shape_of_an_identifier_is_written_once() -> None:
    outside = [path for path in SOURCES if not {"ingest", "isolated"} & {*path.parts}]
    found = [by_name(path) for path in outside if "[0-9a-f]{32}" in path.read_text("utf-8")]
    assert found == ["cleanroom/identifier.py"]


# --- sizes


@pytest.mark.parametrize("path", SOURCES, ids=by_name)
def test_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


def test_packages_are_at_most_two_levels_deep() -> None:
    deep = [by_name(p) for p in SOURCES if len(p.relative_to(ROOT).parent.parts) > MOST_LEVELS + 1]
    assert not deep


def test_nothing_checks_with_an_assertion() -> None:
    found = [
        f"{by_name(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert not found


# --- templates

NEW_TEMPLATE = '''
from cleanroom.queries.overlap.template import TEMPLATE as OVERLAP


class Newcomer(type(OVERLAP)):
    """Ask what overlap asks."""

    name = "newcomer"


TEMPLATE = Newcomer()
'''


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder that somebody adds beside the questions."""
    (tmp_path / "newcomer").mkdir()
    (tmp_path / "newcomer" / "template.py").write_text(NEW_TEMPLATE)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    package.names.cache_clear()
    templates.cache_clear()
    yield
    for name in [name for name in sys.modules if name.startswith("cleanroom.queries.newcomer")]:
        del sys.modules[name]
    package.names.cache_clear()
    templates.cache_clear()


def test_a_new_folder_is_a_new_question(newcomer: None) -> None:
    assert template("newcomer").name == "newcomer"
    assert {"overlap", "newcomer"} <= set(templates())


def test_what_has_no_folder_cannot_be_asked() -> None:
    with pytest.raises(PolicyRefusal, match="no template newcomer"):
        template("newcomer")


def test_every_template_is_found_once() -> None:
    made = []
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        found = importlib.import_module(module.name)
        classes = [
            value
            for value in vars(found).values()
            if isinstance(value, type)
            and issubclass(value, Template)
            and value.__module__ == module.name
            and "name" in vars(value)
        ]
        made += [one.name for one in classes]
    assert sorted(made) == sorted(templates())
    assert all(one.chinese and one.title for one in templates().values())


@pytest.mark.parametrize("folder", ["engine", "mediator", "privacy"])
def test_the_engine_names_no_template(folder: str) -> None:
    names = {name for name in templates() if "_" in name} | {"overlap", "funnel", "lookalike"}
    words = {
        node.value
        for path in (ROOT / "cleanroom" / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not words & names


# --- errors


def descendants(kind: type[Any]) -> set[type[Any]]:
    return {kind}.union(*(descendants(child) for child in kind.__subclasses__()))


@pytest.fixture(scope="module")
def everything_imported() -> None:
    for name in modules():
        importlib.import_module(name)


def test_every_public_error_has_a_row(everything_imported: None) -> None:
    public = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert public == {kind for kind in problems.STATUS if kind.__module__ == errors.__name__}
    # An agent answers nobody: what it alone raises never becomes a status.
    answered = {k for k in descendants(CleanroomError) if not k.__module__.startswith(AGENT)}
    for kind in answered - {CleanroomError}:
        assert set(kind.__mro__) & set(problems.STATUS) > {CleanroomError}


def test_every_error_has_a_type_and_an_exit_code(everything_imported: None) -> None:
    for kind in descendants(CleanroomError):
        assert kind.type.startswith("urn:cleanroom:problem:")
        assert kind.exit_code in range(1, 6)
        assert kind.title


def test_every_failure_of_the_mathematics_blames_somebody(everything_imported: None) -> None:
    found = descendants(ProtocolError) - {ProtocolError}
    kinds = {kind for kind in found if kind.__module__.startswith("protocols.")}
    assert kinds >= {LocalError, RemoteError}
    assert all(issubclass(kind, LocalError | RemoteError) for kind in kinds)


def test_statuses_live_in_one_place() -> None:
    elsewhere = [
        by_name(path)
        for path in SOURCES
        if "cleanroom" in path.parts and "HTTPStatus" in path.read_text("utf-8")
    ]
    assert not elsewhere


# --- states


@pytest.mark.parametrize("kind", TRANSITIONS, ids=lambda kind: kind.__name__)
def test_every_state_is_drawn_and_reached(kind: Any) -> None:
    steps: Any = TRANSITIONS[kind]
    assert set(steps) == set(kind)
    reached, found = set(), [next(iter(steps))]
    while found:
        state = found.pop()
        if state not in reached:
            reached.add(state)
            found += steps[state]
    assert reached == set(kind)
    assert any(not after for after in steps.values())


def test_the_quick_loop_starts_no_program_and_no_server() -> None:
    (line,) = (
        one for one in (ROOT / "Makefile").read_text("utf-8").splitlines() if "QUICK :=" in one
    )
    found = re.fullmatch(r"QUICK := (\S+) \$\(addprefix (\S+),(.*)\)", line)
    assert found
    folders = [found[1], *(found[2] + name for name in found[3].split())]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 50
    for path in files:
        assert not set(imported(path)) & {"subprocess", "socket", "waitress", "playwright"}, path
