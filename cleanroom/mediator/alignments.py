"""Alignments: propose, join, finish, fail; the tokens that come out of them."""

from __future__ import annotations

from typing import Any

from cleanroom.documents import payloads
from cleanroom.documents.agreement import PartyRole
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.statement import SignedStatement
from cleanroom.errors import Conflict, InvalidInput, NotFound, PolicyRefusal
from cleanroom.mediator import alignment_rows as rows
from cleanroom.mediator import statements, uploads
from cleanroom.mediator.context import Caller, Context, concerns, membership, owned
from cleanroom.mediator.dataset_rows import check_quota, check_rows, rows_stream
from cleanroom.mediator.pages import Page, page
from cleanroom.mediator.ports import Row, Transaction
from cleanroom.mediator.statements import Effect, Outcome, Said
from cleanroom.room.alignments import check_alignment, check_count, check_join
from cleanroom.room.states import ATTEMPTS, AlignmentState, DatasetState, move
from protocols.paillier import PublicKey


class Alignments:
    """Serve the use cases of alignments."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def propose(self, caller: Caller, signed: SignedStatement) -> Outcome:
        """Propose to join datasets; every proposal counts against the room's cap."""

        def apply(said: Said) -> Effect:
            document = payloads.AlignmentPropose.from_json(said.body).alignment
            _check_document(said, document)
            named = (*document.brand_datasets, *document.platform_datasets)
            check_quota(said, self._context.settings.room_bytes, aligned=named)
            alignment = document.identity()
            if said.transaction.get("alignments", id=alignment):
                raise Conflict("the alignment was already proposed", rule="alignment-exists")
            said.transaction.insert(
                "alignments",
                id=alignment,
                room=said.room,
                state=AlignmentState.PROPOSED,
                attempt=1,
                document=document.canonical().decode(),
                statement=said.signed.canonical().decode(),
                brand=document.brand,
                platform=document.platform,
                created=said.now,
            )
            resource = rows.view(said.transaction, _row(said, alignment))
            return Effect(resource, status=201, location=f"/v1/alignments/{alignment}")

        return statements.state(self._context, caller, signed, "alignment.propose", apply)

    def join(self, caller: Caller, alignment: str, signed: SignedStatement) -> Outcome:
        """Take part in the present attempt; it runs once both sides do."""

        def apply(said: Said) -> Effect:
            body = payloads.AlignmentJoin.from_json(said.body)
            row, _ = _named(said, alignment, body.alignment, body.attempt)
            _check_state(row, AlignmentState.PROPOSED)
            check_join(said.place.agreement.policy, _own(said, row), body.count)
            key: dict[str, Any] = {"alignment": alignment, "attempt": body.attempt}
            if said.transaction.get("participations", **key, party=said.party):
                raise Conflict("this side has already joined", rule="joined")
            said.transaction.insert("participations", **key, party=said.party, people=body.count)
            if said.transaction.count("participations", **key) == 2:
                _move(said, row, AlignmentState.RUNNING)
            return Effect(rows.view(said.transaction, _row(said, alignment)))

        return statements.state(self._context, caller, signed, "alignment.join", apply)

    def put_tokens(
        self, caller: Caller, alignment: str, pair: tuple[str, str], number: int, data: bytes
    ) -> bool:
        """Store this side's tokens for a pair of audiences, in the order of its uploaded rows."""
        with self._context.store.read() as transaction:
            row, side = rows.of_caller(transaction, caller, alignment)
            if pair not in _audience_pairs(transaction, row):
                raise NotFound("the alignment has no such pair of audiences")
            stream = _tokens(transaction, row, side, pair)
        return self._put(caller, row, stream, number, data)

    def put_rows(
        self, caller: Caller, alignment: str, dataset: str, number: int, data: bytes
    ) -> bool:
        """Store an audience's rows in the order of this alignment, its first being another."""
        with self._context.store.read() as transaction:
            row, side = rows.of_caller(transaction, caller, alignment)
            stream, key = _rows(transaction, row, side, dataset)
        return self._put(caller, row, stream, number, data, key)

    def _put(
        self,
        caller: Caller,
        row: Row,
        stream: uploads.Stream,
        number: int,
        data: bytes,
        key: PublicKey | None = None,
    ) -> bool:
        stream.check_size(number, len(data))
        if key is not None:
            check_rows(key, stream, number, data)

        def check(transaction: Transaction) -> str:
            now, _ = rows.of_caller(transaction, caller, row["id"])
            _check_state(now, AlignmentState.RUNNING)
            if now["attempt"] != row["attempt"]:
                raise Conflict(f"the current attempt is {now['attempt']}", rule="attempt")
            return str(now["room"])

        return uploads.put(self._context, stream, number, data, check)

    def finish(self, caller: Caller, alignment: str, signed: SignedStatement) -> Outcome:
        """Seal this side's tokens; once both sides did, jobs may be asked."""

        def apply(said: Said) -> Effect:
            body = payloads.AlignmentFinish.from_json(said.body)
            row, side = _named(said, alignment, body.alignment, body.attempt)
            _check_state(row, AlignmentState.RUNNING)
            _seal_tokens(said, row, side, body)
            for dataset, upload in body.rows.items():
                uploads.seal(
                    said.transaction, _rows(said.transaction, row, side, dataset)[0], upload
                )
            key: dict[str, Any] = {"alignment": alignment, "attempt": body.attempt}
            said.transaction.update(
                "participations", {**key, "party": said.party}, transcript=body.transcript
            )
            done = said.transaction.find("participations", **key)
            if len({one["transcript"] for one in done} - {None}) > 1:
                raise Conflict("the two sides saw different transcripts", "transcript-differs")
            if not all(one["transcript"] for one in done):
                return Effect(rows.view(said.transaction, _row(said, alignment)))
            _move(said, row, AlignmentState.READY)
            folder = f"alignments/{alignment}/messages"
            return Effect(
                rows.view(said.transaction, _row(said, alignment)),
                afterwards=lambda: self._context.blobs.delete([folder]),
            )

        return statements.state(self._context, caller, signed, "alignment.finish", apply)

    def fail(self, caller: Caller, alignment: str, signed: SignedStatement) -> Outcome:
        """Give the attempt up; the next one starts with fresh secrets, the last one ends it."""

        def apply(said: Said) -> Effect:
            body = payloads.AlignmentFail.from_json(said.body)
            row, _ = _named(said, alignment, body.alignment, body.attempt)
            if row["state"] == AlignmentState.READY:
                raise Conflict("the alignment is READY", rule="alignment-state")
            if body.attempt >= ATTEMPTS:
                _move(said, row, AlignmentState.FAILED, body.reason)
            else:
                if row["state"] != AlignmentState.PROPOSED:
                    _move(said, row, AlignmentState.PROPOSED)
                said.transaction.update(
                    "alignments",
                    {"id": alignment},
                    attempt=body.attempt + 1,
                    reason=body.reason,
                )
            streams = rows.streams(row)
            for stream in streams:
                said.transaction.delete("chunks", stream=stream)
            folder = f"alignments/{alignment}/messages/{body.attempt}"
            return Effect(
                rows.view(said.transaction, _row(said, alignment)),
                afterwards=lambda: self._context.blobs.delete([folder, *streams]),
            )

        return statements.state(self._context, caller, signed, "alignment.fail", apply)

    def show(
        self, caller: Caller, alignment: str, state: str | None = None, wait: float = 0
    ) -> dict[str, Any]:
        """Return an alignment of a room that the caller is a member of.

        The answer is held back while the alignment is in ``state`` and at the same attempt.
        """

        def look() -> dict[str, Any]:
            with self._context.store.read() as transaction:
                return rows.view(transaction, owned(transaction, caller, "alignments", alignment))

        attempt = look()["attempt"] if state else 0

        def same(seen: dict[str, Any]) -> bool:
            return (seen["state"], seen["attempt"]) == (state, attempt)

        return self._context.watch(look, same, wait, caller)

    def listing(self, caller: Caller, room: str, cursor: str | None) -> Page:
        """Return the alignments of a room."""
        with self._context.store.read() as transaction:
            member = membership(transaction, caller, room).member
            found = page(transaction, "alignments", cursor, room=room)
            return found.only(lambda row: concerns(row, member)).map(
                lambda row: rows.view(transaction, row)
            )


