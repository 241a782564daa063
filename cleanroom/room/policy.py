"""Hold a question against the agreement.  Every check raises; none returns a bool.

The mediator and both agents call the same functions, each with the agreement that it holds
itself, so that neither has to take another's word.
"""

from __future__ import annotations

from collections.abc import Iterable

from cleanroom.documents.agreement import (
    SIDES,
    Agreement,
    DatasetTerms,
    PartyRole,
    Policy,
    other_side,
)
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import PolicyRefusal, refuse_unless
from cleanroom.privacy import accounting
from cleanroom.privacy.noise import NoiseSpec, noise_for
from cleanroom.queries.plan import Charge, Plan, Question
from cleanroom.queries.registry import template
from cleanroom.room import encryption, identity, members
from cleanroom.room.encryption import MessageShape
from protocols.limits import CELL_BYTES, VALUE_LIMIT, WHERE_BYTES, slots

ROWS_PER_ROW = 64
"""Most rows of a job for each row that the agreement allows in a dataset."""

LIVE_RHO_MINIMUM = 1e-4
"""No question of a live room may spend less.  One share of noise on a count is then 71 people wide,
and an answer says nothing; but every question costs both sides rows, noise and a line in the log,
and a budget of 0.5 would pay for half a billion of the smallest that a number can hold."""


def check_floor(rho: float) -> None:
    """Refuse to spend less than a question of a live room has to."""
    refuse_unless(
        rho >= LIVE_RHO_MINIMUM,
        f"a question in a live room spends at least {LIVE_RHO_MINIMUM:g} rho",
        "rho-floor",
    )


def check_jobs(policy: Policy, before: int) -> None:
    """Refuse one more question than the agreement allows after that many."""
    refuse_unless(
        before < policy.jobs_max,
        f"the agreement allows {policy.jobs_max:,} questions",
        "jobs-max",
    )


def check_job(
    agreement: Agreement, job: JobDocument, brand: Manifest, platform: Manifest, now: float
) -> Plan:
    """Return the plan of a job that the agreement allows; raise ``PolicyRefusal`` otherwise."""
    refuse_unless(agreement.policy.expires > now, "the room has expired", "room-expired")
    refuse_unless(job.room == agreement.identity(), "the job is for another room", "other-room")
    refuse_unless(
        job.agreement == agreement.named(),
        "the question names an agreement other than the one in force: ask it again",
        "other-agreement",
    )
    refuse_unless(
        (brand.identity(), platform.identity()) in map(job.pair_with, job.datasets[1:]),
        "the job names different datasets",
        "other-dataset",
    )
    members.check_others(agreement, job, platform if job.hub == "brand" else brand)
    members.check_behalf(agreement, job)
    refuse_unless(
        platform.party in brand.peers and brand.party in platform.peers,
        "the two datasets were not uploaded for each other",
        "other-peer",
    )
    question = Question(job, agreement, brand, platform)
    refuse_unless(
        job.template in agreement.templates,
        f"the room does not allow the template {job.template}",
        "template-not-allowed",
        job.template,
    )
    _check_purpose(agreement, job)
    _check_rho(agreement.policy, job)
    if not agreement.rehearsal and job.rho is not None:
        check_floor(job.rho)
    plan = identity.paid(template(job.template).plan(question), question)
    members.check_hub(job, plan)
    if plan.source == "audience":
        refuse_unless(
            brand.kind == platform.kind == "audience",
            f"{job.template} joins audiences, which have one row per person, not events",
            "dataset-kind",
        )
    for side in SIDES:
        _check_terms(question, plan, side)
    encryption.of_job(question, plan)
    _check_base(question, plan)
    _check_shared_credit(question, plan)
    _check_room_for_made(plan, agreement.policy)
    check_still_allowed(agreement, (brand, platform))
    return plan


def _check_purpose(agreement: Agreement, job: JobDocument) -> None:
    """Refuse a question for anything but one of the purposes that the agreement lists."""
    refuse_unless(
        job.purpose in (agreement.purposes or (None,)),
        f"the agreement lists other purposes: {', '.join(agreement.purposes) or 'none'}",
        "purpose-not-agreed",
    )
    named = job.parameters.get("purpose", job.purpose)
    refuse_unless(
        not agreement.purposes or named == job.purpose,
        "the question names two purposes",
        "purpose-not-agreed",
    )


def _check_rho(policy: Policy, job: JobDocument) -> None:
    if job.rho is not None:
        refuse_unless(
            policy.noise != "none", "a room without noise has no rho", "rho-without-noise"
        )
        refuse_unless(
            job.rho <= policy.rho_per_release,
            f"a job may spend at most {policy.rho_per_release} rho",
            "rho-per-release",
            str(job.rho),
        )


