"""Turn a validated table into opaque rows and send them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cleanroom.agent import endings, erased, sealed_labels
from cleanroom.agent.home import read_document, write_json
from cleanroom.agent.rooms import Room
from cleanroom.agent.stages import domain_of, with_stages
from cleanroom.agent.tables import (
    holds_rows,
    load_columns,
    load_identifiers,
    load_people,
    load_table,
    save_table,
)
from cleanroom.agent.uploads import (
    Progress,
    drawn_order,
    flush_spool,
    open_spool,
    read_spool,
    rows_to_pad_with,
    send_rows,
    silent,
)
from cleanroom.documents.agreement import Card, MeasureTerms, RowEncryption
from cleanroom.documents.dataset import LabelColumn, Manifest
from cleanroom.errors import InvalidInput, NotFound, PeerFault
from cleanroom.ingest import Table
from cleanroom.room.encryption import Taken, of_rows
from cleanroom.room.members import partners
from cleanroom.room.policy import check_manifest
from protocols.labels import pseudonyms
from protocols.limits import PSEUDONYM_BYTES, padded_size
from protocols.strings import PackedStrings

if TYPE_CHECKING:
    from cleanroom.ingest.spec import DatasetSpec

SPOOLED = "spooled.json"
"""Says in a dataset's folder that its encrypted rows lie there whole."""
SEALED = "sealed.json"
"""Says in a dataset's folder that the mediator took it."""


@dataclass(frozen=True)
class Shape:
    """What a version's manifest takes from how its file is described, and not from its rows."""

    kind: Literal["audience", "events"]
    profiles: tuple[str, ...]
    measures: tuple[MeasureTerms, ...]

    @classmethod
    def of(cls, spec: DatasetSpec) -> Shape:
        """Take it from a room file."""
        return cls(spec.kind, spec.profiles, measure_terms(spec))

    @classmethod
    def of_version(cls, manifest: Manifest) -> Shape:
        """Take it from an earlier version."""
        return cls(manifest.kind, manifest.profiles, manifest.measures)


