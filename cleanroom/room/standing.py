"""Hold a standing question, and each job that says to be a run of it, against what was agreed.

The mediator, both agents and the verifier call the same functions.  Every check raises.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from cleanroom.documents.agreement import Agreement, Policy
from cleanroom.documents.alignment import AlignmentDocument
from cleanroom.documents.job import JobDocument
from cleanroom.documents.standing import Run, StandingDocument
from cleanroom.errors import InvalidInput, refuse_unless
from cleanroom.privacy.accounting import Ledger
from cleanroom.queries.registry import find_template
from cleanroom.queries.template import Template
from cleanroom.room import periods

LATE: Final = 300
"""Seconds by which a proposal may reach the mediator after the first run is due."""

EARLY: Final = 300
"""Seconds by which the mediator's clock may be ahead of a party's when a run is due."""

MOST_OPEN: Final = 100
"""Standing questions of a brand and a platform that wait or run at a time."""

MOVING: Final = ("start", "end")
"""Parameters in Unix seconds that move along with the runs."""

LONGEST_NAME: Final = 58
"""Letters of a standing question's name that the names of its runs begin with."""

Versions = Mapping[str, tuple[tuple[str, str], int]]
"""Of each dataset that is ready, by its identifier: its line as party and name, and its version."""


class Joined(NamedTuple):
    """Two dataset versions by identifier, the brand's first, and the alignment that joins them."""

    brand: str
    platform: str
    alignment: str


def check_standing(agreement: Agreement, standing: StandingDocument) -> None:
    """Check a standing question before anybody signs it; its first run is planned elsewhere.

    Raises ``InvalidInput`` or ``PolicyRefusal``.
    """
    refuse_unless(standing.room == agreement.identity(), "it is for another room", "other-room")
    refuse_unless(
        standing.agreement == agreement.named(),
        "the standing question names an agreement other than the one in force: declare it again",
        "other-agreement",
    )
    found = find_template(standing.template)
    refuse_unless(
        found is not None and repeats(found),
        f"{standing.template} is not asked by itself: it needs an earlier answer, or a hub",
        "standing-template",
    )
    refuse_unless(
        standing.due(standing.runs - 1) < agreement.policy.expires,
        "the room expires before the last run of the standing question",
        "standing-expires",
    )


def repeats(template: Template) -> bool:
    """Tell whether a template's questions can be asked again and again."""
    return not template.earlier_jobs and not template.of_hub


def check_begins(standing: StandingDocument, now: float) -> None:
    """Refuse to declare a standing question whose first run should have been asked already."""
    if standing.first + LATE < now:
        raise InvalidInput("The first run of a standing question lies in the past.", column="first")


def check_open(count: int) -> None:
    """Refuse one more standing question of a pair after that many that wait or run."""
    refuse_unless(
        count < MOST_OPEN,
        f"two parties have {MOST_OPEN} standing questions at most",
        "standing-max",
    )


def price(standing: StandingDocument, policy: Policy) -> float:
    """Return the rho of one run: what is announced, for all of them alike."""
    if policy.noise == "none":
        return 0.0
    return standing.rho if standing.rho is not None else policy.rho_per_release


def facts(standing: StandingDocument, policy: Policy) -> dict[str, Any]:
    """Return what the log announces of a standing question: how many runs, and the rho of each."""
    return {"runs": standing.runs, "rho": price(standing, policy)}


def check_budget(
    policy: Policy,
    ledger: Ledger,
    open_ones: Iterable[tuple[StandingDocument, Collection[int]]],
    now: float,
) -> Ledger:
    """Return the ledger as all runs to come would leave it, each charged in the period it is due.

    ``open_ones`` are the standing questions of the pair with the runs that were asked; what is
    asked beside them is not foreseen, and nothing is set aside.

    Raises ``BudgetExhausted`` where a period, or the lifetime, does not hold them.
    """
    due = sorted(
        (max(int(now), one.due(run)), price(one, policy))
        for one, asked in open_ones
        for run in to_come(one, asked, now)
    )
    for when, rho in due:
        ledger = ledger.reach(periods.number(policy, when))
        ledger = ledger.charge(rho) if rho else ledger
    return ledger


