"""Stand where the mediator's HTTP service stands: keep what two agents send, hand it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cleanroom.documents.dataset import Manifest


@dataclass
class Desk:
    """Keep what the agents send, by path and sender."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    said: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    dictionaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    alignments: dict[str, dict[str, Any]] = field(default_factory=dict)
    proposals: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, bytes] = field(default_factory=dict)
    release: dict[str, Any] = field(default_factory=dict)

    def whole(self, prefix: str, party: str) -> bytes:
        """Join the chunks below a path."""
        numbers = [
            int(path.rsplit("/", 1)[1])
            for path, sender in self.blobs
            if sender == party and path.rsplit("/", 1)[0] == prefix
        ]
        return b"".join(self.blobs[f"{prefix}/{number}", party] for number in sorted(numbers))

    def publish(self, job: str, kind: str, rows: Any) -> None:
        """Hand something of the mediator's own to a party, as one chunk."""
        self.blobs[f"/v1/jobs/{job}/messages/{kind}/0", "mediator"] = bytes(rows)
        upload = {kind: {"chunks": 1}}
        self.said.append(("mediator", "handed", {"job": job, "messages": upload}))

    def uploads(self, kind: str) -> dict[str, Any]:
        """Return the newest statement of a kind per party."""
        return {party: body for party, said, body in self.said if said == kind}


class Window:
    """Serve one party at the desk, with the methods of ``cleanroom.agent.http.Client``."""

    def __init__(self, desk: Desk, party: str) -> None:
        self._desk = desk
        self._party = party

    def say(self, path: str, signed: Any, attachment: Any = None) -> dict[str, Any]:
        statement = signed.statement
        self._desk.said.append((self._party, statement.kind, statement.body))
        if statement.kind == "dataset.create":
            identity = Manifest.from_json(statement.body["manifest"]).identity()
            self._desk.manifests[identity] = statement.body["manifest"]
            self._desk.dictionaries[identity] = attachment.to_json()
        answer = {"log_index": len(self._desk.said), "checkpoint": "none"}
        if statement.kind == "alignment.join":
            body = statement.body
            shown = Window.alignment(self, body["alignment"])  # whatever a test shows instead
            counts = {self._party: body["count"]}
            answer["resource"] = {**shown, "attempt": body["attempt"], "counts": counts}
        return answer

    def put(self, path: str, data: bytes, **_query: Any) -> None:
        self._desk.blobs[path, self._party] = data

    def room(self, _room: str) -> dict[str, Any]:
        found = self._desk.statements.values()
        return {"signatures": [{"statement": statement} for statement in found]}

    def datasets(self, _room: str) -> list[dict[str, Any]]:
        return []

    def jobs(self, _room: str) -> list[dict[str, Any]]:
        return []

    def dataset(self, identity: str) -> dict[str, Any]:
        return {"manifest": self._desk.manifests[identity], "chunks": []}

    def alignment(self, identity: str) -> dict[str, Any]:
        document = self._desk.alignments[identity]
        return {
            "id": identity,
            "room": document["room"],
            "state": "PROPOSED",
            "attempt": 1,
            "document": document,
            "statement": self._desk.proposals[identity],
            "counts": {},
            "finished": [],
            "reason": None,
            "created": 0,
        }

    def job(self, identity: str) -> dict[str, Any]:
        messages = [
            {"kind": kind, "upload": upload}
            for _party, _said, body in self._desk.said
            if body.get("job") == identity
            for kind, upload in body.get("messages", {}).items()
        ]
        return {"messages": messages}

    def job_message(self, job: str, kind: str, chunk: int = 0) -> bytes:
        """Hand out what the other party sent, or the mediator made."""
        other, path = ("platform" if self._party == "brand" else "brand"), f"/v1/jobs/{job}"
        path = f"{path}/messages/{kind}/{chunk}"
        own = self._desk.blobs.get((path, "mediator"))
        return self._desk.blobs[path, other] if own is None else own

    def result_release(self, _job: str) -> dict[str, Any]:
        return self._desk.release

    def result_bytes(self, _job: str, part: str) -> bytes:
        return self._desk.results[part]
