"""Make two parties, agree on a room between them, upload their data and join their people."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleanroom.agent import alignments, datasets
from cleanroom.agent.home import Home
from cleanroom.agent.rooms import Room
from cleanroom.agent.uploads import silent
from cleanroom.documents.agreement import SIDES, Agreement, DatasetTerms, Grant, PaillierKey, Policy
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.statement import (
    NOTHING_BEFORE,
    Kind,
    SignedStatement,
    Statement,
    sign_statement,
)
from cleanroom.ingest import Report, Table
from cleanroom.ingest.cost import estimate
from cleanroom.ingest.identified import Identified
from cleanroom.ingest.labels import LabelColumn
from cleanroom.ingest.spec import DatasetSpec
from protocols.paillier import PrivateKey, generate
from protocols.strings import PackedStrings
from tests.cleanroom.queries.desk import Desk, Window
from tests.draws import seeded

PROFILE = "raw:v1"
BITS = 1024
FOREVER = 4_000_000_000


class Measure(NamedTuple):
    """One measure: a scaled integer per row, and its declared range in the unit of the file."""

    values: Sequence[int]
    max: int
    min: int = 0
    decimals: int = 0


@dataclass(frozen=True)
class Data:
    """One party's file, as plain columns; times are microseconds since 1970, actions 1 = click.

    ``kinds`` are columns of identifiers by their profiles, None for none, instead of ``ids``.
    """

    kind: str
    ids: Sequence[str]
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    domains: Mapping[str, Sequence[str]] = field(default_factory=dict)
    time: Sequence[int] | None = None
    action: Sequence[int] | None = None
    kinds: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    clamped: Mapping[str, int] = field(default_factory=dict)


def audience(
    ids: Sequence[str],
    labels: Mapping[str, Sequence[str]] | None = None,
    measures: Mapping[str, Measure] | None = None,
    domains: Mapping[str, Sequence[str]] | None = None,
) -> Data:
    """Return an audience: one row per person; ``domains`` declares more labels than occur."""
    return Data("audience", ids, labels or {}, measures or {}, domains or {})


def events(
    ids: Sequence[str],
    seconds: Sequence[int],
    action: Sequence[int] | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    measures: Mapping[str, Measure] | None = None,
    domains: Mapping[str, Sequence[str]] | None = None,
) -> Data:
    """Return events: many rows per person, each at a time in Unix seconds."""
    moments = [1_000_000 * moment for moment in seconds]
    return Data("events", ids, labels or {}, measures or {}, domains or {}, moments, action)


@dataclass
class Signed:
    """A signed room with both datasets uploaded and aligned."""

    desk: Desk
    rooms: dict[str, Room]
    datasets: dict[str, str]
    alignment: str


@cache
def homes() -> tuple[tempfile.TemporaryDirectory[str], dict[str, Home]]:
    """Make both parties once; the folder goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="harness-")
    root = Path(folder.name)
    with seeded("homes"):
        made = {side: Home.create(root / side, "phrase", side, side, "none") for side in SIDES}
    return folder, made


@cache
def paillier(side: str, bits: int) -> PrivateKey:
    """Make one key per party and size."""
    with seeded(side):
        return generate(bits, secrets.token_bytes)


def sign_room(
    template: str,
    sides: Mapping[str, Data],
    grants: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Any] | None,
    policy: Mapping[str, Any],
) -> Signed:
    """Agree on a room, upload both datasets and join their people."""
    desk, made = Desk(), homes()[1]
    specs = {side: spec_of(data) for side, data in sides.items()}
    agreement = write_agreement(template, specs, grants, fields or {}, policy)
    rooms = {side: Room(made[side], Window(desk, side), agreement) for side in SIDES}
    for side, room in rooms.items():
        # What several tests share is made with the same draws again if a worker comes back to it.
        shutil.rmtree(room.folder, ignore_errors=True)
        _sign(desk, room, paillier(side, agreement.policy.paillier_bits))
    uploaded = {
        side: datasets.upload(rooms[side], "data", specs[side], table_of(sides[side]))
        for side in SIDES
    }
    return Signed(desk, rooms, uploaded, _align(desk, rooms, uploaded))


def write_agreement(
    template: str,
    specs: Mapping[str, DatasetSpec],
    grants: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Any],
    policy: Mapping[str, Any],
) -> Agreement:
    """Write an agreement that allows one template over the two datasets."""
    defaults = {
        "noise": "none",
        "k_min": 1,
        "rho_budget": 1000.0,
        "paillier_bits": BITS,
        "expires": FOREVER,
    }
    document = Agreement(
        name="test",
        rehearsal=True,
        nonce=secrets.token_hex(16),
        origin="test",
        mediator_key="00" * 32,
        members=tuple(home.card for home in homes()[1].values()),
        datasets=tuple(
            DatasetTerms(
                party=side,
                name="data",
                kind=spec.kind,
                identifier_profile=spec.profiles[0],
                further_profiles=spec.profiles[1:],
                labels=spec.labels,
                measures=datasets.measure_terms(spec),
            )
            for side, spec in specs.items()
        ),
        templates=(template,),
        policy=Policy.from_json({**defaults, **policy}),
        grants=tuple(Grant.from_json(dict(grant)) for grant in grants),
    )
    return document.model_copy(update=dict(fields))


