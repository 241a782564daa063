"""What can be asked: a folder per question; what several questions share stands beside them.

To ask something new, add a folder: ``template.py`` with a ``Template`` named ``TEMPLATE``,
``words.py`` with what people read of it and, where it has them, ``sensitivity.py``, ``rows.py``
and ``chart.py`` with a ``CHART``.  The engine, the mediator, the agents, the command line and the
console find it here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from cleanroom.errors import PolicyRefusal
from cleanroom.queries.template import Template
from cleanroom.words import catalogue

if TYPE_CHECKING:
    from cleanroom.drawing.canvas import Panels


def _have(part: str) -> frozenset[str]:
    """Return the questions whose folder has a module of that name."""
    files = (file for place in __path__ for file in Path(place).glob(f"*/{part}.py"))
    return frozenset(file.parent.name for file in files)


@cache
def names() -> frozenset[str]:
    """Return the names of all questions: those of the folders that hold a template."""
    return _have("template")


def learn_words() -> None:
    """Put what people read of the questions where everybody looks it up."""
    for name in sorted(names()):
        catalogue.learn(import_module(f"{__name__}.{name}.words").WORDS)


learn_words()


def find_template(name: str) -> Template | None:
    """Return the template of that name, or None; the folder of that name alone is imported."""
    if name not in names():
        return None
    found: Template = import_module(f"{__name__}.{name}.template").TEMPLATE
    return found


def find_chart(name: str) -> Panels | None:
    """Return what draws the answers to the question of that name, None if it has no own chart."""
    if name not in names() or name not in _have("chart"):
        return None
    found: Panels = import_module(f"{__name__}.{name}.chart").CHART
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
