"""Say what a question asks and costs, as this party's own agent planned it, private parts opened.

A person approves what this says, never what the mediator says of the question: the document is
the one of the identifier, its datasets, plan and price are computed here from the agreement that
this party signed, and what was sealed to it is opened.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from cleanroom.agent import approved, selection
from cleanroom.agent.jobs import LocalJob
from cleanroom.documents.agreement import SIDES
from cleanroom.errors import Conflict
from cleanroom.privacy.intervals import released_sd
from cleanroom.queries.events import USUAL, TouchParameters
from cleanroom.queries.plan import Slot
from cleanroom.queries.where import CONDITIONS, WHERE
from cleanroom.report import Language, parameter_name, people, refused, said, word
from cleanroom.report.conditions import in_words
from cleanroom.report.consent import Line, Part, of_period
from cleanroom.report.html import figure, parameter


def describe(job: LocalJob, language: Language = "en") -> tuple[Part, ...]:
    """Return everything that an approval of this question consents to."""
    return (
        Part(word("question.asked", language), _asked(job, language)),
        Part(word("question.data", language), _data(job, language)),
        Part(word("question.parameters", language), _parameters(job, language)),
        Part(word("question.price", language), _price(job, language)),
    )


def standing(item: Mapping[str, Any], language: Language = "en") -> Part:
    """Return how a job stands as the mediator shows it, and who ended it and why, if one did."""
    found = outcome(item)
    lines = [Line(word("console.state", language), said(f"state.{found['state']}", language))]
    if "reason" in found:
        told = refused(found["rule"], found["reason"], found["party"], language)
        lines.append(Line(word("question.why", language), told))
    if found.get("given_back"):
        lines.append(Line(word("question.back", language), word("question.back.text", language)))
    return Part(word("question.stands", language), tuple(lines))


def outcome(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same for programs; ``party`` is empty where the mediator ended it."""
    problem = item.get("problem")
    if not problem:
        return {"state": item["state"]}
    why = {"rule": problem.get("rule", ""), "reason": str(problem.get("detail", ""))}
    back = bool(problem.get("given_back"))
    return {"state": item["state"], "party": problem.get("party", ""), **why, "given_back": back}


def digest(job: LocalJob) -> str:
    """Return the SHA-256 of a question with its private parameters, plan and price: what is bound.

    Whoever approves names it, so nothing but what was shown can be approved.
    """
    return hashlib.sha256(rfc8785.dumps(_facts(job))).hexdigest()


def check_digest(job: LocalJob, wanted: str | None) -> None:
    """Raise ``Conflict`` unless this is the question that a person was shown."""
    if wanted is not None and not hmac.compare_digest(wanted.encode(), digest(job).encode()):
        raise Conflict("This is not the question that was shown.", rule="question-changed")


def as_json(job: LocalJob) -> dict[str, Any]:
    """Return the same for programs, with who learns what."""
    leaks = [leak.told() for leak in job.template.learned(job.plan)]
    return {"job": job.identity, "digest": digest(job), **_facts(job), "leaks": leaks}


def _facts(job: LocalJob) -> dict[str, Any]:
    return {
        "document": job.document.to_json(),
        "private": dict(job.private()),
        "brand": job.question.brand.to_json(),
        "platform": job.question.platform.to_json(),
        "outputs": job.plan.outputs,
        "rho": job.charge.rho,
        "k": job.charge.k,
        "tau": job.charge.tau,
        "noise": job.charge.people.kind,
    }


def _asked(job: LocalJob, language: Language) -> tuple[Line, ...]:
    document = job.document

    def say(key: str) -> str:
        return word(f"question.{key}", language)

    return (
        Line(
            word("console.template", language),
            word("colon", language).join(
                said(f"{part}.{document.template}", language) for part in ("template", "asks")
            ),
        ),
        Line(word("console.name", language), document.name),
        Line(say("submitter"), _submitter(job, language)),
        Line(say("receiver"), _party(job, document.receiver, language)),
        *_others(job, language),
        *_restricted(job, language),
        *_purpose(job, language),
        Line(word("console.identifier", language), job.identity),
    )


def _others(job: LocalJob, language: Language) -> tuple[Line, ...]:
    """Name everybody whose data the hub of a question is joined with."""
    if job.plan.hub is None:
        return ()
    names = _listed(job.plan.hub.others, language)
    return (Line(word("question.others", language), names),)


def _purpose(job: LocalJob, language: Language) -> tuple[Line, ...]:
    """Say what the answer is for, where the agreement lists purposes."""
    named = job.document.purpose
    return (Line(parameter_name("purpose", language), named),) if named else ()