def dataset_terms(agreement: Agreement, manifest: Manifest) -> DatasetTerms:
    """Return the terms under which a dataset was agreed; refuse one that differs from them."""
    terms = agreement.terms(manifest.party, manifest.name)
    if terms is None:
        raise PolicyRefusal(
            f"the agreement has no dataset {manifest.name} of {manifest.party}",
            rule="dataset-not-allowed",
        )
    refuse_unless(
        (terms.kind, terms.profiles) == (manifest.kind, manifest.profiles),
        f"{manifest.name} was agreed as {terms.kind} by {', '.join(terms.profiles)}",
        "dataset-differs",
    )
    return terms


def check_still_allowed(agreement: Agreement, manifests: Iterable[Manifest]) -> None:
    """Refuse datasets that hold more than an amendment has left of their terms.

    The mediator holds their rows with whatever was agreed then; asking less of them would not take
    that away.
    """
    for manifest in manifests:
        check_manifest(agreement, manifest, manifest.party)


def check_manifest(agreement: Agreement, manifest: Manifest, party: str) -> None:
    """Check a dataset before its rows are taken: nothing beyond the terms may be uploaded."""
    terms = dataset_terms(agreement, manifest)
    refuse_unless(manifest.party == party, "the dataset is another party's", "other-party")
    members.check_peers(agreement, manifest)
    for column in manifest.labels:
        refuse_unless(
            column.name in terms.labels,
            f"the agreement has no label {column.name} of {manifest.name}",
            "label-not-allowed",
        )
    for measure in manifest.measures:
        refuse_unless(
            measure in terms.measures,
            f"measure {measure.name} of {manifest.name} differs from what was agreed",
            "measure-not-allowed",
        )
        refuse_unless(
            manifest.rows * max(abs(measure.minimum), abs(measure.maximum)) < VALUE_LIMIT,
            f"a sum of {measure.name} could reach 2^61: lower its max or its decimals",
            "sum-overflow",
        )
    valued = bool(manifest.measures) and manifest.kind == "audience"
    refuse_unless(
        manifest.encryption in (agreement.policy.rows if valued else ("paillier",)),
        f"the agreement allows no rows of {manifest.name} under {manifest.encryption}",
        "row-encryption",
    )
    fits = slots(agreement.policy.paillier_bits) - 1
    refuse_unless(
        len(manifest.measures) <= fits, f"a row holds {fits} measures at most", "too-many-measures"
    )
    refuse_unless(
        manifest.rows <= agreement.policy.rows_max,
        f"the agreement allows {agreement.policy.rows_max} rows",
        "rows-max",
    )


def _check_terms(question: Question, plan: Plan, side: PartyRole) -> None:
    manifest = question.manifest(side)
    terms = dataset_terms(question.agreement, manifest)
    owner = question.agreement.member(manifest.party)
    refuse_unless(
        owner is not None and owner.role == side, f"{manifest.party} is not a {side}", "role"
    )
    behalf = question.job.behalf
    receivers = [question.manifest(question.job.receiver).party]
    for receiver in (*receivers, *([behalf.agency] if behalf else [])):
        refuse_unless(
            not terms.receivers or receiver in terms.receivers,
            f"{receiver} may not receive results about {manifest.name}",
            "receiver-not-allowed",
            f"{manifest.party}/{manifest.name}/{receiver}",
        )
    for column in plan.where:
        refuse_unless(
            column.side != side or column.name in terms.labels,
            f"the agreement does not allow the label {column}",
            "label-not-allowed",
            f"{manifest.party}/{manifest.name}/{column.name}",
        )
    for column in plan.columns:
        made_for_the_job = plan.source == "job" and manifest.label(column.name) is None
        refuse_unless(
            column.side != side or column.name in terms.labels or made_for_the_job,
            f"the agreement does not allow the label {column}",
            "label-not-allowed",
            f"{manifest.party}/{manifest.name}/{column.name}",
        )
    if plan.value_side == side:
        allowed = {measure.name for measure in terms.measures}
        for slot in plan.slots:
            refuse_unless(
                slot.measure in allowed or manifest.measure(slot.measure) is None,
                f"the agreement does not allow the measure {side}.{slot.measure}",
                "measure-not-allowed",
                f"{manifest.party}/{manifest.name}/{slot.measure}",
            )


def _check_base(question: Question, plan: Plan) -> None:
    receiver = question.job.receiver
    for base in plan.base:
        if base.side != receiver:
            party = question.manifest(base.side).party
            kinds = {grant.kind for grant in question.agreement.grants if grant.party == party}
            wanted = "public-base" if base.public else "base-counts"
            refuse_unless(
                question.agreement.rehearsal or wanted in kinds,
                f"{party} has not granted {wanted}",
                f"grant-{wanted}",
                f"{party}/{wanted}",
            )


