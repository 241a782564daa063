"""What can be asked, one module per question; what several questions share stands beside them.

To add a question, add a file with a subclass of ``Template`` named ``TEMPLATE``; the engine, the
service, the agents and the command line find it here.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from cleanroom.errors import PolicyRefusal
from cleanroom.queries.template import Template


def _modules() -> set[str]:
    return {module.name for module in iter_modules(__path__)}


def find_template(name: str) -> Template | None:
    """Return the template of that name, or None; the module of that name alone is imported."""
    if name not in _modules():
        return None
    found: Template | None = getattr(import_module(f"{__name__}.{name}"), "TEMPLATE", None)
    return found


@cache
def templates() -> dict[str, Template]:
    """Return every template by name."""
    return {name: found for name in sorted(_modules()) if (found := find_template(name))}


def template(name: str) -> Template:
    """Return the template of that name; raise ``PolicyRefusal`` that lists the known ones."""
    found = find_template(name)
    if found is None:
        raise PolicyRefusal(
            f"there is no template {name}; there are {', '.join(templates())}",
            rule="unknown-template",
        )
    return found
