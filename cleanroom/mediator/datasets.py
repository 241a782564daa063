"""Datasets: announce, upload chunk by chunk, seal, withdraw."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.dataset import Dictionary, Manifest
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, InvalidInput, NotFound
from cleanroom.mediator import deletions, statements, uploads
from cleanroom.mediator.context import Caller, Context, concerns, membership, owned
from cleanroom.mediator.dataset_rows import check_quota, check_rows, rows_stream
from cleanroom.mediator.pages import Page, page
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.mediator.taking_back import take_back
from cleanroom.room import policy
from cleanroom.room.states import DatasetState, move


class Datasets:
    """Serve the use cases of datasets."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def create(
        self, caller: Caller, signed: SignedStatement, attachment: dict[str, Any] | None
    ) -> Outcome:
        """Announce a dataset version; one without rows of its own is sealed with nothing.

        The dictionary is long, so it is read before the writer's turn; its refusal waits for it.
        """
        read: bytes | InvalidInput | None
        try:
            read = _read_dictionary(signed, attachment)
        except InvalidInput as refusal:
            read = refusal

        def apply(said: Said) -> Effect:
            body = payloads.DatasetCreate.from_json(said.body)
            manifest = body.manifest
            policy.check_manifest(said.place.agreement, manifest, said.party)
            _check_version(said, manifest)
            check_quota(said, self._context.settings.room_bytes, manifest)
            dataset = manifest.identity()
            if isinstance(read, InvalidInput):
                raise read
            if read is not None:
                self._context.blobs.write(f"datasets/{dataset}/dictionary", read)
            said.transaction.insert(
                "datasets",
                id=dataset,
                room=said.room,
                party=said.party,
                name=manifest.name,
                version=manifest.version,
                kind=manifest.kind,
                state=DatasetState.UPLOADING,
                manifest=manifest.canonical().decode(),
                dictionary=body.dictionary,
                created=said.now,
            )
            resource = _view(said.transaction, _row(said.transaction, dataset))
            return Effect(resource, status=201, location=f"/v1/datasets/{dataset}")

        return statements.state(self._context, caller, signed, "dataset.create", apply)

    def put_chunk(self, caller: Caller, dataset: str, number: int, data: bytes) -> bool:
        """Store rows of an own dataset; return False if they were there already."""
        with self._context.store.read() as transaction:
            row = _own(transaction, caller, dataset)
            _check_uploading(row)
            stream, key = rows_stream(transaction, row)
        stream.check_size(number, len(data))
        if key is not None:
            check_rows(key, stream, number, data)

        def check(transaction: Transaction) -> str:
            _check_uploading(found := _row(transaction, dataset))
            return str(found["room"])

        return uploads.put(self._context, stream, number, data, check)

    def seal(self, caller: Caller, dataset: str, signed: SignedStatement) -> Outcome:
        """Commit to the rows; from now on the dataset can be aligned."""

        def apply(said: Said) -> Effect:
            body = payloads.DatasetSeal.from_json(said.body)
            row = _named(said, dataset, body.dataset)
            stream, _ = rows_stream(said.transaction, row)
            state = move(DatasetState(row["state"]), DatasetState.READY)
            uploads.seal(said.transaction, stream, body.upload)
            said.transaction.update("datasets", {"id": dataset}, state=state)
            return Effect(_view(said.transaction, _row(said.transaction, dataset)))

        return statements.state(self._context, caller, signed, "dataset.seal", apply)

    def withdraw(self, caller: Caller, dataset: str, signed: SignedStatement) -> Outcome:
        """Take a dataset back: what runs on it fails, its rows and tokens are deleted."""

        def apply(said: Said) -> Effect:
            body = payloads.DatasetWithdraw.from_json(said.body)
            self._take_back(said, dataset, body.dataset, "withdrawn")
            return Effect(
                _view(said.transaction, _row(said.transaction, dataset)),
                afterwards=lambda: deletions.run(self._context, room=said.room),
            )

        return statements.state(self._context, caller, signed, "dataset.withdraw", apply)

    def erase(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Take back all versions at once in which people may be who asked to be erased."""

        def apply(said: Said) -> Effect:
            body = payloads.DatasetErase.from_json(said.body)
            for dataset in body.datasets:
                self._take_back(said, dataset, dataset, "erased")
            return Effect(
                {"erasure": body.erasure, "datasets": list(body.datasets)},
                afterwards=lambda: deletions.run(self._context, room=said.room),
            )

        return statements.state(self._context, caller, signed, "dataset.erase", apply)

    def _take_back(self, said: Said, path: str, dataset: str, why: str) -> None:
        row = _named(said, path, dataset)
        take_back(self._context, said.transaction, row, why, "dataset-withdrawn", said.now)

    def show(self, caller: Caller, dataset: str) -> dict[str, Any]:
        """Return a dataset of a room that the caller is a member of."""
        with self._context.store.read() as transaction:
            return _view(transaction, owned(transaction, caller, "datasets", dataset))

    def listing(self, caller: Caller, room: str, cursor: str | None) -> Page:
        """Return the datasets of a room."""
        with self._context.store.read() as transaction:
            member = membership(transaction, caller, room).member
            found = page(transaction, "datasets", cursor, room=room)
            return found.only(lambda row: concerns(row, member)).map(
                lambda row: _view(transaction, row)
            )


def _check_version(said: Said, manifest: Manifest) -> None:
    key: dict[str, Any] = {"room": said.room, "party": said.party, "name": manifest.name}
    versions = [row["version"] for row in said.transaction.find("datasets", **key)]
    expected = max(versions, default=0) + 1
    if manifest.version != expected:
        raise Conflict(f"the next version is {expected}", rule="dataset-version")


def _read_dictionary(signed: SignedStatement, attachment: dict[str, Any] | None) -> bytes | None:
    """Return the dictionary's canonical bytes if they are those that were signed.

    It explains each label that the manifest declares once at most, so its length is bounded
    before anything of it is looked at.
    """
    body = payloads.DatasetCreate.from_json(signed.statement.body)
    if attachment is None:
        if body.dictionary:
            raise InvalidInput("the dictionary is not attached")
        return None
    declared = {(one.name, value) for one in body.manifest.labels for value in one.domain}
    entries = attachment.get("entries")
    readers = body.manifest.peers if body.manifest.also else (None,)
    if isinstance(entries, list) and len(entries) > len(declared) * len(readers):
        raise InvalidInput("the dictionary has more entries than the dataset has labels")
    dictionary = Dictionary.from_json(attachment)
    canonical = dictionary.canonical()
    if not hmac.compare_digest(hashlib.sha256(canonical).hexdigest(), body.dictionary):
        raise InvalidInput("the dictionary is not the one that was signed")
    explained = {(entry.column, entry.pseudonym) for entry in dictionary.entries}
    addressed = {(entry.column, entry.pseudonym, entry.reader) for entry in dictionary.entries}
    if len(addressed) != len(dictionary.entries):
        raise InvalidInput("the dictionary explains a label twice")
    if not explained <= declared:
        raise InvalidInput("the dictionary explains a label that the dataset does not declare")
    if not {entry.reader for entry in dictionary.entries} <= set(readers):
        raise InvalidInput(
            "where the dataset has several peers, each entry names one of them as its reader"
        )
    return canonical


def _own(transaction: Transaction, caller: Caller, dataset: str) -> Row:
    """Return a dataset of the caller's own; the peer's is not found."""
    row = owned(transaction, caller, "datasets", dataset)
    if membership(transaction, caller, row["room"]).party != row["party"]:
        raise NotFound("not found among the datasets")
    return row


def _check_uploading(row: Row) -> None:
    if row["state"] != DatasetState.UPLOADING:
        raise Conflict(f"the dataset is {row['state']}", rule="dataset-state")


def _named(said: Said, path: str, body: str) -> Row:
    row = said.transaction.get("datasets", id=path, room=said.room, party=said.party)
    if row is None or path != body:
        raise NotFound("not found among the datasets")
    return row


def _row(transaction: Transaction, dataset: str) -> Row:
    row = transaction.get("datasets", id=dataset)
    if row is None:
        raise NotFound("not found among the datasets")
    return row


def _view(transaction: Transaction, row: Row) -> dict[str, Any]:
    stream = f"datasets/{row['id']}/rows"
    seal = uploads.sealed(transaction, stream)
    return {
        "id": row["id"],
        "room": row["room"],
        "state": row["state"],
        "manifest": json.loads(row["manifest"]),
        "dictionary": row["dictionary"],
        "chunks": uploads.numbers(transaction, stream),
        "commitment": seal["commitment"] if seal else None,
        "created": row["created"],
    }
