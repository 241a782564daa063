"""Say what an agreement would have to grant for a question to be asked.

The question is held against the agreement by the very check that refuses it; what is missing is
added to a copy, and so on until nothing is missing.  So the list is complete and holds nothing
that is not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cleanroom.documents.agreement import Agreement, Grant
from cleanroom.documents.dataset import Manifest
from cleanroom.documents.job import JobDocument
from cleanroom.errors import PolicyRefusal
from cleanroom.room.agreements import LIVE_K_MINIMUM, check_content
from cleanroom.room.policy import LIVE_RHO_MINIMUM, check_job

YEAR = 365 * 86400


@dataclass(frozen=True)
class Missing:
    """One grant that is missing; without ``remedy`` no agreement would allow the question."""

    rule: str
    sentence: str
    remedy: str


def missing_grants(
    agreement: Agreement, job: JobDocument, brand: Manifest, platform: Manifest, now: float
) -> list[Missing]:
    """Return everything that a new agreement would have to say; empty if the job is allowed."""
    found: list[Missing] = []
    while True:
        named = {"room": agreement.identity(), "agreement": agreement.named()}
        asked = job.model_copy(update=named)
        try:
            check_job(agreement, asked, brand, platform, now)
        except PolicyRefusal as refusal:
            widen = _WIDEN.get(refusal.rule)
            if widen is None or not (refusal.missing or refusal.rule == "room-expired"):
                return [*found, Missing(refusal.rule, str(refusal), "")]
            remedy, agreement = widen(agreement, asked, refusal.missing, (brand, platform))
            found.append(Missing(refusal.rule, str(refusal), remedy))
        else:
            return found


def as_live(agreement: Agreement, now: float) -> tuple[list[Missing], Agreement]:
    """Return what a rehearsal's policy lacks for a live room, and the agreement that has it."""
    found: list[Missing] = []
    agreement = agreement.model_copy(update={"rehearsal": False})
    while True:
        try:
            check_content(agreement, now)
        except PolicyRefusal as refusal:
            if refusal.rule not in _LIVE:
                raise
            field, least = _LIVE[refusal.rule]
            value = f'"{least}"' if isinstance(least, str) else f"{least:g}"
            found.append(Missing(refusal.rule, str(refusal), f"{field} = {value}"))
            policy = agreement.policy.model_copy(update={field: least})
            agreement = agreement.model_copy(update={"policy": policy})
        else:
            return found, agreement


_LIVE: dict[str, tuple[str, str | float]] = {
    "live-noise": ("noise", "discrete-gaussian"),
    "live-k": ("k_min", LIVE_K_MINIMUM),
    "live-key": ("paillier_bits", 3072),
    "rho-floor": ("rho_per_release", LIVE_RHO_MINIMUM),
}
"""What the policy of a live room has to say where a rehearsal's says less."""

Manifests = tuple[Manifest, Manifest]
Widened = tuple[str, Agreement]


def _expiry(agreement: Agreement, _job: JobDocument, _missing: str, _of: Manifests) -> Widened:
    policy = agreement.policy.model_copy(update={"expires": agreement.policy.expires + 10 * YEAR})
    return "a new room with a later end", agreement.model_copy(update={"policy": policy})


def _rho(agreement: Agreement, job: JobDocument, missing: str, _of: Manifests) -> Widened:
    policy = agreement.policy.model_copy(update={"rho_per_release": job.rho})
    return f"rho_per_release of {missing}", agreement.model_copy(update={"policy": policy})


def _template(agreement: Agreement, _job: JobDocument, missing: str, _of: Manifests) -> Widened:
    names = (*agreement.templates, missing)
    return f"template {missing}", agreement.model_copy(update={"templates": names})


def _grant(agreement: Agreement, _job: JobDocument, missing: str, _of: Manifests) -> Widened:
    party, kind = missing.split("/", 1)
    grant = Grant.from_json({"party": party, "kind": kind})
    grants = (*agreement.grants, grant)
    return f"a grant of {kind} by {party}", agreement.model_copy(update={"grants": grants})


def _term(field: str) -> Callable[[Agreement, JobDocument, str, Manifests], Widened]:
    """Return what adds a label, a measure or a receiver to a dataset's terms."""

    def widen(agreement: Agreement, _job: JobDocument, missing: str, of: Manifests) -> Widened:
        party, dataset, name = missing.split("/", 2)
        manifest = next(item for item in of if (item.party, item.name) == (party, dataset))
        value = manifest.measure(name) if field == "measures" else name
        terms = tuple(
            item.model_copy(update={field: (*getattr(item, field), value)})
            if (item.party, item.name) == (party, dataset)
            else item
            for item in agreement.datasets
        )
        remedy = f"{field.removesuffix('s')} {name} in the terms of {party}'s {dataset}"
        return remedy, agreement.model_copy(update={"datasets": terms})

    return widen


_WIDEN: dict[str, Callable[[Agreement, JobDocument, str, Manifests], Widened]] = {
    "room-expired": _expiry,
    "rho-per-release": _rho,
    "template-not-allowed": _template,
    "grant-base-counts": _grant,
    "grant-public-base": _grant,
    "grant-shared-credit": _grant,
    "label-not-allowed": _term("labels"),
    "measure-not-allowed": _term("measures"),
    "receiver-not-allowed": _term("receivers"),
}

CURABLE = frozenset(_WIDEN)
"""Rules that another agreement would satisfy."""