@dataclass(frozen=True)
class LocalDataset:
    """A dataset version as its owner keeps it."""

    room: Room
    manifest: Manifest

    @property
    def folder(self) -> Path:
        """Return the folder of the dataset."""
        return self.room.home.folder(self.room.identity, "datasets", self.manifest.identity())

    def table(self) -> Table:
        """Return the table behind the upload."""
        return load_table(self.room.home.vault, self.folder / "table")

    def columns(self) -> Table:
        """Return the table without people and their values: quick, whatever these are."""
        return load_columns(self.room.home.vault, self.folder / "table")

    def people(self) -> PackedStrings:
        """Return the distinct identifiers behind the upload, without the rest of the table."""
        return load_people(self.room.home.vault, self.folder / "table")

    def identifiers(self) -> npt.NDArray[np.int64] | None:
        """Return which of ``people`` each row has, (rows, kinds); None where it has one."""
        return load_identifiers(self.room.home.vault, self.folder / "table")

    @property
    def row_width(self) -> int:
        """Return the bytes of an uploaded row."""
        return self.manifest.row_width(self.room.agreement.policy.paillier_bits // 4)

    def order(self) -> npt.NDArray[np.int64]:
        """Return the table row at each uploaded place; numbers past the table are padding."""
        return self.room.home.vault.read_arrays(self.folder / "order")["order"]

    def domains(self) -> dict[str, dict[str, str]]:
        """Return, per label column, the label behind each pseudonym."""
        found: dict[str, dict[str, str]] = json.loads(
            self.room.home.vault.read(self.folder / "domains")
        )
        return found


def local(room: Room, dataset: str) -> LocalDataset:
    """Return an own dataset by identifier; raise ``NotFound`` if it is not this party's."""
    file = room.home.folder(room.identity, "datasets", dataset) / "manifest.json"
    if not file.exists():
        raise NotFound(f"{dataset} is not one of your datasets in this room.")
    return LocalDataset(room, read_document(file, Manifest))


def by_name(room: Room, party: str, name: str) -> dict[str, Any]:
    """Return the newest ready version of a dataset at the mediator."""
    found = [
        item
        for item in room.client.datasets(room.identity)
        if item["manifest"]["party"] == party
        and item["manifest"]["name"] == name
        and item["state"] == "READY"
    ]
    if not found:
        raise InvalidInput(f"{party} has no dataset {name} ready in this room.")
    newest = max(found, key=lambda item: item["manifest"]["version"])
    if Manifest.from_json(newest["manifest"]).identity() != newest["id"]:
        raise PeerFault("The mediator shows a different dataset under this identifier.")
    if party == room.own.name:
        _check_newest(room, name, newest["manifest"]["version"])
    return newest


def peer_manifest(room: Room, dataset: str) -> Manifest:
    """Return a dataset's manifest; raise ``PeerFault`` if it does not carry its own name."""
    return room.manifest(dataset)


def owner_of(room: Room, dataset: str) -> Card:
    """Return whose a dataset of another party is; of two parties there is only one."""
    if room.has_one_pair and room.own.has_data:
        return room.agreement.facing(room.own.name)[0]
    return room.member(peer_manifest(room, dataset).party)


def _check_newest(room: Room, name: str, version: int) -> None:
    """Raise ``PeerFault`` if this party sent a later version and did not withdraw it.

    People may be missing from it who want to be: a mediator must not bring an older one back.
    """
    for file in (room.folder / "datasets").glob(f"*/{SEALED}"):
        later = local(room, file.parent.name).manifest
        ended = endings.ended(room.home, room.identity, "dataset", later.identity())
        if later.name == name and later.version > version and not ended:
            raise PeerFault(f"The mediator does not show version {later.version} of {name}.")


def upload(
    room: Room,
    name: str,
    spec: DatasetSpec,
    table: Table,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> str:
    """Prepare, encrypt, spool and send a file's dataset; return its identifier.

    An upload of the very same rows that was cut off is gone on with: nothing is encrypted again.
    """
    if not room.agreement.rehearsal:
        check_declared(name, spec, {one: found.domain for one, found in table.labels.items()})
    return send_version(room, name, Shape.of(spec), table, executor, progress)


def send_version(
    room: Room,
    name: str,
    shape: Shape,
    table: Table,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> str:
    """Send the next version of a dataset, without those who were erased; as ``upload`` does."""
    with erased.steady(room.home):
        table = with_stages(erased.without(room.home, table))
        dataset = unfinished(room, name, table) or prepare(room, name, shape, table)
        if not (dataset.folder / SPOOLED).exists():
            encrypt(dataset, table, executor, progress)
            write_json(dataset.folder / SPOOLED, {"rows": dataset.manifest.rows})
        return send(dataset, progress)


def check_declared(name: str, spec: DatasetSpec, domains: Mapping[str, Iterable[str]]) -> None:
    """Refuse labels whose values are those that happen to occur: their number is public."""
    if spec.undeclared:
        line = spec.domains_line(domains)
        raise InvalidInput(
            f"{name} does not declare the values of {', '.join(spec.undeclared)}: in a live room"
            " others would see how many occur.",
            remedy=f"Add this to its section, with every value that may ever occur: {line}",
        )


def unfinished(room: Room, name: str, table: Table) -> LocalDataset | None:
    """Return a dataset of that name and those very rows whose upload did not come to its end."""
    states = {item["id"]: item["state"] for item in room.client.datasets(room.identity)}
    for file in sorted((room.folder / "datasets").glob(f"*/{SPOOLED}")):
        dataset = local(room, file.parent.name)
        saved, state = dataset.folder / "table", states.get(file.parent.name, "UPLOADING")
        alike = (dataset.manifest.name, state) == (name, "UPLOADING")
        if alike and holds_rows(room.home.vault, saved, table):
            return dataset
    return None


def prepare(room: Room, name: str, shape: Shape, table: Table) -> LocalDataset:
    """Write the manifest and what stays at home; refuse what the agreement does not allow."""
    if not table.rows:
        raise InvalidInput(f"{name} has no usable rows.")
    peers = [room.member(one) for one in partners(room.agreement, room.own.name, name)]
    if not peers:
        raise InvalidInput(f"The agreement lets nobody's data be joined with {name}.")
    nonce, columns, domains = secrets.token_bytes(16), [], {}
    keys = sealed_labels.SharedKey.draw(room, peers, nonce)
    for column in table.labels:
        domain, shared = domain_of(table.labels[column].domain)
        key = keys.key if shared else room.home.label_key
        rows = pseudonyms(key, column, nonce, domain)
        hexes = tuple(row.tobytes().hex() for row in rows)
        columns.append(LabelColumn(name=column, domain=tuple(sorted(hexes)), shared=shared))
        domains[column] = dict(zip(hexes, domain, strict=True))
    taken = encryption_of(room.agreement.policy.rows, shape, padded_size(table.rows))
    manifest = Manifest(
        party=room.own.name,
        peer=peers[0].name,
        name=name,
        version=_next_version(room, name),
        kind=shape.kind,
        identifier_profile=shape.profiles[0],
        further_profiles=shape.profiles[1:],
        rows=padded_size(table.rows),
        people=padded_size(table.people_count),
        labels=tuple(columns),
        measures=shape.measures,
        encryption=taken.encryption if taken else "paillier",
        nonce=nonce.hex(),
        also=tuple(peer.name for peer in peers[1:]),
        label_keys=keys.sealed if any(column.shared for column in columns) else {},
    )
    check_manifest(room.agreement, manifest, room.own.name)
    dataset = LocalDataset(room, manifest)
    save_table(room.home.vault, dataset.folder / "table", table)
    room.home.vault.write(dataset.folder / "domains", json.dumps(domains).encode())
    write_json(dataset.folder / "manifest.json", manifest.to_json())
    return dataset


def encryption_of(
    allowed: Collection[RowEncryption], shape: DatasetSpec | Shape, rows: int
) -> Taken | None:
    """Return how the rows of a file will be encrypted; None for events and for no values."""
    if shape.kind == "events" or not shape.measures:
        return None
    return of_rows(allowed, rows)


def measure_terms(spec: DatasetSpec) -> tuple[MeasureTerms, ...]:
    """Return a file's measures as an agreement writes them: scaled integers."""
    return tuple(
        MeasureTerms(
            name=name,
            minimum=measure.scaled_min,
            maximum=measure.scaled_max,
            decimals=measure.decimals,
        )
        for name, measure in spec.measures.items()
    )


def _next_version(room: Room, name: str) -> int:
    versions = [
        item["manifest"]["version"]
        for item in room.client.datasets(room.identity)
        if (item["manifest"]["party"], item["manifest"]["name"]) == (room.own.name, name)
    ]
    return 1 + max(versions, default=0)


def encrypt(
    dataset: LocalDataset, table: Table, executor: Executor | None, progress: Progress
) -> None:
    """Spool the rows of an audience's upload."""
    if dataset.manifest.kind == "audience":
        order, spool = dataset.folder / "order", dataset.folder / "rows"
        spool_rows(dataset, table, order, spool, executor, progress)


def spool_rows(
    dataset: LocalDataset,
    table: Table,
    order_file: Path,
    spool_file: Path,
    executor: Executor | None,
    progress: Progress,
) -> None:
    """Spool an audience's rows in a fresh order: padded, pseudonyms and one ciphertext each.

    The order is kept in the vault, the table row at each place.
    """
    manifest, room = dataset.manifest, dataset.room
    room.home.vault.write_arrays(order_file, order=drawn_order(manifest.rows, dataset.folder))
    spool = open_spool(spool_file, manifest.rows, dataset.row_width)
    if not dataset.row_width:
        return
    order = room.home.vault.read_arrays(order_file)["order"]
    private = room.paillier() if manifest.ciphertexts else None
    _write_labels(dataset, table, order, spool)
    if private is None:
        flush_spool(spool)
        return
    values = row_values(table, manifest.rows)[order]
    start = 0
    profile = room.agreement.policy.paillier_profile
    for chunk in private.encrypt_chunks(values, secrets.token_bytes, executor, profile):
        spool[start : start + len(chunk), PSEUDONYM_BYTES * len(manifest.labels) :] = chunk
        start += len(chunk)
        progress("encrypt", start, manifest.rows)
    flush_spool(spool)


def row_values(table: Table, rows: int) -> npt.NDArray[np.int64]:
    """Return the packed row of each table row, shape (rows, slots); padding is all zero."""
    values = np.zeros((rows, 1 + len(table.measures)), dtype=np.int64)
    values[: table.rows, 0] = 1
    for slot, measure in enumerate(table.measures.values(), start=1):
        values[: table.rows, slot] = measure
    return values


def _write_labels(
    dataset: LocalDataset, table: Table, order: npt.NDArray[np.int64], spool: npt.NDArray[np.uint8]
) -> None:
    domains, columns = dataset.domains(), dataset.manifest.labels
    codes = [table.labels[column.name].codes for column in columns]
    like = rows_to_pad_with(codes, len(order) - table.rows) if columns else np.zeros(0, np.int64)
    for position, (column, code) in enumerate(zip(columns, codes, strict=True)):
        domain = table.labels[column.name].domain
        rows = sealed_labels.pseudonyms_of(domains[column.name], domain)
        padded = np.concatenate([code, code[like]])
        start = PSEUDONYM_BYTES * position
        spool[:, start : start + PSEUDONYM_BYTES] = rows[padded[order]]


def send(dataset: LocalDataset, progress: Progress = silent) -> str:
    """Declare, send and seal a prepared dataset; going on where an earlier try stopped."""
    manifest, room = dataset.manifest, dataset.room
    identity = manifest.identity()
    known = {item["id"]: item for item in room.client.datasets(room.identity)}
    if identity not in known:
        _create(dataset)
    if known.get(identity, {}).get("state") == "READY":
        return identity
    width = dataset.row_width
    rows = read_spool(dataset.folder / "rows", manifest.rows if width else 0, width)
    have = frozenset(room.client.dataset(identity)["chunks"])
    path = f"/v1/datasets/{identity}"
    finished = send_rows(room.client, f"{path}/chunks", rows, have, progress)
    body = {"dataset": identity, "upload": finished.to_json()}
    room.chain.say(f"{path}/seal", "dataset.seal", body)
    write_json(dataset.folder / SEALED, {})
    (dataset.folder / "rows").unlink(missing_ok=True)
    return identity


def withdraw(room: Room, identity: str) -> None:
    """Take a dataset back: the mediator deletes its rows, and running jobs on it end."""
    path = f"/v1/datasets/{identity}/withdraw"
    room.chain.say(path, "dataset.withdraw", {"dataset": identity})


def _create(dataset: LocalDataset) -> None:
    manifest, room = dataset.manifest, dataset.room
    dictionary = sealed_labels.dictionary(room, manifest, dataset.domains())
    body = {"manifest": manifest.to_json(), "dictionary": dictionary.digest()}
    room.chain.say("/v1/datasets", "dataset.create", body, dictionary)
