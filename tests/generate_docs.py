"""Write the pages of the reference that follow from the code: ``python -m tests.generate_docs``.

``tests/test_docs.py`` fails if a page is not what this writes.
"""

from __future__ import annotations

import ast
import inspect
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from rich.markup import render

from api.app import create_app
from api.console.__main__ import program as console
from api.problems import CAPS, STATUS
from api.server import program as server
from cleanroom.agent.job_section import JobSection
from cleanroom.agent.room_file import RoomSection
from cleanroom.cli.root import EXAMPLE, paragraphs
from cleanroom.cli.root import app as party
from cleanroom.documents.agreement import Grant, Policy, Weights
from cleanroom.documents.serving import ServingTerms
from cleanroom.ingest.spec import (
    ActionSpec,
    BucketSpec,
    DatasetSpec,
    IdentifierSpec,
    MeasureSpec,
    TimeSpec,
)
from cleanroom.mediator.bootstrap import initialise, open_mediator
from cleanroom.mediator.settings import ServerSettings
from cleanroom.queries.registry import templates
from cleanroom.queries.where import CONDITIONS
from cleanroom.room import states
from tests.docs_map import architecture
from tests.docs_words import EXIT_CODES, MEANINGS, NOUNS, VARIABLES
from tests.generate_identifiers import identifiers

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
NOTICE = (
    "<!-- Written by `python -m tests.generate_docs`; change the code or its words instead. -->"
)

PROGRAMS = {"cleanroom": party, "cleanroom-server": server, "cleanroom-console": console}


def pages() -> dict[str, str]:
    """Return every generated page by its path from ``docs/reference``."""
    made = {
        "cli.md": command_line(),
        "settings.md": settings(),
        "room-file.md": room_file(),
        "http.md": http(),
        "lifecycle.md": lifecycles(),
        "../explanation/architecture.md": architecture(),
        "identifiers.md": identifiers(table),
    }
    return {name: "\n".join([NOTICE, "", *lines]).rstrip() + "\n" for name, lines in made.items()}


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a Markdown table; nothing if it has no row."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    head = list(header)
    rule = "|" + "---|" * len(head)
    return ["| " + " | ".join(head) + " |", rule, *lines, ""] if lines else []


# --- the command line


def commands(program: str) -> Iterator[tuple[str, Any]]:
    """Yield every command of a program that is shown, by what a user types."""
    root = typer.main.get_command(PROGRAMS[program])
    stack = [(program, root)]
    while stack:
        name, command = stack.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
        else:
            shown = [(f"{name} {key}", one) for key, one in inner.items() if not one.hidden]
            stack += sorted(shown, reverse=True)


def command_line() -> list[str]:
    """Describe every command with its arguments and options."""
    lines = ["# Command line", ""]
    lines += textwrap.dedent(EXIT_CODES).strip().splitlines() + [""]
    for program, role in NOUNS.items():
        lines += [f"## `{program}`", "", role, ""]
        for name, command in commands(program):
            lines += [f"### `{name}`", "", *_usage(name, command), *_help(command.help or "")]
            lines += table(["", "meaning", "default"], map(_parameter, command.params))
    return lines


def _help(text: str) -> list[str]:
    lines = []
    for paragraph in paragraphs(text):
        words, _, example = paragraph.partition(EXAMPLE)
        lines += ["Example:", "", f"    {example}", ""] if example else [words, ""]
    return lines


def _usage(name: str, command: Any) -> list[str]:
    arguments = [_name(one) for one in command.params if one.param_type_name == "argument"]
    needed = [
        f"{one.opts[0]} {one.name.upper()}"
        for one in command.params
        if one.param_type_name == "option" and one.required
    ]
    return [f"    {' '.join([name, *arguments, *needed, '[OPTIONS]'])}", ""]


def _name(parameter: Any) -> str:
    shown = parameter.display_name_raw.upper() + ("..." if parameter.nargs == -1 else "")
    return shown if parameter.required else f"[{shown}]"


