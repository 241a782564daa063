"""Find the questions: each is a folder beside this file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from cleanroom.errors import PolicyRefusal
from cleanroom.queries import having, names
from cleanroom.queries.template import Template

if TYPE_CHECKING:
    from cleanroom.drawing.canvas import Panels


def find_template(name: str) -> Template | None:
    """Return the template of that name, or None; the folder of that name alone is imported."""
    if name not in names():
        return None
    found: Template = import_module(f"{__package__}.{name}.template").TEMPLATE
    return found


def find_chart(name: str) -> Panels | None:
    """Return what draws the answers to the question of that name, None if it has no own chart."""
    if name not in names() or name not in having("chart"):
        return None
    found: Panels = import_module(f"{__package__}.{name}.chart").CHART
    return found


@cache
def templates() -> dict[str, Template]:
    """Return every template by name."""
    return {name: found for name in sorted(names()) if (found := find_template(name))}


def template(name: str) -> Template:
    """Return the template of that name; raise ``PolicyRefusal`` that lists the known ones."""
    found = find_template(name)
    if found is None:
        raise PolicyRefusal(
            f"there is no template {name}; there are {', '.join(templates())}",
            rule="unknown-template",
        )
    return found
