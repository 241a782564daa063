"""Write down what a mediator signed as deleted after people were erased, for whoever asks.

A certificate holds proofs alone: that the owner's statements and the mediator's entries are in the
log of one room, under heads that the mediator signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cleanroom.audit.proofs import check_entry
from cleanroom.errors import AuditFailure
from protocols.checkpoint import Checkpoint

FORMAT: Final = "cleanroom/deletion-certificate/1"
STAYS: Final = "Answers that were released stay, and so does the log."


def check(document: Any) -> list[Checkpoint]:
    """Return the signed heads under which a certificate's entries are.

    Raises ``AuditFailure`` unless it proves that its owner took all its versions back and that the
    mediator signed that it deleted each.
    """
    try:
        if document["format"] != FORMAT:
            raise AuditFailure("This is not a deletion certificate.")
        wanted = set(document["datasets"])
        heads = [_checked(document, kind, proofs) for kind, proofs in _parts(document)]
        for _, proofs in _parts(document):
            named = {one for proof in proofs for one in named_datasets(proof["entry"])}
            if not wanted or not wanted <= named:
                raise AuditFailure("The certificate does not prove that all of it was deleted.")
        for proof in document["said"]:
            body = proof["entry"]["statement"]["statement"]["body"]
            if body["erasure"] != document["erasure"]:
                raise AuditFailure("The certificate holds the statement of a different erasure.")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise AuditFailure("The deletion certificate is damaged.") from error
    return [head for some in heads for head in some]


def _parts(document: Any) -> list[tuple[str, Any]]:
    return [("dataset.erase", document["said"]), ("data.delete", document["deleted"])]


def _checked(document: Any, kind: str, proofs: Any) -> list[Checkpoint]:
    heads = [check_entry(proof) for proof in proofs]
    keys = {document["mediator_key"], *(proof["mediator_key"] for proof in proofs)}
    entries = [proof["entry"] for proof in proofs]
    same = all((one["kind"], one["room"]) == (kind, document["room"]) for one in entries)
    if not same or len(keys) != 1 or any(one["outcome"] != "accepted" for one in entries):
        raise AuditFailure("The certificate holds an entry about something else.")
    return heads


def named_datasets(entry: Mapping[str, Any]) -> list[str]:
    """Return the dataset versions that an entry takes back or signs as deleted."""
    said = entry["statement"]
    body = said["statement"]["body"] if said else entry["facts"]
    return [str(one) for one in body.get("datasets", ())]
