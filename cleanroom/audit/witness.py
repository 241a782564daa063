"""Keep the last head of a log that was seen, and accept the next only as its continuation.

Whoever does this cannot be shown two logs.  What was seen is on disk before anything rests on it,
so a crash never makes a witness forget, and the file is locked, so two processes of one home see
one log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanroom.documents.agreement import Agreement
from cleanroom.errors import AuditFailure
from cleanroom.files import held, write_file
from protocols import checkpoint as notes
from protocols import merkle
from protocols.checkpoint import Checkpoint
from protocols.errors import InvalidKeyError, InvalidProofError
from protocols.signing import VerifyingKey

GetProof = Callable[[int, int], Sequence[str]]
"""Return the mediator's proof that one size of the log begins with another, hex hashes."""


@dataclass(frozen=True)
class Witness:
    """Watch one room's log; ``folder`` is the room's folder in a party's home."""

    folder: Path

    def note(self) -> str | None:
        """Return the last signed head that was accepted, None before the first."""
        file = self.folder / "checkpoint"
        return file.read_bytes().decode() if file.exists() else None

    def see(self, agreement: Agreement, fetch: Callable[[], str], prove: GetProof) -> Checkpoint:
        """Fetch the newest head and accept it, under the lock; a smaller one is a rollback."""
        with self._locked():
            return self._accept(agreement, fetch(), prove, newest=True)

    def accept(self, agreement: Agreement, note: str, prove: GetProof) -> Checkpoint:
        """Accept a head that came with an answer; an older one of the same log changes nothing.

        Raises:
            AuditFailure: for a head that the mediator did not sign, or one that cannot be joined
                to what was seen.  The two heads are then kept as evidence.
        """
        with self._locked():
            return self._accept(agreement, note, prove, newest=False)

    def _accept(self, agreement: Agreement, note: str, prove: GetProof, newest: bool) -> Checkpoint:
        head = verified(agreement, note)
        known = self.note()
        if known is not None:
            self._join(verified(agreement, known), known, head, note, prove, newest)
        if known is None or head.size > notes.parse(known)[0].size:
            write_file(self.folder / "checkpoint", note.encode())
        return head

    def _join(
        self,
        seen: Checkpoint,
        known: str,
        head: Checkpoint,
        note: str,
        prove: GetProof,
        newest: bool,
    ) -> None:
        if newest and head.size < seen.size:
            self._keep(known, note, [])
            raise AuditFailure(f"The log went back from {seen.size} entries to {head.size}.")
        first, second = sorted((seen, head), key=lambda one: one.size)
        proof = [] if first.size == second.size else list(prove(first.size, second.size))
        try:
            check_consistency(first, second, proof)
        except AuditFailure:
            evidence = self._keep(known, note, proof)
            raise AuditFailure(
                f"The log of {second.size} entries does not continue the one of {first.size} "
                f"that was shown before; both signed heads are kept in {evidence.name}."
            ) from None

    def _keep(self, known: str, note: str, proof: Sequence[str]) -> Path:
        """Store two heads that do not fit, under a name that no later pair overwrites."""
        number = len(list(self.folder.glob("conflict-*.json")))
        file = self.folder / f"conflict-{number}.json"
        document: dict[str, Any] = {"seen": known, "shown": note, "proof": list(proof)}
        write_file(file, json.dumps(document, indent=1).encode())
        return file

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with held(self.folder / "checkpoint.lock"):
            yield


def verified(agreement: Agreement, note: str) -> Checkpoint:
    """Return a head that the agreement's mediator signed for the agreement's room."""
    try:
        key = VerifyingKey(bytes.fromhex(agreement.mediator_key))
        head = notes.verify(note, origin(agreement), key)
    except (InvalidProofError, InvalidKeyError) as error:
        raise AuditFailure(f"The checkpoint: {error}.") from None
    if head.size == 0:
        raise AuditFailure("The checkpoint is of an empty log, which no room has.")
    return head


def origin(agreement: Agreement) -> str:
    """Return the name of a room's log, which begins its checkpoints."""
    return f"{agreement.origin}/{agreement.identity()}"


def check_consistency(first: Checkpoint, second: Checkpoint, proof: Sequence[str]) -> None:
    """Raise ``AuditFailure`` unless the second tree begins with the first."""
    try:
        hashes = [bytes.fromhex(node) for node in proof]
        merkle.verify_consistency(first.size, first.root, second.size, second.root, hashes)
    except (InvalidProofError, ValueError) as error:
        raise AuditFailure(f"{error}") from None
