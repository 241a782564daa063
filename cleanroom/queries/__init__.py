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


@cache
def templates() -> dict[str, Template]:
    """Return every template by name."""
    found = {}
    for module in iter_modules(__path__, f"{__name__}."):
        template = getattr(import_module(module.name), "TEMPLATE", None)
        if template is not None:
            found[template.name] = template
    return found


def template(name: str) -> Template:
    """Return the template of that name; raise ``PolicyRefusal`` that lists the known ones."""
    known = templates()
    if name not in known:
        raise PolicyRefusal(
            f"there is no template {name}; there are {', '.join(sorted(known))}",
            rule="unknown-template",
        )
    return known[name]