def _parameter(parameter: Any) -> list[str]:
    if parameter.param_type_name == "argument":
        name = _name(parameter)
    else:
        name = ", ".join([*parameter.opts, *parameter.secondary_opts])
    meaning = render(parameter.help or "").plain
    if parameter.envvar:
        meaning += f" Environment: `{parameter.envvar}`."
    if getattr(parameter, "multiple", False):
        meaning += " May be given more than once."
    return [f"`{name}`", meaning.strip(), _default(parameter)]


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    value = parameter.default
    if value is None or value is False:
        return ""
    return f"`{value}`"


# --- models


def settings() -> list[str]:
    """Describe what bounds the mediator, and every variable of the environment."""
    lines = ["# Settings", "", "## The mediator", ""]
    lines += textwrap.wrap(VARIABLES["mediator"], 100) + [""]
    lines += table(["variable", "default", "range", "meaning"], _settings_rows())
    lines += ["## A party, and both", "", *table(["variable", "meaning"], VARIABLES["rows"])]
    return lines


def _settings_rows() -> Iterator[list[str]]:
    words = attribute_words(ServerSettings)
    shapes = ServerSettings.model_json_schema()["properties"]
    for name, field in ServerSettings.model_fields.items():
        shape = shapes[name]
        variable = f"`CLEANROOM_{name.upper()}`"
        default = f"`{field.default}`" if field.default != "" else "empty"
        yield [variable, default, _range(shape), words[name]]


def attribute_words(model: type) -> dict[str, str]:
    """Return the text under each attribute of a class, on one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for line, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            text = ast.get_docstring(ast.Module([after], []))
            if text:
                found[line.target.id] = " ".join(text.split())
    return found


def _range(shape: dict[str, Any]) -> str:
    signs = {
        "minimum": "at least ",
        "exclusiveMinimum": "more than ",
        "maximum": "at most ",
        "exclusiveMaximum": "less than ",
        "pattern": "",
    }
    parts = [f"{sign}`{shape[key]}`" for key, sign in signs.items() if key in shape]
    return ", ".join(parts)


SECTIONS: dict[str, tuple[str, type[BaseModel]]] = {
    "[room]": ("room", RoomSection),
    "[policy]": ("policy", Policy),
    "[datasets.PARTY.NAME]": ("dataset", DatasetSpec),
    "`id`": ("id", IdentifierSpec),
    "[datasets.PARTY.NAME.measures]": ("measure", MeasureSpec),
    "[datasets.PARTY.NAME.buckets]": ("bucket", BucketSpec),
    "`time`": ("time", TimeSpec),
    "`action`": ("action", ActionSpec),
    "[[jobs]]": ("job", JobSection),
    "[[grants]]": ("grant", Grant),
    "[grants.serving]": ("serving", ServingTerms),
    "[[intent_weights]]": ("weights", Weights),
}


WRITTEN = {"job.others": "`hub`, `with`"}
"""Fields that people write under other names."""


def room_file() -> list[str]:
    """Describe ``room.toml`` section by section, and the parameters of every template."""
    lines = ["# The room file", "", *MEANINGS["file"]["introduction"].strip().splitlines(), ""]
    for title, (key, model) in SECTIONS.items():
        code = title if title.startswith("`") else f"`{title}`"
        lines += [f"## {code}", "", MEANINGS[key][""], ""]
        lines += table(["field", "value", "default", "meaning"], fields(key, model))
    lines += ["## Parameters of each template", "", MEANINGS["file"]["parameters"], ""]
    lines += table(["template", "parameters, with their defaults"], _parameters())
    return lines


def fields(key: str, model: type[BaseModel]) -> Iterator[list[str]]:
    """Yield a row per field; ``KeyError`` if nobody has said what a field means."""
    schema = model.model_json_schema()
    for name, shape in schema["properties"].items():
        default = MEANINGS["defaults"].get(f"{key}.{name}") or shown_default(model, name)
        shown = WRITTEN.get(f"{key}.{name}", f"`{name}`")
        yield [shown, value_of(shape, schema), default, MEANINGS[key][name]]


def shown_default(model: type[BaseModel], name: str) -> str:
    """Return a field's default as TOML would have it."""
    field = model.model_fields[name]
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    return "" if value in (None, (), {}, "") else f"`{toml(value)}`"


