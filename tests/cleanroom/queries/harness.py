"""Ask one question in one process: real homes, real agents' code, the real engine, no network.

``desk.Desk`` stands where the mediator's HTTP service stands: it keeps what the two agents send and
hands it out again.  Everything else is what a room runs: datasets are prepared, encrypted and
spooled, tokens derived, approvals made, sums computed, decrypted and opened.

    answer = ask("overlap", {"group_by": ["platform.age"]}, audience(["a", "b"]),
                 audience(["b", "c"], labels={"age": ["old", "young"]}))
    answer.result["total"]["people"]
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from cleanroom.agent import approval, combination, decryption, job_rows, jobs, results, row_values
from cleanroom.agent.jobs import LocalJob
from cleanroom.documents.agreement import SIDES
from cleanroom.documents.release import (
    ReleasedCell,
    ReleasedLabel,
    ReleaseDocument,
    SuppressionRule,
)
from cleanroom.engine import hub, masked
from cleanroom.engine.combine import Accumulators, accumulate, counting_context, release_combined
from cleanroom.engine.layout import SideRows, audience_rows
from cleanroom.engine.release import Inputs, Release, Terms, compute_release
from cleanroom.mediator.gathered import label_fields, read_cells
from cleanroom.mediator.shares import draw
from cleanroom.queries.registry import template as found_template
from cleanroom.room.encryption import KINDS, WIDTHS
from protocols.limits import CELL_BYTES, TOKEN_BYTES, WHERE_BYTES
from tests.cleanroom.queries.desk import Desk
from tests.cleanroom.queries.room import (
    BITS,
    Data,
    Measure,
    Signed,
    audience,
    events,
    paillier,
    sign_room,
)

__all__ = ["Answer", "Data", "Measure", "ask", "audience", "by_key", "events", "plan"]


@dataclass
class Answer:
    """Everything that one question left behind."""

    brand: LocalJob
    platform: LocalJob
    receiver: LocalJob
    desk: Desk
    release: Release
    document: ReleaseDocument
    opened: Any
    result: dict[str, Any]


def ask(
    template: str,
    parameters: Mapping[str, Any],
    brand: Data,
    platform: Data,
    *,
    receiver: str = "brand",
    grants: Sequence[Mapping[str, Any]] = (),
    rho: float | None = None,
    agreement: Mapping[str, Any] | None = None,
    **policy: Any,
) -> Answer:
    """Ask a question in a rehearsal room and return the answer; raise what refuses it.

    Without ``noise`` there is none and k is 1.  ``grants`` are dictionaries of ``Grant``, with
    the party named brand or platform; ``agreement`` overrides fields of the agreement.
    """
    room = sign_room(template, {"brand": brand, "platform": platform}, grants, agreement, policy)
    planned = plan_jobs(room, template, parameters, receiver, rho)
    return run(room, planned, receiver)


def plan(*arguments: Any, **options: Any) -> LocalJob:
    """Plan a question like ``ask`` without running it; raise what refuses it."""
    template, parameters, brand, platform = arguments
    receiver, rho = options.pop("receiver", "brand"), options.pop("rho", None)
    grants, agreement = options.pop("grants", ()), options.pop("agreement", None)
    room = sign_room(template, {"brand": brand, "platform": platform}, grants, agreement, options)
    return plan_jobs(room, template, parameters, receiver, rho)[receiver]


def plan_jobs(
    room: Signed, template: str, parameters: Mapping[str, Any], receiver: str, rho: float | None
) -> dict[str, LocalJob]:
    """Write the job as its receiver does and let the other party plan it by itself."""
    fields = {
        "name": "question",
        "template": template,
        "alignment": room.alignment,
        "receiver": receiver,
        "rho": rho,
        **room.datasets,
    }
    if found_template(template).of_hub:
        joined = {"party": "platform", "platform": room.datasets["platform"]}
        fields["others"] = [joined | {"alignment": room.alignment}]
    own = jobs.write_job(room.rooms[receiver], fields, parameters)
    other = "platform" if receiver == "brand" else "brand"
    return {receiver: own, other: jobs.plan(room.rooms[other], own.document)}


def run(room: Signed, planned: Mapping[str, LocalJob], receiver: str) -> Answer:
    """Approve, make rows, compute, decrypt, open and report a planned job."""
    own = planned[receiver]
    other = planned["platform" if receiver == "brand" else "brand"]
    noise = draw(own.plan, own.charge, rehearsal=True)
    for job in planned.values():
        approval.approve(job)
        if job.plan.source == "job":
            job_rows.send_job_rows(job)
    release = _release(room, planned, receiver, noise)
    document = _document(room, own, release)
    room.desk.release = document.to_json()
    room.desk.results["people"] = release.people.tobytes()
    if release.measures is not None:
        room.desk.results["measures"] = release.measures.tobytes()
    if other.owns_values and own.plan.slots:
        decryption.decrypt_for_receiver(other)
    opened = results.open_release(own, document, results.fetch(own, document), None)
    result = results.receive(own)
    return Answer(
        planned["brand"], planned["platform"], own, room.desk, release, document, opened, result
    )


def _release(room: Signed, planned: Mapping[str, LocalJob], receiver: str, noise: Any) -> Release:
    inputs = _inputs(room, planned, receiver, noise)
    if planned[receiver].lattice is not None:
        return _opened_by_its_owner(room, planned[inputs.plan.value_side], inputs)
    if inputs.plan.hub is not None:
        terms = {f.name: getattr(inputs, f.name) for f in fields(Terms)}
        of_hub = hub.HubInputs(**terms, hub=inputs.brand, others=[inputs.platform])
        return hub.compute_release(of_hub, secrets.token_bytes)
    if not inputs.plan.combine:
        return compute_release(inputs, secrets.token_bytes)
    job, counting = planned["platform"], paillier("mediator", BITS)
    labels = room.desk.uploads("job.rows")["platform"]["labels"]
    made = accumulate(
        *(inputs.brand, inputs.platform, receiver, labels),
        *(inputs.value_key, counting, secrets.token_bytes),
    )
    room.desk.publish(job.identity, "accumulators", made.sums)
    room.desk.publish(job.identity, "counts", made.counts)
    proof = counting.prove(counting_context(job.room.identity, job.identity))
    room.desk.publish(job.identity, "counting-key", counting.public.to_bytes() + proof)
    combination.combine_labels(job)
    rows = [
        np.frombuffer(room.desk.whole(f"{job.path}/messages/{kind}", "platform"), dtype=np.uint8)
        for kind in ("combined", "combined-people")
    ]
    combined = Accumulators(*(part.reshape(job.plan.cells, -1) for part in rows))
    terms = Terms(**{f.name: getattr(inputs, f.name) for f in fields(Terms)})
    return release_combined(terms, combined, counting, secrets.token_bytes)


def _opened_by_its_owner(room: Signed, owner: LocalJob, inputs: Inputs) -> Release:
    """Do both halves of a release of lattice rows, and the owner's step between them."""
    shape, side = owner.lattice, owner.room.role
    rows = len(inputs.brand if side == "brand" else inputs.platform)
    contexts = [
        masked.key_context(owner.room.identity, owner.identity, side, number)
        for number in range(shape.keys)
    ]
    parts = [
        np.frombuffer(room.desk.whole(f"{owner.path}/messages/{kind}", side), dtype=np.uint8)
        for kind in KINDS
    ]
    shaped = [part.reshape(-1, WIDTHS[kind]) for part, kind in zip(parts, KINDS, strict=True)]
    shares, seeds, whole = shaped
    values = masked.read_values(
        contexts, shape.measures, rows, shares, seeds, lambda start, end: whole[start:end]
    )
    made = masked.mask_release(inputs, values, secrets.token_bytes)
    room.desk.publish(owner.identity, "masked-sums", made.sums.tobytes())
    row_values.open_sums(owner)
    data = room.desk.whole(f"{owner.path}/messages/opened", side)
    opened = np.frombuffer(data, dtype=np.uint8).reshape(inputs.plan.outputs, -1)
    terms = Terms(**{f.name: getattr(inputs, f.name) for f in fields(Terms)})
    kept = masked.read_kept(made.kept())
    return masked.finish_release(terms, *kept, opened, secrets.token_bytes)