def _sign(desk: Desk, room: Room, key: PrivateKey) -> None:
    room.home.vault.write(room.folder / "paillier", key.to_bytes())
    public = PaillierKey.of(key, room.identity, room.own.name)
    statement = Statement(
        room=room.identity,
        party=room.own.name,
        kind="room.sign",
        sequence=0,
        previous=NOTHING_BEFORE,
        body={"agreement": room.agreement.digest(), "paillier": public.to_json()},
    )
    desk.statements[room.own.name] = sign_statement(statement, room.home.signing).to_json()


def spec_of(data: Data) -> DatasetSpec:
    """Describe plain columns the way room.toml describes a file."""
    return DatasetSpec.model_validate(
        {
            "file": "data.csv",
            "kind": data.kind,
            "id": [{"column": profile, "profile": profile} for profile in data.kinds or [PROFILE]],
            "labels": tuple(data.labels),
            "domains": {
                name: tuple(sorted({*values, *data.domains.get(name, ())}))
                for name, values in data.labels.items()
            },
            "measures": {
                name: {"column": name, "min": m.min, "max": m.max, "decimals": m.decimals}
                for name, m in data.measures.items()
            },
            "time": "time" if data.time is not None else None,
            "action": {"column": "action", "click": "click", "view": "view"}
            if data.action is not None
            else None,
        }
    )


def table_of(data: Data) -> Table:
    """Put plain columns into the table that a file would give."""
    known = {value: place for place, value in enumerate(dict.fromkeys(data.ids))}
    people = PackedStrings.pack([value.encode() for value in known])
    named: dict[str, Any] = {"people": people, "values": people}
    person = np.array([known[value] for value in data.ids], dtype=np.int64)
    kept = np.arange(len(person))
    if data.kinds:
        spec = spec_of(data)
        texts = [[pa.array(one, pa.large_string())] for one in data.kinds.values()]
        found = Identified.find(spec, texts)
        named, person = found.columns(spec), found.people.person
        kept = found.people.first_rows() if data.kind == "audience" else np.arange(len(person))
    table = _whole(data, named, person)
    return table.only(np.isin(np.arange(len(person)), kept))


def _whole(data: Data, named: Mapping[str, Any], person: npt.NDArray[np.int64]) -> Table:
    labels = {}
    for name, values in data.labels.items():
        domain = tuple(sorted({*values, *data.domains.get(name, ())}))
        codes = np.array([domain.index(value) for value in values], dtype=np.int32)
        labels[name] = LabelColumn(codes, domain)
    rows = len(person)
    return Table(
        **named,
        person=person,
        labels=labels,
        measures={n: np.array(m.values, dtype=np.int64) for n, m in data.measures.items()},
        time=None if data.time is None else np.array(data.time, dtype=np.int64),
        action=None if data.action is None else np.array(data.action, dtype=np.uint8),
        report=Report(
            file="data.csv",
            unit="line",
            rows=rows,
            usable=rows,
            people=len(named["people"]),
            faults=(),
            duplicates=None,
            clamped=dict(data.clamped),
            domains={name: len(label.domain) for name, label in labels.items()},
            cost=estimate(rows, rows, len(labels), len(data.measures), 1),
        ),
    )


def proposed(room: Room, document: AlignmentDocument) -> SignedStatement:
    """Sign an alignment as its proposer does."""
    return said_first(room, "alignment.propose", {"alignment": document.to_json()})


def said_first(room: Room, kind: Kind, body: Mapping[str, Any]) -> SignedStatement:
    """Sign a statement of a party as the first that it makes in a room."""
    statement = Statement(
        room=room.identity,
        party=room.own.name,
        kind=kind,
        sequence=1,
        previous=NOTHING_BEFORE,
        body=dict(body),
    )
    return sign_statement(statement, room.home.signing)


def _align(desk: Desk, rooms: Mapping[str, Room], uploaded: Mapping[str, str]) -> str:
    """Give both sides the same T for the same person, and send the tokens of the audiences."""
    document = AlignmentDocument(
        room=rooms["brand"].identity,
        brand="brand",
        platform="platform",
        profile="ot",
        brand_datasets=(uploaded["brand"],),
        platform_datasets=(uploaded["platform"],),
        nonce=secrets.token_hex(16),
    )
    desk.alignments[document.identity()] = document.to_json()
    desk.proposals[document.identity()] = proposed(rooms["brand"], document).to_json()
    key = secrets.token_bytes(32)
    for side, room in rooms.items():
        alignment = alignments.LocalAlignment(room, document)
        people = datasets.local(room, uploaded[side]).table().people
        derived = b"".join(hashlib.blake2b(p, key=key, digest_size=32).digest() for p in people)
        file = alignment.folder / f"secrets-{uploaded[side]}"
        table = np.frombuffer(derived, dtype=np.uint8).reshape(-1, 32)
        room.home.vault.write_arrays(file, secrets=table)
        alignments._send(alignment, None, silent)
    return document.identity()
