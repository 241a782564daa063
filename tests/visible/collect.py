"""Collect, from the code itself, the name of everything that others can see of a side."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from cleanroom.documents.agreement import Agreement
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Dictionary, LabelColumn, Manifest, SealedLabel, Upload
from cleanroom.documents.delegation import Behalf, Covered, Delegation
from cleanroom.documents.job import JobDocument, Joined
from cleanroom.documents.payloads import BODIES, BY_A_PERSON, REFUSALS
from cleanroom.documents.release import (
    ReleasedCell,
    ReleasedLabel,
    ReleaseDocument,
    SuppressionRule,
)
from cleanroom.documents.serving import Publication
from cleanroom.documents.standing import Line, Run, StandingDocument
from cleanroom.documents.statement import Kind, MediatorKind
from cleanroom.mediator.job_rows import OF_THE_MEDIATOR
from cleanroom.room.jobs import MESSAGE_KINDS
from cleanroom.room.states import (
    AlignmentState,
    AmendmentState,
    DatasetState,
    JobState,
    RoomState,
    StandingState,
)

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    Manifest, LabelColumn, Upload, Dictionary, SealedLabel, AlignmentDocument, JobDocument, Joined,
    ReleaseDocument, ReleasedCell, ReleasedLabel, SuppressionRule, Publication, Delegation, Covered,
    Behalf, StandingDocument, Line, Run,
)  # fmt: skip
VIEWS = {
    "job": ("mediator/job_rows.py", "view"),
    "message": ("mediator/job_rows.py", "_messages"),
    "preview": ("mediator/jobs.py", "preview"),
    "event": ("mediator/jobs.py", "events"),
    "dataset": ("mediator/datasets.py", "_view"),
    "alignment": ("mediator/alignment_rows.py", "view"),
    "room": ("mediator/rooms.py", "_view"),
    "delegation": ("mediator/delegations.py", "view"),
    "serving": ("mediator/serving.py", "_view"),
    "tally": ("mediator/serving.py", "_waiting"),
    "standing": ("mediator/standing.py", "view"),
    "budget": ("mediator/budgets.py", "show"),
    "ledger": ("mediator/budgets.py", "_view"),
    "work": ("mediator/work.py", None),
    "problem": ("mediator/jobs_end.py", "fail"),
    "refusal": ("mediator/approvals.py", "refuse"),
}
NOTED = {
    "plan": ("room/jobs.py", "public_facts"),
    "charged": ("room/periods.py", "facts"),
    "sums": ("mediator/opening.py", "facts"),
    "announced": ("room/standing.py", "facts"),
    "release": ("mediator/releases.py", "facts"),
    "asked": ("mediator/jobs.py", "submit"),
    "left": ("room/periods.py", "left"),
    "ended": ("mediator/jobs_end.py", "fail"),
    "deleted": ("mediator/deletions.py", "_sign"),
    "read": ("mediator/results.py", None),
}


def statements() -> set[str]:
    """Return every kind of statement with every field of its body."""
    assert set(BODIES) == set(get_args(Kind))
    return {f"{kind}.{name}" for kind, body in BODIES.items() for name in body.model_fields}


def documents() -> set[str]:
    """Return every field of the documents inside statements and answers, but the agreement's."""
    assert Agreement not in DOCUMENTS, "everybody signs it, so nothing in it is of one side"
    return {f"{one.__name__}.{name}" for one in DOCUMENTS for name in one.model_fields}


def entries() -> set[str]:
    """Return the kinds of the mediator's own entries and what their facts are called."""
    found = set(get_args(MediatorKind))
    return found | {f"{what}.{name}" for what, place in NOTED.items() for name in _keys(*place)}


def answers() -> set[str]:
    """Return the fields of what the service shows of rooms, datasets, alignments and jobs."""
    return {f"{what}.{name}" for what, place in VIEWS.items() for name in _keys(*place)}


def messages() -> set[str]:
    """Return every kind of message that a job may carry, of a party or of the mediator."""
    return {*MESSAGE_KINDS, *OF_THE_MEDIATOR}


def states() -> set[str]:
    """Return every state that others see."""
    kinds = {
        "job": JobState,
        "dataset": DatasetState,
        "alignment": AlignmentState,
        "room": RoomState,
        "amendment": AmendmentState,
        "standing": StandingState,
    }
    return {f"{what}.{state}" for what, kind in kinds.items() for state in kind}


def refusals() -> set[str]:
    """Return the rules that an agent may give, and every rule that the code can refuse by."""
    found = {*REFUSALS, BY_A_PERSON}
    for file in (ROOT / "cleanroom").rglob("*.py"):
        found |= set(_rules(ast.parse(file.read_text("utf-8"))))
    return found


def _keys(file: str, function: str | None) -> set[str]:
    """Return the keys of the dictionaries that a function, or a whole file, writes down."""
    tree: ast.AST = ast.parse((ROOT / "cleanroom" / file).read_text("utf-8"))
    if function is not None:
        defined = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == function
        ]
        assert defined, f"{file} has no {function}"
        tree = ast.Module([*defined], [])
    return {
        str(key.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    }


RAISED = {"PolicyRefusal": 1, "Conflict": 1, "refuse_unless": 2, "_refuse": 1, "want_kind": 3}
"""Calls that name a rule, and its place among the arguments."""


def _rules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        named: list[Any] = [word.value for word in node.keywords if word.arg == "rule"]
        place = RAISED.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
        if place is not None and len(node.args) > place:
            named.append(node.args[place])
        yield from filter(None, map(_text, named))


def _text(node: Any) -> str:
    """Return a rule as it is written, with a star for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "*" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
