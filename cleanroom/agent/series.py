"""Say what a standing question asks, when and at what price: what an approval consents to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cleanroom.agent import agreed, question, standing
from cleanroom.agent.standing import Standing
from cleanroom.errors import CleanroomError
from cleanroom.report import Language, length, word
from cleanroom.report.consent import Line, Part
from cleanroom.report.html import figure
from cleanroom.room import periods
from cleanroom.room import standing as rules

SOON = 3
"""Runs to come that a view names."""


def when(seconds: float) -> str:
    """Write Unix seconds as UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def as_json(found: Standing) -> dict[str, Any]:
    """Return a standing question for programs: what it asks, where it stands, its runs."""
    document, now = found.document, time.time()
    given_up = agreed.skipped(found.room, document.digest())
    price = rules.price(document, found.room.agreement.policy)
    asked = found.asked
    missed = found.missed(now)
    runs = [
        {"run": run + 1, "due": when(document.due(run)), "job": asked[run], "state": "ASKED"}
        for run in sorted(asked)
    ]
    runs += [
        {
            "run": run + 1,
            "due": when(document.due(run)),
            "job": None,
            "state": "MISSED",
            "rule": given_up.get(run),
        }
        for run in missed
    ]
    ahead = [] if found.state == standing.STOPPED else rules.to_come(document, asked, now)
    return {
        "id": found.identity,
        "name": document.name,
        "template": document.template,
        "state": found.state,
        "asked_by": document.party(document.submitter),
        "brand": f"{document.brand.party}/{document.brand.name}",
        "platform": f"{document.platform.party}/{document.platform.name}",
        "receiver": document.receiver,
        "first": when(document.first),
        "every_seconds": document.every,
        "until": when(document.until),
        "runs_at_most": document.runs,
        "rho_per_run": price,
        "rho_in_all": price * document.runs,
        "runs": sorted(runs, key=lambda one: one["run"]),
        "to_come": [when(document.due(run)) for run in ahead[:SOON]],
        "left_to_ask": len(ahead),
        "stopped": found.shown.get("problem"),
    }


def with_digest(found: Standing) -> dict[str, Any]:
    """Return the same with the question as it would be asked now, and what an approval binds.

    Both are None where nothing of it is aligned now, or its agreement is no longer in force.
    """
    try:
        sample, digest = question.as_json(found.sample), standing.digest_of(found)
    except CleanroomError:
        return {**as_json(found), "digest": None, "question": None}
    asked = {name: sample[name] for name in ("document", "private", "outputs", "rho", "k", "tau")}
    return {**as_json(found), "digest": digest, "question": asked, "leaks": sample["leaks"]}


def describe(found: Standing, language: Language = "en") -> tuple[Part, ...]:
    """Return everything that an approval of all runs consents to; raise ``Unaligned``."""
    return (schedule(found, language), *question.describe(found.sample, language))


def schedule(found: Standing, language: Language = "en") -> Part:
    """Return when a standing question is asked, and what its runs cost in all."""
    document, policy = found.document, found.room.agreement.policy
    rho = rules.price(document, policy)

    def say(key: str, **values: Any) -> str:
        return word(f"standing.{key}", language, **values)

    texts = {
        "every": say(
            "every.text",
            every=length(document.every, language),
            first=when(document.first),
            until=when(document.until),
        ),
        "runs": say("runs.text", runs=f"{document.runs:,}"),
        "price": say("price.text", rho=figure(rho, 6), all=figure(rho * document.runs, 6)),
        **_in_a_period(found, say),
        "versions": say("versions.text"),
        "stop": say("stop.text"),
    }
    moving = [name for name in rules.MOVING if name in document.parameters]
    if moving:
        texts["moving"] = say("moving.text", names=", ".join(moving))
    lines = tuple(Line(say(name), text) for name, text in texts.items())
    return Part(say("title"), lines)


def _in_a_period(found: Standing, say: Callable[..., str]) -> dict[str, str]:
    """Return what the runs cost in the period in which they cost most; nothing without periods."""
    document, policy = found.document, found.room.agreement.policy
    if policy.period is None:
        return {}
    due = (periods.number(policy, document.due(run)) for run in range(document.runs))
    rho = rules.price(document, policy) * max(Counter(due).values())
    return {"period": say("period.text", rho=figure(rho, 6), budget=figure(policy.rho_budget, 6))}


def rows(items: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return the cells of a list: name, template, state, runs, missed, next, identifier."""
    found: list[tuple[str, ...]] = []
    for one in items:
        done = [run for run in one["runs"] if run["state"] == "ASKED"]
        missed = len(one["runs"]) - len(done)
        following = one["to_come"][0] if one["to_come"] else "–"
        runs = f"{len(done)}/{one['runs_at_most']}"
        cells = (one["name"], one["template"], one["state"], runs, str(missed), following)
        found.append((*cells, one["id"]))
    return found