def _inputs(room: Signed, planned: Mapping[str, LocalJob], receiver: str, noise: Any) -> Inputs:
    job, desk = planned[receiver], room.desk
    plan, path = job.plan, job.path
    brand_room = room.rooms["brand"]

    def message(kind: str, width: int) -> Any:
        for side in SIDES:
            data = desk.whole(f"{path}/messages/{kind}", side)
            if data:
                return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
        return None

    def share(kind: str) -> tuple[Any, ...]:
        found = message(kind, width)
        return () if found is None else (found,)

    labels = {side: body["labels"] for side, body in desk.uploads("job.rows").items()}
    width = job.room.agreement.policy.paillier_bits // 4
    cells = message("cells", CELL_BYTES)
    columns = tuple(column for column in plan.columns if column.side == "platform")
    return Inputs(
        plan=plan,
        charge=job.charge,
        brand=_rows(room, planned["brand"], "brand", labels),
        platform=_rows(room, planned["platform"], "platform", labels),
        platform_cells=labels["platform"] if plan.source == "job" else job.question.cells(columns),
        receiver=receiver,
        receiver_key=brand_room.paillier_of(receiver),
        value_key=brand_room.paillier_of(plan.value_side) if plan.value_side else None,
        people_noise=noise.people,
        slot_noise=noise.slots,
        cells=None if cells is None else read_cells(cells),
        peer_people=share("noise-people"),
        peer_slots=share("noise-measures"),
        masks=message("masks", width),
    )