def to_come(standing: StandingDocument, asked: Collection[int], now: float) -> list[int]:
    """Return the runs that can still be asked."""
    runs = range(standing.runs)
    return [run for run in runs if standing.closes(run) > now and run not in asked]


def missed(standing: StandingDocument, asked: Collection[int], until: float) -> list[int]:
    """Return the runs that were not asked in their time, up to a moment."""
    runs = range(standing.runs)
    return [run for run in runs if standing.closes(run) <= until and run not in asked]


def parameters(standing: StandingDocument, run: int) -> dict[str, Any]:
    """Return the public parameters of a run."""
    moved = {
        name: value + run * standing.every
        for name in MOVING
        if isinstance(value := standing.parameters.get(name), int)
    }
    return {**standing.parameters, **moved}


def fields(standing: StandingDocument, run: int, joined: Joined) -> dict[str, Any]:
    """Return what the job of a run says, without its parameters and who asks."""
    return {
        "name": f"{standing.name[:LONGEST_NAME]}.{run + 1}",
        "template": standing.template,
        "brand": joined.brand,
        "platform": joined.platform,
        "alignment": joined.alignment,
        "receiver": standing.receiver,
        "rho": standing.rho,
        "purpose": standing.purpose,
        "standing": {"standing": standing.digest(), "run": run},
    }


def sample(standing: StandingDocument, run: int, joined: Joined) -> JobDocument:
    """Return a run of the standing question as it would be asked, for its plan and its price."""
    said = fields(standing, run, joined)
    rest = standing.to_json()
    kept = {name: rest[name] for name in ("room", "submitter", "agreement", "private", "sealed")}
    return JobDocument.from_json({**said, **kept, "parameters": parameters(standing, run)})


def check_run(standing: StandingDocument, job: JobDocument) -> Run:
    """Refuse a job that is not the run that it says to be; return which that is.

    What is sealed is compared by the two who can open it.
    """
    run = job.standing
    if run is None or run.standing != standing.digest():
        raise InvalidInput("the job is a run of no standing question, or of another one")
    refuse_unless(run.run < standing.runs, "the standing question has no such run", "standing-run")
    joined = Joined(job.brand, job.platform, job.alignment)
    bare = {"private": None, "sealed": ""}
    wanted = sample(standing, run.run, joined).to_json() | bare
    same = job.to_json() | bare == wanted and (job.private is None) == (standing.private is None)
    refuse_unless(same, "the job differs from what the standing question asks", "standing-differs")
    return run


def opens(standing: StandingDocument, run: int) -> int:
    """Return the second from which an agent takes part in a run: clocks may differ a little."""
    return standing.due(run) - min(EARLY, standing.every // 2)


def check_time(standing: StandingDocument, run: int, now: float) -> None:
    """Refuse a run that is not the present one."""
    refuse_unless(
        standing.present(now) == run, "the run is not due, or was missed", "standing-time"
    )


def check_newest(job: JobDocument, newest: Joined | None) -> None:
    """Refuse a run about other versions than the newest that are aligned."""
    refuse_unless(
        newest == (job.brand, job.platform, job.alignment),
        "the run is not about the newest aligned versions",
        "standing-versions",
    )


def newest_joined(
    ready: Versions,
    alignments: Iterable[AlignmentDocument],
    lines: tuple[tuple[str, str], tuple[str, str]],
) -> Joined | None:
    """Return the newest versions of two lines that one alignment joins, and the last one that does.

    ``alignments`` are those that are ready, in the order of their proposal.  None if none does.
    """
    found: list[tuple[int, int, int, Joined]] = []
    for number, document in enumerate(alignments):
        pair = [
            _of_line(ready, named, line)
            for named, line in zip(
                (document.brand_datasets, document.platform_datasets), lines, strict=True
            )
        ]
        brand, platform = pair
        if brand is not None and platform is not None:
            joined = Joined(brand, platform, document.identity())
            found.append((ready[brand][1], ready[platform][1], number, joined))
    return max(found)[3] if found else None


def _of_line(ready: Versions, named: Iterable[str], line: tuple[str, str]) -> str | None:
    return next((one for one in named if one in ready and ready[one][0] == line), None)