def _check_document(said: Said, document: AlignmentDocument) -> None:
    if said.party not in (document.brand, document.platform):
        raise PolicyRefusal("the alignment is between other members", rule="other-party")
    policy = said.place.agreement.policy
    pair = (document.brand, document.platform)
    check_count(policy, rows.proposed(said.transaction, said.room, pair, policy, said.now))
    brand = [_ready(said, name, document.brand) for name in document.brand_datasets]
    platform = [_ready(said, name, document.platform) for name in document.platform_datasets]
    check_alignment(said.place.agreement, document, brand, platform)


def _ready(said: Said, dataset: str, owner: str) -> Manifest:
    row = said.transaction.get("datasets", id=dataset, room=said.room, party=owner)
    if row is None:
        raise NotFound(f"{owner} has no such dataset")
    if row["state"] != DatasetState.READY:
        raise Conflict(f"a dataset of {owner} is {row['state']}", rule="dataset-state")
    return Manifest.parse(row["manifest"])


def _own(said: Said, row: Row) -> list[Manifest]:
    """Return the manifests of the speaker's own datasets in an alignment."""
    names = rows.named(row, rows.side_of(row, said.party))
    return [_manifest(said.transaction, name) for name in names]


def _named(said: Said, path: str, body: str, attempt: int) -> tuple[Row, PartyRole]:
    """Return the alignment that path and statement name, and the speaker's side of it."""
    row = said.transaction.get("alignments", id=path, room=said.room)
    if row is None or path != body:
        raise NotFound("not found among the alignments")
    side = rows.side_of(row, said.party)
    if attempt != row["attempt"]:
        raise Conflict(f"the current attempt is {row['attempt']}", rule="attempt")
    return row, side


