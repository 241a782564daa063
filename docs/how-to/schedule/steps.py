"""The steps of a nightly question, each one command of ``cleanroom``, for any scheduler.

The commands print one JSON document with ``--json`` and end with a code that says whether to try
again: 4 when the mediator or the peer could not be reached, any other when a person has to look.
``CLEANROOM_HOME``, ``CLEANROOM_PASSPHRASE`` and ``CLEANROOM_ROOM`` come from the environment of the
worker; the party's agent runs beside it.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

UNREACHABLE = 4


class RefusedError(Exception):
    """A person has to look: the input, the policy, the budget, or what was checked."""


class UnreachableError(Exception):
    """The mediator or the peer could not be reached; the same step may be repeated."""


def run(*words: str) -> Any:
    """Run a command and return its document; what it told on standard error is the reason."""
    done = subprocess.run(
        ["cleanroom", *words, "--json"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return json.loads(done.stdout)
    said = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
    kind = UnreachableError if done.returncode == UNREACHABLE else RefusedError
    raise kind(f"{words[0]} {words[1]} ended with {done.returncode}: {said}")


def refresh(*datasets: str) -> Any:
    """Send new versions of datasets; the agents align them if the agreement says so."""
    return run("dataset", "refresh", *datasets)


def ask(file: str, question: str) -> str:
    """Ask a question of a room file, wait for the answer, return the job's identifier.

    Repeated on the same versions of the data, it is the same question and costs nothing again.
    """
    answer = run("job", "ask", file, question, "--yes")
    return str(answer["receipt"]["job"])


def save(job: str, to: str, table: str) -> str:
    """Write the answer into a table of the warehouse, in the place of last night's."""
    run("job", "result", job, "--to", to, "--table", table, "--overwrite")
    return table