def _rows(room: Signed, job: LocalJob, side: str, labels: Mapping[str, int]) -> SideRows:
    desk = room.desk
    if job.plan.source == "job":
        layout = job_rows.row_layout(job)
        data = desk.whole(f"{job.path}/rows", side)
        return layout.decode(
            np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.width), labels[side]
        )
    manifest = job.question.manifest(side)
    where = label_fields(manifest, side, job.plan.where)
    kept = np.frombuffer(desk.whole(f"{job.path}/messages/where", side), dtype=np.uint8)
    pair = f"{job.document.brand}/{job.document.platform}"
    tokens = desk.whole(f"/v1/alignments/{room.alignment}/tokens/{pair}", side)
    ciphertext = job.room.agreement.policy.paillier_bits // 4
    width = manifest.row_width(ciphertext)
    data = desk.whole(f"/v1/datasets/{room.datasets[side]}/chunks", side)
    rows = np.frombuffer(data, dtype=np.uint8).reshape(manifest.rows, width)
    return audience_rows(
        np.frombuffer(tokens, dtype=np.uint8).reshape(-1, TOKEN_BYTES),
        rows,
        label_fields(manifest, side, job.plan.columns),
        ciphertext if manifest.ciphertexts else 0,
        where,
        kept.reshape(-1, WHERE_BYTES) if where else None,
        [column in job.plan.outcome for column in job.plan.where if column.side == side],
    )


def _document(room: Signed, job: LocalJob, release: Release) -> ReleaseDocument:
    pooled = release.pooled
    return ReleaseDocument(
        job=job.identity,
        groups=tuple(
            ReleasedCell(position=g.position, cell=g.cell, pooled=g.pooled) for g in release.groups
        ),
        labels=() if job.plan.merged else tuple(_labels(room, job, release)),
        suppressed=len(pooled.suppressed),
        rules=tuple(
            SuppressionRule(rule=rule.rule, groups=rule.groups, needed=rule.needed)
            for rule in pooled.rules
        ),
        rho_left=0.0,
        people=hashlib.sha256(release.people.tobytes()).hexdigest(),
        measures=None
        if release.measures is None
        else hashlib.sha256(release.measures.tobytes()).hexdigest(),
    )


def _labels(room: Signed, job: LocalJob, release: Release) -> list[ReleasedLabel]:
    """Forward the sealed names of the peer's labels of released groups."""
    cells = [group.cell for group in release.groups if group.cell >= 0]
    used = {pair for cell in cells for pair in job.question.codes(job.plan, cell).items()}
    found = []
    for column in reversed(job.plan.cell_columns):
        peer = column.side != job.document.receiver
        if job.plan.source == "job":
            names = room.desk.whole(f"{job.path}/messages/names", column.side) if peer else b""
            width = job_rows.NAME_BYTES
            sealed = {code: names[code * width : (code + 1) * width] for code in cells if peer}
        else:
            domain = job.question.manifest(column.side).label(column.name).domain
            own = sorted(code for one, code in used if one == column)
            entries = {
                (entry["column"], entry["pseudonym"]): base64.b64decode(entry["sealed"])
                for entry in room.desk.dictionaries[room.datasets[column.side]]["entries"]
            }
            sealed = {code: entries[column.name, domain[code]] for code in own if peer}
        found += [
            ReleasedLabel(
                column=column.side if job.plan.veiled else str(column),
                code=code,
                sealed=base64.b64encode(data).decode(),
            )
            for code, data in sealed.items()
        ]
    return found


def by_key(groups: Sequence[Mapping[str, Any]], *names: str) -> dict[tuple[Any, ...], Any]:
    """Index groups by the values of their key, in the order of ``names``."""
    return {tuple(group["key"][name] for name in names): group for group in groups}
