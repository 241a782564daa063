"""A signature has one spelling: a mediator cannot make another statement of the same bytes."""

from __future__ import annotations

import base64
import json
import string

import pytest

from cleanroom.audit import verify_bundle
from cleanroom.audit.bundle import Bundle
from cleanroom.audit.failures import BadEntry
from cleanroom.documents.document import Document
from cleanroom.documents.statement import Entry, SignedStatement
from cleanroom.errors import InvalidInput
from tests.cleanroom.audit.scene import RoomLog, whole_log

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


@pytest.fixture(scope="module")
def log() -> RoomLog:
    return whole_log()


def said(log: RoomLog) -> tuple[Entry, SignedStatement]:
    """Return the first entry that somebody signed."""
    return next((entry, entry.statement) for entry in log.entries if entry.statement is not None)


def others(signature: str) -> list[str]:
    """Return the spellings of the same bytes that are not the encoder's."""
    at = LETTERS.index(signature[85])
    assert at % 16 == 0
    found = [f"{signature[:85]}{LETTERS[at + more]}==" for more in range(1, 16)]
    assert {base64.b64decode(one) for one in found} == {base64.b64decode(signature)}
    return found


def test_another_spelling_of_a_signature_is_none(log: RoomLog) -> None:
    signed: list[Document] = [said(log)[1], log.memory("acme")]
    for document in signed:
        value = document.to_json()
        assert type(document).from_json(value) == document
        for one in others(value["signature"]):
            with pytest.raises(InvalidInput, match="signature"):
                type(document).from_json(value | {"signature": one})


def test_a_log_with_another_spelling_blames_the_entry_and_not_the_party(log: RoomLog) -> None:
    entry, signed = said(log)
    leaves = list(log.leaves)
    spelling = others(signed.signature)[0].encode()
    leaves[entry.index] = leaves[entry.index].replace(signed.signature.encode(), spelling)
    assert json.loads(leaves[entry.index])["statement"]["signature"] == spelling.decode()
    forged = Bundle(log.room, log.agreement, log.note(leaves), (), lambda: leaves)
    with pytest.raises(BadEntry, match="form is not an entry's") as failure:
        verify_bundle(forged)
    assert failure.value.index == entry.index
