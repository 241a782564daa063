"""Answer an auditor's question in one table: who asked what, who agreed, what came of it.

One row for each question, from the log's entries alone: also for those that the mediator refused,
and for those that a person refused and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from cleanroom.audit.show import clock, lines
from cleanroom.errors import AuditFailure, InvalidInput
from cleanroom.report import LANGUAGES, Language, if_known, parameter_name, said, why, word
from cleanroom.report.html import parameter

ENDS: Final = {
    "job.receipt": "SUCCESS",
    "job.refuse": "REFUSED",
    "job.cancel": "CANCELLED",
    "job.fail": "FAILED",
    "job.expire": "EXPIRED",
}


@dataclass
class Asked:
    """One question; times are UTC, ``about`` are names of the form ``party/name@version``.

    ``terms`` are what the mediator held it to: k, tau and noise.  How many groups were ``released``
    and ``held`` back, the receiver ``alone`` knows where credit is shared.  ``parameters``
    are those that are not sealed between the parties.  ``period`` is the one in which the question
    was charged, None in a room without periods.
    """

    entry: int
    asked: str
    by: str
    name: str
    job: str
    template: str
    about: str
    parameters: dict[str, Any]
    receiver: str
    terms: dict[str, Any]
    rho: float = 0.0
    period: int | None = None
    given_back: bool = False
    approved: list[str] = field(default_factory=list)
    state: str = "RUNNING"
    ended_by: str = ""
    ended: str = ""
    rule: str = ""
    why: str = ""
    alone: bool = False
    released: int = 0
    held: int = 0
    release: str = ""

    @property
    def spent(self) -> float:
        """Return the rho that the question has spent: none once its price was given back."""
        return 0.0 if self.given_back else self.rho


def questions(leaves: Iterable[bytes]) -> list[Asked]:
    """Return every question of a log in the order of asking; raise ``AuditFailure`` if unreadable.

    Whoever reads it verifies the log as well: here entries are taken as they stand.
    """
    kept = list(leaves)
    found: dict[str, Asked] = {}
    refused: list[Asked] = []
    try:
        for leaf, line in zip(kept, lines(kept), strict=True):
            entry = json.loads(leaf)
            if entry["outcome"] != "accepted":
                if entry["kind"] == "job.submit":
                    refused.append(_refused(entry))
                continue
            _follow(found, entry, line.datasets)
    except (KeyError, TypeError, ValueError, AttributeError, InvalidInput):
        raise AuditFailure("An entry cannot be read; verify the bundle.") from None
    return sorted([*found.values(), *refused], key=lambda one: one.entry)


def _refused(entry: dict[str, Any]) -> Asked:
    """Return a question that the mediator did not accept: its text is whoever asked it's."""
    return Asked(
        entry["index"], clock(entry["time"]), entry["actor"], "", "", "", "", {}, "", {},
        state="REFUSED", ended_by="mediator", ended=clock(entry["time"]),
        rule=entry["rule"] or "", why=entry["detail"] or "",
    )  # fmt: skip


def _follow(found: dict[str, Asked], entry: dict[str, Any], datasets: str) -> None:
    facts, kind, signed = entry["facts"], entry["kind"], entry["statement"]
    body = signed["statement"]["body"] if signed else facts
    if kind == "job.submit":
        if not facts.get("repeated"):
            found[facts["job"]] = _accepted(entry, body["job"], datasets)
        return
    one = found.get(str(body.get("job")))
    if one is None:
        return
    if kind == "job.approve":
        one.approved.append(f"{entry['actor']} {clock(entry['time'])}")
    elif kind == "job.release":
        one.release = facts["release"]
        one.alone = facts["released"] is None
        if not one.alone:
            one.released, one.held = facts["released"], facts["suppressed"]
    elif kind in ENDS:
        one.state, one.ended_by, one.ended = ENDS[kind], entry["actor"], clock(entry["time"])
        one.rule = str(entry["rule"] or body.get("rule") or "")
        one.why = str(entry["detail"] or body.get("reason") or "")
        # Only a refusal that gives a price back says what is left; the verifier holds it to that.
        one.given_back = kind == "job.refuse" and "left_after" in facts


def _accepted(entry: dict[str, Any], job: dict[str, Any], datasets: str) -> Asked:
    facts = entry["facts"]
    return Asked(
        entry=entry["index"],
        asked=clock(entry["time"]),
        by=entry["actor"],
        name=job["name"],
        job=facts["job"],
        template=job["template"],
        about=datasets,
        parameters=job.get("parameters", {}),
        receiver=job["receiver"],
        terms={name: facts[name] for name in ("k", "tau", "noise")},
        rho=facts["rho"],
        period=facts.get("period"),
    )


HEADER: Final = {
    "en": ("asked", "by", "question", "about", "receiver", "terms", "approved", "outcome",
           "why", "released"),
    "zh": ("提问时间", "提问方", "问题", "数据集", "接收方", "条款", "批准", "结果",
           "原因", "公布内容"),
}  # fmt: skip
"""The columns of the table, in either language."""


RELEASED: Final = {
    "alone": ("groups told to the receiver alone", "分组数仅告知接收方"),
    "counted": ("groups released: {released}, held back: {held}",
                "公布 {released} 个分组，未公布 {held} 个"),
    "running": ("Running", "进行中"),
}  # fmt: skip


def row(one: Asked, language: Language = "en") -> tuple[str, ...]:
    """Return one question's cells in words, in the order of ``HEADER``."""
    place = LANGUAGES.index(language)
    between, colon = ("; ", ": ") if language == "en" else ("；", "：")
    asked = between.join(
        f"{parameter_name(name, language)}{colon}{parameter(value, name, language)}"
        for name, value in one.parameters.items()
        if value not in ([], {}, None)
    )
    released = RELEASED["alone" if one.alone else "counted"][place] if one.release else ""
    released = released.format(released=one.released, held=one.held)
    state = RELEASED["running"][place]
    if one.state != "RUNNING":
        state = said(f"state.{one.state}", language)
    rule = f"({one.rule})" if one.rule else ""
    outcome = " ".join(filter(None, (state, rule, one.ended_by, one.ended)))
    told = if_known(why(one.rule, one.why, language), language)
    template = said(f"template.{one.template}", language) if one.template else ""
    question = " ".join(filter(None, (one.name, template and f"({template})", asked)))
    return (
        one.asked, one.by, question, one.about,
        said(one.receiver, language) if one.receiver else "",
        _terms(one, language), ", ".join(one.approved), outcome, told,
        " ".join(filter(None, (released, one.release[:16]))),
    )  # fmt: skip


def _terms(one: Asked, language: Language) -> str:
    """Say what the mediator held a question to: smallest group, threshold, noise, privacy spent."""
    if not one.terms:
        return ""
    noise = one.terms["noise"]
    said_noise = said(f"noise.{noise}" if noise != "none" else "consent.noise.none", language)
    numbers = f"k {one.terms['k']}, tau {one.terms['tau']}"
    return f"{numbers}, {word('consent.noise', language).lower()} {said_noise}, rho {one.rho:g}"
