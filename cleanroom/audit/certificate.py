"""Write down what a mediator signed as deleted after people were erased, for whoever asks.

A certificate holds proofs alone: that the owner's statements and the mediator's entries are in the
log of one room, under heads that the mediator signed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from cleanroom.agent.http import Client
from cleanroom.audit.proofs import ask_entry, check_entry
from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure, Conflict
from protocols.checkpoint import Checkpoint

FORMAT: Final = "cleanroom/deletion-certificate/1"
STAYS: Final = "Answers that were released stay, and so does the log."


def make(
    client: Client, agreement: Agreement, erasure: str, datasets: Collection[str]
) -> dict[str, Any]:
    """Return the certificate of an erasure in one room; checked before it is given.

    Raises ``Conflict`` while the mediator has not signed for every version.
    """
    said = _covering(client, agreement, datasets, "dataset.erase")
    deleted = _covering(client, agreement, datasets, "data.delete")
    document = {
        "format": FORMAT,
        "mediator_key": agreement.mediator_key,
        "room": agreement.identity(),
        "erasure": erasure,
        "datasets": sorted(datasets),
        "stays": STAYS,
        "said": said,
        "deleted": deleted,
    }
    check(document)
    return document


def _covering(
    client: Client, agreement: Agreement, datasets: Collection[str], kind: str
) -> list[dict[str, Any]]:
    """Return a proof of each entry of a kind that names some of the versions, until all are."""
    room, left = agreement.identity(), set(datasets)
    found: set[int] = set()
    while left:
        one = min(left)
        entries = client.search(room, kind=kind, text=one, outcome="accepted")["entries"]
        named = [entry for entry in entries if one in _datasets(entry)]
        if not named:
            raise Conflict("the mediator has not signed yet what it deleted", rule="not-deleted")
        found.add(int(named[0]["index"]))
        left -= set(_datasets(named[0]))
    return [ask_entry(client, agreement, index) for index in sorted(found)]


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
            named = {one for proof in proofs for one in _datasets(proof["entry"])}
            if not wanted or not wanted <= named:
                raise AuditFailure("The certificate does not prove that all of it was deleted.")
        for proof in document["said"]:
            body = proof["entry"]["statement"]["statement"]["body"]
            if body["erasure"] != document["erasure"]:
                raise AuditFailure("The certificate holds the statement of another erasure.")
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
        raise AuditFailure("The certificate holds an entry of something else.")
    return heads


def _datasets(entry: dict[str, Any]) -> list[str]:
    said = entry["statement"]
    body = said["statement"]["body"] if said else entry["facts"]
    return [str(one) for one in body.get("datasets", ())]