def _check_state(row: Row, wanted: AlignmentState) -> None:
    if row["state"] != wanted:
        raise Conflict(f"the alignment is {row['state']}", rule="alignment-state")


def _move(said: Said, row: Row, target: AlignmentState, reason: str | None = None) -> None:
    state = move(AlignmentState(row["state"]), target)
    said.transaction.update("alignments", {"id": row["id"]}, state=state, reason=reason)


def _row(said: Said, alignment: str) -> Row:
    row = said.transaction.get("alignments", id=alignment)
    if row is None:
        raise NotFound("not found among the alignments")
    return row


def _manifest(transaction: Transaction, dataset: str) -> Manifest:
    row = transaction.get("datasets", id=dataset)
    if row is None:
        raise NotFound("not found among the datasets")
    return Manifest.parse(row["manifest"])


def _audience_pairs(transaction: Transaction, row: Row) -> set[tuple[str, str]]:
    """Return the pairs that have tokens: those of two audiences."""
    document = rows.document_of(row)
    audiences = [
        [one for one in datasets if _manifest(transaction, one).kind == "audience"]
        for datasets in (document.brand_datasets, document.platform_datasets)
    ]
    return {(brand, platform) for brand in audiences[0] for platform in audiences[1]}


def _tokens(
    transaction: Transaction, row: Row, side: PartyRole, pair: tuple[str, str]
) -> uploads.Stream:
    own = pair[0] if side == "brand" else pair[1]
    name = rows.tokens_name(row["id"], row["attempt"], side, *pair)
    return rows.tokens_stream(name, _manifest(transaction, own))


def _rows(
    transaction: Transaction, row: Row, side: PartyRole, dataset: str
) -> tuple[uploads.Stream, PublicKey | None]:
    """Return where a side's audience goes once more; ``NotFound`` if no other alignment has it."""
    found = transaction.get("datasets", id=dataset, room=row["room"])
    others = any(
        dataset in rows.named(other)
        for other in transaction.find("alignments", room=row["room"])
        if other["id"] != row["id"]
    )
    if found is None or dataset not in rows.named(row, side) or not others:
        raise NotFound("the alignment takes no such rows")
    name = rows.rows_name(row["id"], row["attempt"], dataset)
    stream, key = rows_stream(transaction, found, name)
    if not stream.rows:
        raise NotFound("the rows of the dataset carry nothing")
    return stream, key


def _seal_tokens(said: Said, row: Row, side: PartyRole, body: payloads.AlignmentFinish) -> None:
    pairs = _audience_pairs(said.transaction, row)
    if set(body.tokens) != {f"{brand}/{platform}" for brand, platform in pairs}:
        raise InvalidInput("tokens are sealed for every pair of audiences and no other")
    for pair in pairs:
        stream = _tokens(said.transaction, row, side, pair)
        uploads.seal(said.transaction, stream, body.tokens["/".join(pair)])
