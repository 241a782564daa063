"""Tell whether a statement says nothing but what statements of its kind say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cleanroom.documents import payloads
from cleanroom.documents.document import Document
from cleanroom.documents.statement import MOST_BYTES, Statement
from cleanroom.errors import InvalidInput
from cleanroom.queries.registry import find_template
from cleanroom.room.jobs import MESSAGE_KINDS, STEPS
from protocols import checkpoint
from protocols.errors import InvalidProofError

_WITH_MESSAGES: Final = (payloads.JobApprove, payloads.JobRows, payloads.JobStep)


def is_plain(statement: Statement) -> bool:
    """Tell whether a statement is one of its kind, and short.

    All texts of such a one have their place in a document.  Parameters of no template, and names
    of messages that no question has, may be anything, a person's number too.
    """
    try:
        body = payloads.BODIES[statement.kind].from_json(statement.body)
        known = _has_known_names(body)
    except (InvalidInput, InvalidProofError):
        return False
    return known and len(statement.canonical()) <= MOST_BYTES


def _has_known_names(body: Document) -> bool:
    if isinstance(body, payloads.AuditCosign):
        checkpoint.parse(body.checkpoint)
    if isinstance(body, payloads.JobSubmit):
        return _are_of_template(body.job.template, body.job.parameters)
    if isinstance(body, payloads.StandingPropose):
        return _are_of_template(body.standing.template, body.standing.parameters)
    if isinstance(body, payloads.JobStep) and body.step not in STEPS:
        return False
    return not isinstance(body, _WITH_MESSAGES) or body.messages.keys() <= set(MESSAGE_KINDS)


def _are_of_template(name: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether there is a template with such parameters; ``InvalidInput`` if it has others."""
    template = find_template(name)
    if template is not None:
        template.read(parameters)
    return template is not None