def _restricted(job: LocalJob, language: Language) -> tuple[Line, ...]:
    """Say whom the question counts, if not everybody, and what outcome it asks about."""
    if job.plan.where and job.plan.hub is not None and not job.receives:
        columns = _listed([str(column) for column in job.plan.where], language)
        text = word("question.where.hub", language, columns=columns)
        return (Line(word("question.where", language), text),)
    found = selection.restricting(job)
    told = tuple(one for one in selection.conditions(job) if one not in found)
    parts = (("where", found), ("outcome", told))
    return tuple(
        Line(
            word(f"question.{name}", language),
            word(f"question.{name}.text", language, conditions=in_words(some, language)),
        )
        for name, some in parts
        if some
    )


def _party(job: LocalJob, side: str, language: Language) -> str:
    party = job.question.brand.party if side == "brand" else job.question.platform.party
    return f"{party} ({word(side, language)})"


def _submitter(job: LocalJob, language: Language) -> str:
    """Say who asks; of an agency, for which brand."""
    document = job.document
    brand = _party(job, document.submitter, language)
    if document.behalf is None:
        return brand
    return word("question.behalf", language, agency=document.behalf.agency, brand=brand)


def _data(job: LocalJob, language: Language) -> tuple[Line, ...]:
    lines = []
    for side in SIDES:
        manifest = job.question.manifest(side)
        labels = [column.name for column in job.plan.columns if column.side == side]
        values = job.plan.value_side == side
        measures = [_summed(slot, language) for slot in job.plan.slots] if values else []
        used = [
            word(f"question.dataset.{kind}", language, names=_listed(names, language))
            for kind, names in (("labels", labels), ("measures", measures))
            if names
        ] or [word("question.dataset.none", language)]
        text = word(
            "question.dataset",
            language,
            name=f"{manifest.party}/{manifest.name} v{manifest.version}",
            used=("；" if language == "zh" else "; ").join(used),
        )
        lines.append(Line(word(side, language), text))
    for base in job.plan.base:
        kind = "public" if base.public else "noised"
        columns = _listed(base.columns, language)
        text = word(f"question.base.{kind}", language, columns=columns)
        lines.append(Line(word(base.side, language), text))
    return tuple(lines)


def _summed(slot: Slot, language: Language) -> str:
    """Return the name of what is summed: a column of the file, or a count that has a word."""
    return said(slot.measure, language) if slot.unit in ("conversions", "events") else slot.measure


def _parameters(job: LocalJob, language: Language) -> tuple[Line, ...]:
    given = _usual(job) | job.document.parameters
    fields = job.template.Parameters.model_fields.items()
    order = [field.alias or name for name, field in fields if (field.alias or name) in given]
    ordered = {name: given[name] for name in [*order, *given]}
    public = [Line(parameter_name(name, language), text) for name, text in _flat(ordered, language)]
    private = word("question.private", language)
    opened = [
        Line(f"{parameter_name(name, language)} ({private})", text)
        for name, text in _flat(job.private(), language)
    ]
    return (*public, *opened) or (Line("–", word("consent.none", language)),)


def _usual(job: LocalJob) -> dict[str, Any]:
    """Return what holds for touches unless a question says otherwise: consent is to that too."""
    if not issubclass(job.template.Parameters, TouchParameters):
        return {}
    given = {*job.document.parameters, *job.private()}
    apart = {"click_window", "view_window"} <= given
    return {name: value for name, value in USUAL.items() if name != "window" or not apart}


def _flat(values: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    # Who is counted stands above, in words.
    shown = {name: value for name, value in values.items() if name not in (WHERE, CONDITIONS)}
    return [(name, parameter(value, name, language)) for name, value in shown.items()]


def _price(job: LocalJob, language: Language) -> tuple[Line, ...]:
    charge, policy = job.charge, job.room.agreement.policy
    own, silent = approved.ledger(job), charge.people.kind == "none"
    lines = {
        "cost": word(
            "question.cost.text",
            language,
            rho=figure(charge.rho, 6),
            spent=figure(own.spent, 6),
            budget=figure(own.budget, 6),
        )
        + of_period(policy, own.period, language),
        "k": word(
            f"question.k.{'exact' if silent else 'text'}",
            language,
            people=people(charge.k, language),
            tau=f"{charge.tau:,}",
        ),
        "noise": word("consent.noise.none", language)
        if silent
        else word(
            "question.noise.text",
            language,
            noise=said(f"noise.{charge.people.kind}", language),
            sd=figure(released_sd(charge.whole_people, 1, charge.givers), 2),
        ),
        "groups": f"{job.plan.cells:,}",
    }
    return tuple(Line(word(f"question.{name}", language), text) for name, text in lines.items())


def _listed(names: Sequence[str], language: Language) -> str:
    if not names:
        return word("consent.none", language)
    return ("、" if language == "zh" else ", ").join(names)