def charge(plan: Plan, job: JobDocument, policy: Policy) -> Charge:
    """Price a plan: half of rho to people, the rest equally to its measures."""
    k = max(policy.k_min, plan.minimum)
    if policy.noise == "none":
        silent = NoiseSpec("none", 0)
        return Charge(0.0, k, silent, tuple(silent for _ in plan.slots), plan.units)
    rho = job.rho if job.rho is not None else policy.rho_per_release
    shares = accounting.split(rho, tuple(slot.measure for slot in plan.slots))
    return Charge(
        rho,
        k,
        noise_for(policy.noise, shares.people, plan.people_delta),
        tuple(
            noise_for(policy.noise, shares.measures[slot.measure], slot.delta)
            for slot in plan.slots
        ),
        plan.units,
        shares=2 if plan.combine else 1,
        givers=len(plan.hub.others) if plan.hub else 1,
    )


def _check_shared_credit(question: Question, plan: Plan) -> None:
    """Want the brand's grant before a platform that decides what counts also receives the answer.

    Where it adds credit up, nobody can check its weights: a changed agent could single a label out.
    Where a person has several conversions, it could meet those of two of them together and each
    alone, and see the person several times.
    """
    decides = plan.combine or plan.nested
    if not decides or question.job.receiver != "platform" or question.agreement.rehearsal:
        return
    brand = question.brand.party
    kinds = {grant.kind for grant in question.agreement.grants if grant.party == brand}
    refuse_unless(
        "shared-credit" in kinds,
        f"{brand} has not granted the platform credit that the platform adds up itself"
        if plan.combine
        else (
            f"{brand} has not granted the platform several conversions of a person"
            " (max_conversions above 1), which it could count several times"
        ),
        "grant-shared-credit",
        f"{brand}/shared-credit",
    )


def made_rows(plan: Plan, side: PartyRole, policy: Policy) -> int | None:
    """Return how many rows a side sends for a job, whatever its file holds.

    None in a room without noise, which hides nothing: there a side sends what it has, padded.
    """
    return plan.made.rows(side) if plan.made and policy.noise != "none" else None


def made_labels(plan: Plan, side: PartyRole, policy: Policy) -> int | None:
    """Return how many label codes a side's rows use, whatever its file holds; None likewise.

    Of a hub and its others the question says how many, with noise or without.
    """
    if plan.hub is not None:
        own = plan.hub.labels if not plan.veiled else plan.hub.codes
        return own if side == plan.hub.side else plan.hub.codes
    if plan.made is None or policy.noise == "none":
        return None
    if side == "brand":
        return 1
    return plan.made.vectors if plan.combine else plan.cells


def check_made(plan: Plan, side: PartyRole, policy: Policy, rows: int, labels: int) -> None:
    """Refuse rows or labels of a job in another number than the documents give."""
    for what, found, wanted in (
        ("rows", rows, made_rows(plan, side, policy)),
        ("labels", labels, made_labels(plan, side, policy)),
    ):
        refuse_unless(
            wanted in (None, found),
            f"the {side} sends {wanted} {what} for this job, whatever its file holds",
            "made-rows",
        )


def _check_room_for_made(plan: Plan, policy: Policy) -> None:
    """Refuse a question that would take more rows than the room has room for."""
    for side in SIDES:
        rows = made_rows(plan, side, policy)
        refuse_unless(
            rows is None or rows <= policy.rows_max * ROWS_PER_ROW,
            f"the {side} would send {rows:,} rows, more than {ROWS_PER_ROW} for each of the"
            f" {policy.rows_max:,} that the agreement allows: ask with a coarser resolution or"
            " smaller bounds per person"
            if rows
            else "",
            "too-many-rows",
        )


def approval_messages(
    plan: Plan,
    job: JobDocument,
    side: PartyRole,
    agreement: Agreement,
    combinations: int,
    conditions: int = 0,
) -> dict[str, MessageShape]:
    """Return what one side has to send with its approval.

    ``combinations`` is the number of label combinations before merging, ``conditions`` the number
    of labels that this side declares for the columns by which it leaves people out.  The party that
    will not receive sends its share of the noise; a receiver that does not own the values sends
    masks.  Where the platform adds labels up, its share of the people's noise is part of that.
    """
    width = 2 * agreement.policy.paillier_bits // 8
    receives = side == job.receiver
    noisy = agreement.policy.noise != "none"
    shapes = {}
    if noisy and not receives:
        if not (plan.combine and side == "platform"):
            shapes["noise-people"] = MessageShape(plan.outputs, width)
        if plan.slots and plan.value_side == job.receiver:
            shapes["noise-measures"] = MessageShape(plan.outputs, width)
    if receives and plan.slots and plan.value_side == other_side(side):
        shapes["masks"] = MessageShape(plan.outputs, width)
    if plan.merged:
        shapes["cells"] = MessageShape(combinations, CELL_BYTES)
    if conditions and plan.source == "audience":
        shapes["where"] = MessageShape(conditions, WHERE_BYTES)
    if not receives and any(base.side == side for base in plan.base):
        shapes["base"] = MessageShape(1, 0)
    return shapes
