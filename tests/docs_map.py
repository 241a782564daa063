"""Draw the packages from their imports: a page of the documentation that cannot go stale."""

from __future__ import annotations

import importlib.util
import inspect
from graphlib import TopologicalSorter

import grimp

LAYERS = ("api", "cleanroom", "protocols")
ROOTS = frozenset(("api.server", "api.console.__main__", "api.serve.__main__"))
"""The programs that put everything together: they stand above the drawing."""

INTRODUCTION = """
# Architecture

There are three layers, and none imports from one above it: `api` serves HTTP and web pages,
`cleanroom` is the product, and `protocols` is the mathematics. `protocols` uses no clock, disk or
network and takes its randomness as a parameter, with two exceptions, both inside libraries: HPKE
draws the ephemeral key of a sealed message (`protocols/sealing.py`), and compiled code is kept in
the user's cache (`protocols/compiled.py`).

Import-linter enforces the layers and what `protocols` may not import; that the auditor imports
nothing from the mediator or an agent; and that the code by which the mediator decides imports
nothing from an agent. `tests/test_architecture.py` checks that `cleanroom` imports no web framework
and limits the number of arrows. Only convention keeps the mediator's SQL and files in its `store`;
the exception is `bootstrap.py`, which starts it.

[The life of a job](life-of-a-job.md) follows one question through the code, step by step; this page
says where things are. To make one of the usual additions, start here:

- a question (a template) is a folder in `cleanroom/queries`:
  [add a template](../how-to/add-a-template.md);
- a message of a job goes through room, mediator, agent and log:
  [add a message](../how-to/add-a-message.md);
- a number or column in an answer comes from the template's `result`, one in the audit report from
  `cleanroom/audit`: [add a column](../how-to/add-a-column.md).

In the drawing an arrow means "imports". Arrows that follow from others are left out: if A imports B
and B imports C, A may import C too. There is no cycle. Single modules such as `cleanroom.errors`,
`protocols.limits`, `protocols.sealing` and `protocols.signing` are not drawn; nor are the programs
that put everything together, `api.server` and those of the console and of the label server.
"""


def architecture() -> list[str]:
    """Return the page: a drawing of the packages, and one line on each."""
    imports = packages()
    lines = [*INTRODUCTION.strip().splitlines(), "", "```mermaid", "flowchart TD"]
    for layer in LAYERS:
        inside = [name for name in imports if name.partition(".")[0] == layer]
        lines += [f"    subgraph {layer}_layer [{layer}]"]
        lines += [f"        {_node(name)}[{name.partition('.')[2] or 'routes'}]" for name in inside]
        lines += ["    end"]
    lines += [
        f"    {_node(name)} --> {_node(after)}"
        for name, found in reduced(imports).items()
        for after in sorted(found)
    ]
    lines += ["```", "", "| package | what it holds |", "|---|---|"]
    return lines + [f"| `{name}` | {_first_sentence(name)} |" for name in imports]


def packages() -> dict[str, set[str]]:
    """Return which packages each package imports, by name."""
    graph = grimp.build_graph(*LAYERS, exclude_type_checking_imports=True)
    within = {module: _package(module) for module in sorted(graph.modules - ROOTS)}
    found: dict[str, set[str]] = {name: set() for name in within.values() if name}
    for module, here in within.items():
        if here:
            after = map(within.get, graph.find_modules_directly_imported_by(module))
            found[here] |= {name for name in after if name and name != here}
    return found


def _package(module: str) -> str | None:
    """Return the package of the drawing that holds a module; None for loose modules."""
    root, _, rest = module.partition(".")
    name = f"{root}.{rest.partition('.')[0]}"
    found = importlib.util.find_spec(name) if rest else None
    if found is not None and found.submodule_search_locations:
        return name
    return "api" if root == "api" else None


def reduced(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out each arrow that a longer way replaces; raise ``CycleError`` on a circle."""
    reach: dict[str, set[str]] = {}
    for name in TopologicalSorter(imports).static_order():
        reach[name] = imports[name].union(*(reach[after] for after in imports[name]))
    return {
        name: {one for one in found if not any(one in reach[other] for other in found)}
        for name, found in imports.items()
    }


def _node(name: str) -> str:
    return name.replace(".", "_")


def _first_sentence(name: str) -> str:
    text = inspect.getdoc(importlib.import_module(name)) or ""
    return text.partition("\n\n")[0].replace("\n", " ")
