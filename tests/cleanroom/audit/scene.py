"""Write a plausible log of one room, with real keys, real statements and the real tree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from cleanroom.audit.bundle import Bundle
from cleanroom.audit.memory import Memory, PartyMemory, sign_memory
from cleanroom.documents.agreement import (
    Agreement,
    Card,
    DatasetTerms,
    MeasureTerms,
    PaillierKey,
    Policy,
)
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.dataset import LabelColumn, Manifest, Upload
from cleanroom.documents.job import JobDocument
from cleanroom.documents.statement import (
    NOTHING_BEFORE,
    Entry,
    SignedStatement,
    Statement,
    sign_statement,
)
from cleanroom.privacy.accounting import Ledger
from cleanroom.room import periods
from cleanroom.room.jobs import Asked, public_facts
from protocols import checkpoint as notes
from protocols import merkle
from protocols.paillier import PrivateKey, generate
from protocols.signing import SigningKey

START = 1_790_000_000_000
EXPIRES = 1_900_000_000
SPEND = MeasureTerms(name="spend", minimum=0, maximum=100_000, decimals=2)
PROFILE = "email:uid2:v1"
BITS = 2048


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key(name: str) -> SigningKey:
    return SigningKey(hashlib.sha256(f"key of {name}".encode()).digest())


@cache
def modulus(name: str) -> PrivateKey:
    return generate(BITS, Random(name).randbytes)


def upload(chunks: int = 0, rows: int = 0) -> dict[str, Any]:
    return Upload(chunks=chunks, rows=rows, salt="0" * 32, commitment=digest("chunks")).to_json()


@dataclass
class RoomLog:
    """Write entries the way the mediator does, honestly or not."""

    noise: str = "discrete-gaussian"
    entries: list[Entry] = field(default_factory=list)
    chains: dict[str, tuple[int, str]] = field(default_factory=dict)
    mediator: SigningKey = field(default_factory=lambda: key("mediator"))
    rho_budget: float = 1.0
    jobs_max: int = 1_000_000
    periods: dict[str, Any] = field(default_factory=dict)
    """The fields of the policy that say them."""
    features: tuple[MeasureTerms, ...] = ()
    """Measures of the platform, for questions that take rows made for them alone."""

    def __post_init__(self) -> None:
        def card(name: str, role: Any) -> Card:
            raw = key(name).verifying_key.raw.hex()
            return Card(name=name, role=role, signing_key=raw, sealing_key="ab" * 32)

        terms = {"kind": "audience", "identifier_profile": PROFILE}
        self.agreement = Agreement(
            name="spring",
            rehearsal=self.noise == "none",
            nonce="0" * 32,
            origin="mediator.example",
            mediator_key=self.mediator.verifying_key.raw.hex(),
            members=(card("acme", "brand"), card("telco", "platform"), card("eve", "auditor")),
            datasets=(
                DatasetTerms(party="acme", name="crm", measures=(SPEND,), **terms),
                DatasetTerms(
                    party="telco", name="users", labels=("age",), measures=self.features, **terms
                ),
            ),
            templates=("overlap", "lookalike"),
            policy=Policy(
                k_min=10,
                expires=EXPIRES,
                noise=self.noise,
                jobs_max=self.jobs_max,
                rho_budget=self.rho_budget,
                paillier_bits=BITS,
                **self.periods,
            ),
        )
        self.room = self.agreement.identity()
        self.ledger = Ledger.of(self.rho_budget, self.agreement.policy.rho_lifetime)
        self.time = START

    def add(self, kind: str, actor: str = "mediator", **fields: Any) -> Entry:
        self.time += 250
        entry = Entry(
            index=len(self.entries),
            time=self.time,
            room=self.room,
            kind=kind,
            actor=actor,
            outcome=fields.pop("outcome", "accepted"),
            **fields,
        )
        self.entries.append(entry)
        return entry

    def sign(self, party: str, kind: str, body: dict[str, Any]) -> SignedStatement:
        sequence, previous = self.chains.get(party, (0, NOTHING_BEFORE))
        statement = Statement(
            room=self.room,
            party=party,
            kind=kind,
            sequence=sequence,
            previous=previous,
            body=body,
        )
        return sign_statement(statement, key(party))

    def say(self, party: str, kind: str, body: dict[str, Any], **facts: Any) -> Entry:
        signed = self.sign(party, kind, body)
        self.chains[party] = (signed.statement.sequence + 1, signed.digest())
        return self.add(kind, party, statement=signed, facts=facts)

    def refuse(self, party: str, kind: str, body: dict[str, Any], rule: str) -> Entry:
        signed = self.sign(party, kind, body)
        return self.add(kind, party, outcome="refused", rule=rule, detail="no", statement=signed)

    def paillier(self, name: str, **changes: str) -> dict[str, Any]:
        key = PaillierKey.of(modulus(name), self.room, name)
        return {**key.to_json(), **changes}

    def open(self) -> None:
        document = self.agreement.to_json()
        self.say("acme", "room.propose", {"agreement": document, "paillier": self.paillier("acme")})
        named = {"agreement": self.agreement.digest()}
        self.say("telco", "room.sign", {**named, "paillier": self.paillier("telco")})
        self.say("eve", "room.sign", {**named, "paillier": None})

    def upload(self) -> None:
        self.brand = Manifest(
            party="acme", peer="telco", name="crm", version=1, kind="audience",
            identifier_profile=PROFILE, rows=5000, people=5000, measures=(SPEND,), nonce="1" * 32,
        )  # fmt: skip
        self.platform = Manifest(
            party="telco", peer="acme", name="users", version=1, kind="audience",
            identifier_profile=PROFILE, rows=9000, people=9000, nonce="2" * 32,
            labels=(LabelColumn(name="age", domain=("0" * 16, "1" * 16)),), measures=self.features,
        )  # fmt: skip
        for manifest in (self.brand, self.platform):
            body = {"manifest": manifest.to_json(), "dictionary": ""}
            self.say(manifest.party, "dataset.create", body)
            body = {"dataset": manifest.identity(), "upload": upload(1, manifest.rows)}
            self.say(manifest.party, "dataset.seal", body)

    def proposal(self, nonce: str) -> AlignmentDocument:
        return AlignmentDocument(
            room=self.room,
            brand="acme",
            platform="telco",
            profile="dh",
            brand_datasets=(self.brand.identity(),),
            platform_datasets=(self.platform.identity(),),
            nonce=nonce,
        )

    def align(self, nonce: str = "3" * 32) -> str:
        document = self.proposal(nonce)
        named = {"alignment": document.identity(), "attempt": 1}
        self.say("acme", "alignment.propose", {"alignment": document.to_json()})
        for party in ("acme", "telco"):
            people = (self.brand if party == "acme" else self.platform).people
            self.say(party, "alignment.join", {**named, "count": people})
        for party in ("acme", "telco"):
            tokens = {f"{self.brand.identity()}/{self.platform.identity()}": upload(1, 9000)}
            body = {**named, "transcript": digest("t"), "tokens": tokens}
            self.say(party, "alignment.finish", body)
        self.alignment = document.identity()
        return self.alignment

    def document(self, name: str, measures: tuple[str, ...] = ("spend",), **more: Any) -> Any:
        given = {
            "room": self.room,
            "name": name,
            "template": "overlap",
            "alignment": self.alignment,
            "brand": self.brand.identity(),
            "platform": self.platform.identity(),
            "receiver": "brand",
            "submitter": "brand",
            "parameters": {"group_by": ["platform.age"], "measures": list(measures)},
        }
        return JobDocument(**{**given, **more})

    def asked(self, job: JobDocument) -> Asked:
        return Asked(job, self.agreement, self.brand, self.platform, 0)

    def submit(self, job: JobDocument, **changes: Any) -> dict[str, Any]:
        """Accept a job; return the facts of its entry."""
        asked = self.asked(job)
        policy = self.agreement.policy
        before = self.ledger.reach(periods.number(policy, self.time // 1000))
        self.ledger = before.charge(asked.charge.rho) if asked.charge.rho else before
        facts = public_facts(asked) | {
            "job": job.identity(),
            "left_before": before.left,
            "left_after": self.ledger.left,
            **periods.facts(policy, self.ledger.period),
        }
        self.say("acme", "job.submit", {"job": job.to_json()}, **{**facts, **changes})
        return facts

    def approve(self, job: JobDocument, party: str) -> None:
        side = "brand" if party == "acme" else "platform"
        messages = {kind: upload(1, 3) for kind in self.asked(job).shapes(side)}
        body = {"job": job.identity(), "messages": messages}
        self.say(party, "job.approve", body, job=job.identity(), state="STARTED")

    def release(self, job: JobDocument, **changes: Any) -> str:
        facts = public_facts(self.asked(job))
        kept = {name: facts[name] for name in ("k", "tau", "noise", "rho", "outputs")}
        release = digest(f"release of {job.name}")
        kept |= {
            "job": job.identity(),
            "release": release,
            "released": 2,
            "suppressed": 0,
            "people": digest("people"),
            "measures": digest("measures") if facts["slots"] else None,
        }
        self.add("job.release", facts={**kept, **changes})
        return release

    def run(self, job: JobDocument) -> None:
        """Take a job from its question to its receipt."""
        self.submit(job)
        self.approve(job, "acme")
        self.approve(job, "telco")
        release = self.release(job)
        receiver = "acme" if job.receiver == "brand" else "telco"
        measures = ("spend",) if job.parameters["measures"] else ()
        for part in ("release", "people"):
            self.add("result.read", receiver, facts={"job": job.identity(), "part": part})
        if measures:
            self.add("result.read", "acme", facts={"job": job.identity(), "part": "measures"})
        if measures and receiver == "telco":
            body = {
                "job": job.identity(),
                "step": "decrypted",
                "messages": {"decrypted": upload(1, 9)},
            }
            self.say("acme", "job.step", body)
        self.say(receiver, "job.receipt", {"job": job.identity(), "release": release})

    def vouch(self, party: str) -> None:
        note = notes.cosign(self.note(), party, key(party), self.time // 1000)
        self.say(party, "audit.cosign", {"checkpoint": note}, size=notes.parse(note)[0].size)

    @property
    def leaves(self) -> list[bytes]:
        return [entry.canonical() for entry in self.entries]

    def note(self, leaves: list[bytes] | None = None, size: int | None = None) -> str:
        """Sign a head over these leaves, as only the mediator can."""
        leaves = (self.leaves if leaves is None else leaves)[:size]
        root = merkle.root(merkle.leaf_hash(leaf) for leaf in leaves)
        origin = f"{self.agreement.origin}/{self.room}"
        return notes.sign(notes.Checkpoint(origin, len(leaves), root), self.mediator)

    def memory(self, party: str, note: str | None = None) -> PartyMemory:
        sequence, previous = self.chains.get(party, (0, NOTHING_BEFORE))
        memory = Memory(
            room=self.room,
            party=party,
            sequence=sequence,
            previous=previous,
            checkpoint=note or self.note(),
        )
        return sign_memory(memory, key(party))

    def bundle(self, *parties: str) -> Bundle:
        leaves = self.leaves
        memories = tuple(self.memory(party) for party in parties or ("acme", "telco"))
        hashes = tuple(merkle.leaf_hash(leaf) for leaf in leaves)
        return Bundle(
            self.room, self.agreement, self.note(leaves), memories, lambda: leaves, hashes
        )


def whole_log(noise: str = "discrete-gaussian") -> RoomLog:
    """A room with three jobs, a refusal, a failed job, vouchers and an auditor who looked."""
    log = RoomLog(noise)
    log.open()
    log.upload()
    log.align()
    log.run(log.document("overlap"))
    log.vouch("acme")
    log.refuse("acme", "job.submit", {"job": {"template": "unknown"}}, "template-not-allowed")
    log.add("audit.read", "eve")
    log.vouch("telco")
    log.run(log.document("for-them", receiver="platform"))
    failing = log.document("failing", measures=())
    log.submit(failing)
    log.approve(failing, "telco")
    refusal = {"rule": "refused-by-person", "reason": "no"}
    log.say("acme", "job.refuse", {"job": failing.identity(), **refusal})
    again = log.document("again", measures=())
    log.submit(again)
    log.approve(again, "telco")
    log.approve(again, "acme")
    log.add("job.fail", rule="rows-invalid", detail="no", facts={"job": again.identity()})
    log.run(log.document("people", measures=()))
    repeated = log.document("the-same", measures=())
    known = log.document("people", measures=()).identity()
    log.say("acme", "job.submit", {"job": repeated.to_json()}, job=known, repeated=True)
    log.vouch("eve")
    return log
