"""What can be asked: a folder per question; what several questions share stands beside them.

To ask something new, add a folder: ``template.py`` with a ``Template`` named ``TEMPLATE``,
``words.py`` with what people read of it and, where it has them, ``sensitivity.py``, ``rows.py``
and ``chart.py`` with a ``CHART``.  The engine, the mediator, the agents, the command line and the
console find it by ``cleanroom.queries.registry``.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from cleanroom.words import catalogue


def having(part: str) -> frozenset[str]:
    """Return the questions whose folder has a module of that name."""
    files = (file for place in __path__ for file in Path(place).glob(f"*/{part}.py"))
    return frozenset(file.parent.name for file in files)


@cache
def names() -> frozenset[str]:
    """Return the names of all questions: those of the folders that hold a template."""
    return having("template")


def learn_words() -> None:
    """Put what people read of the questions where everybody looks it up."""
    for name in sorted(names()):
        catalogue.learn(import_module(f"{__name__}.{name}.words").WORDS)


learn_words()
