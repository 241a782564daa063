"""Write a long log straight into a file, in constant memory and without the models' checks."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import rfc8785

from cleanroom.audit.bundle import Bundle
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import NOTHING_BEFORE, STATEMENT_DOMAIN
from protocols import checkpoint as notes
from protocols import merkle
from protocols.signing import SigningKey
from tests.cleanroom.audit.scene import RoomLog, digest, key


def canonical(value: Any) -> bytes:
    """Write canonical JSON, for values without fractions."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


class LongLog(RoomLog):
    """A log whose entries go into a file; of the tree only the frontier is kept."""

    def write_to(self, path: Path) -> None:
        self.frontier = merkle.Frontier()
        self.file = path.open("wb")
        self.facts: dict[str, Any] = {}
        self.keys: dict[str, SigningKey] = {}

    def add(self, kind: str, actor: str = "mediator", **fields: Any) -> Any:
        self.time += 250
        entry = {
            "index": self.frontier.size,
            "time": self.time,
            "room": self.room,
            "kind": kind,
            "actor": actor,
            "outcome": "accepted",
            "rule": None,
            "detail": None,
            "statement": None,
            "facts": {},
        }
        write = canonical if self.facts else rfc8785.dumps
        leaf = write(entry | fields)
        self.file.write(leaf + b"\n")
        self.frontier.append(merkle.leaf_hash(leaf))

    def say(self, party: str, kind: str, body: dict[str, Any], **facts: Any) -> Any:
        sequence, previous = self.chains.get(party, (0, NOTHING_BEFORE))
        statement = {
            "room": self.room,
            "party": party,
            "kind": kind,
            "sequence": sequence,
            "previous": previous,
            "body": body,
        }
        signer = self.keys.setdefault(party, key(party))
        write = canonical if self.facts else rfc8785.dumps
        signature = b64encode(signer.sign(STATEMENT_DOMAIN, write(statement))).decode()
        signed = {"statement": statement, "signature": signature}
        self.chains[party] = (sequence + 1, hashlib.sha256(write(signed)).hexdigest())
        self.add(kind, party, statement=signed, facts=facts)

    def note(self, *_: Any, **__: Any) -> str:
        origin = f"{self.agreement.origin}/{self.room}"
        head = notes.Checkpoint(origin, self.frontier.size, self.frontier.root())
        return notes.sign(head, self.mediator)

    def quick(self, job: JobDocument) -> None:
        """Take a job from its question to its receipt; all jobs have the first one's facts."""
        if not self.facts:
            self.facts = json.loads(rfc8785.dumps(self.submit(job)))
        else:
            named = {"job": job.identity()}
            self.say("acme", "job.submit", {"job": job.to_json()}, **self.facts | named)
        identity = job.identity()
        approval = {"job": identity, "messages": {}}
        for party in ("acme", "telco"):
            self.say(party, "job.approve", approval, job=identity, state="STARTED")
        release = digest(identity)
        kept = {name: self.facts[name] for name in ("k", "tau", "noise", "rho", "outputs")}
        people = {"people": digest("people"), "measures": None}
        counts = {"released": 2, "suppressed": 0}
        self.add(
            "job.release", facts=kept | people | counts | {"job": identity, "release": release}
        )
        for part in ("release", "people"):
            self.add("result.read", "acme", facts={"job": identity, "part": part})
        self.say("acme", "job.receipt", {"job": identity, "release": release})


def write_long_log(path: Path, entries: int) -> LongLog:
    """Write a ``.jsonl`` bundle of at least that many entries: jobs of nine entries each.

    Every job is vouched for by a party and looked at by the auditor; six of the nine entries are
    signed statements.
    """
    body = path.with_suffix(".entries")
    log = LongLog("none")
    log.write_to(body)
    log.open()
    log.upload()
    log.align()
    number = 0
    while log.frontier.size < entries:
        log.quick(log.document(f"job-{number}", measures=(), private=digest(str(number))))
        log.vouch(("acme", "telco")[number % 2])
        log.add("audit.read", "eve")
        number += 1
    log.file.close()
    memories = tuple(log.memory(party) for party in ("acme", "telco"))
    bundle = Bundle(log.room, log.agreement, log.note(), memories, tuple)
    with path.open("wb") as file, body.open("rb") as lines:
        file.write(rfc8785.dumps(bundle.head()) + b"\n")
        while chunk := lines.read(1 << 20):
            file.write(chunk)
    body.unlink()
    return log