def toml(value: Any) -> str:
    """Write a plain value as TOML does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return str(value)


def value_of(shape: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say in a few words what a field may hold."""
    if "$ref" in shape:
        return "a table"
    if "anyOf" in shape:
        kinds = [one for one in shape["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(value_of(one, schema) for one in kinds))
    if "enum" in shape or "const" in shape:
        values = shape.get("enum", [shape.get("const")])
        return " or ".join(f"`{toml(one)}`" for one in values)
    kind = shape.get("type")
    if kind == "array":
        return f"list of {value_of(shape.get('items', {}), schema)}"
    words = {"string": "text", "integer": "whole number", "number": "number", "object": "a table"}
    word = words.get(str(kind), "true or false" if kind == "boolean" else "value")
    limits = _range({key: value for key, value in shape.items() if key != "pattern"})
    return f"{word}, {limits}" if limits else word


def _parameters() -> Iterator[list[str]]:
    for name, found in sorted(templates().items()):
        parts = []
        for field, info in found.Parameters.model_fields.items():
            default = shown_default(found.Parameters, field)
            shown = "needed" if default == "needed" else default.strip("`")
            label = info.alias or field
            parts.append(f"`{label}`" + (f" ({shown})" if shown else ""))
        known = {CONDITIONS, *found.Parameters.model_fields}
        parts += [f"`{name}`" for name in found.private_parameters if name not in known]
        page = "lookalike" if name == "lookalike_quality" else name
        yield [f"[`{name}`](templates/{page}.md) {found.chinese}", ", ".join(parts)]


# --- HTTP


def described() -> dict[str, Any]:
    """Return the OpenAPI document of a mediator."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "mediator"
        initialise(home, "rooms.example")
        return dict(create_app(open_mediator(home)).api_doc)


def http() -> list[str]:
    """Describe every route, and every problem with its status."""
    document = described()
    lines = ["# HTTP", "", *textwrap.dedent(MEANINGS["http"][""]).strip().splitlines(), ""]
    by_tag: dict[str, list[list[str]]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            row = [f"`{method.upper()} {path}`", operation["summary"], _asked(operation)]
            by_tag.setdefault(operation["tags"][0], []).append(row)
    for tag, rows in by_tag.items():
        lines += [f"## {tag.capitalize()}", "", *table(["", "does", "query, body"], rows)]
    lines += ["## Problems", "", *MEANINGS["http"]["problems"].strip().splitlines(), ""]
    rows = [[f"`{kind.type}`", kind.title, str(status)] for kind, status in STATUS.items()]
    unique = {row[0]: row for row in rows}
    lines += table(["type", "title", "status"], unique.values())
    lines += [MEANINGS["http"]["caps"], ""]
    lines += table(["rule", "status"], [[f"`{rule}`", str(code)] for rule, code in CAPS.items()])
    return lines


def _asked(operation: dict[str, Any]) -> str:
    parts = [
        f"`{one['name']}`" + (" (needed)" if one["required"] else "")
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    ]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        name = content["schema"].get("$ref", media).rsplit("/", 1)[-1]
        parts.append("bytes" if name == "octet-stream" else f"`{name}`")
    return ", ".join(parts)


# --- states


def lifecycles() -> list[str]:
    """Draw the transition tables."""
    lines = ["# States", "", MEANINGS["lifecycle"][""], ""]
    for kind, steps in states.TRANSITIONS.items():
        title = kind.__name__.removesuffix("State")
        lines += [f"## {title}", "", *_diagram(steps), *_arrows(steps)]  # type: ignore[arg-type]
    return lines


def _diagram(steps: dict[StrEnum, tuple[StrEnum, ...]]) -> list[str]:
    arrows = [f"    {state} --> {after}" for state, found in steps.items() for after in found]
    ends = [f"    {state} --> [*]" for state, found in steps.items() if not found]
    first = f"    [*] --> {next(iter(steps))}"
    return ["```mermaid", "stateDiagram-v2", first, *arrows, *ends, "```", ""]


def _arrows(steps: dict[StrEnum, tuple[StrEnum, ...]]) -> list[str]:
    rows = [
        [f"`{state}`", ", ".join(f"`{after}`" for after in found) or "the end"]
        for state, found in steps.items()
    ]
    return table(["state", "leads to"], rows)


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, "utf-8")
