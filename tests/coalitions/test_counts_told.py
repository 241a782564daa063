"""A brand that does not receive makes rows so that one person of the platform decides what passes.

Line "aggregates" of the table "who learns what".  Where a window is cut into steps, the platform
has many rows of a person whom it saw often, and a brand that names every step meets all of them.
Everything that is shown to it is compared in two worlds with the same documents: in one of them the
platform saw the person that it chose many times, in the other it saw somebody else so.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cleanroom.documents.release import ReleaseDocument
from cleanroom.mediator import releases
from cleanroom.queries.attribution.template import Attribution
from cleanroom.queries.plan import Plan
from tests.cleanroom.queries.harness import Answer, ask, events
from tests.cleanroom.queries.journeys import START
from tests.coalitions.told import shown, working

TICKS = 32
ASKED = {
    "model": "last_touch", "start": START, "end": START + TICKS, "window": "2s",
    "max_conversions": 1,
}  # fmt: skip
NOISY = {"noise": "discrete-gaussian", "k_min": 10, "rho_per_release": 50.0, "rho_budget": 100.0}
TARGET, OTHER = "target", "other"
STRANGERS = [f"stranger {number}" for number in range(70)]
OFTEN = list(range(1, TICKS, 3))


def every_step_of(target: int, made: Any) -> Any:
    """Make a row of one person for each node that a window can be cut into."""
    sizes = [TICKS >> level for level in range(TICKS.bit_length())]
    many = sum(sizes)
    return replace(
        made,
        row=np.arange(many),
        person=np.full(many, target),
        level=np.repeat(np.arange(len(sizes)), sizes),
        index=np.concatenate([np.arange(size) for size in sizes]),
        rows=many,
        label=np.zeros(many, dtype=np.int32),
        flag=np.ones(many, dtype=np.bool_),
        values=made.values[np.zeros(many, dtype=np.int64)],
    )


def ask_about(often: str) -> Answer:
    """Ask for last touches, which the platform receives; all of the brand's rows are the target's.

    ``often`` is whom the platform saw many times.
    """
    honest = Attribution.rows

    def lying(self: Any, question: Any, data: Any) -> Any:
        made = honest(self, question, data)
        if data.side == "platform":
            return made
        return every_step_of(list(data.table.people).index(TARGET.encode()), made)

    buyers = [TARGET, *STRANGERS]
    seen = [(who, at) for who in (TARGET, OTHER) for at in (OFTEN if who == often else [1])]
    names, moments = zip(*seen, strict=True)
    brand = events(buyers, [START + 1] * len(buyers))
    platform = events(
        list(names), [START + at for at in moments], None, {"campaign": ["A"] * len(names)}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attribution, "rows", lying)
        return ask("attribution", ASKED, brand, platform, receiver="platform", **NOISY)


def both_worlds() -> list[tuple[Answer, int]]:
    """Ask in both worlds; with each answer, how many numbers were raised to a power."""
    found = []
    for often in (OTHER, TARGET):
        with working() as worked:
            found.append((ask_about(often), sum(worked)))
    return found


def said(answer: Answer) -> list[tuple[str, str]]:
    return [(party, kind) for party, kind, _ in answer.desk.said]


def test_a_brand_with_made_up_rows_sees_nothing_of_whom_it_chose():
    """Neither from the log, nor from what the receiver says, nor from the mediator's time."""
    (without, less), (with_target, more) = both_worlds()
    assert shown(without) == shown(with_target)
    assert shown(with_target)["released"] is shown(with_target)["suppressed"] is None
    assert said(without) == said(with_target)
    assert less == more
    # The receiver alone sees it, in an answer about whom it saw itself.
    assert [len(answer.release.groups) for answer in (without, with_target)] == [0, 1]


def test_with_the_number_of_groups_in_the_log_it_reads_whom_the_platform_saw_often(monkeypatch):
    told = releases.facts

    def of_uploaded_rows(answer, asked):
        """Tell what is told of rows that were uploaded once, one for each person."""
        plan = replace(asked.plan, source="audience")
        return told(
            answer, SimpleNamespace(plan=plan, charge=asked.charge, agreement=asked.agreement)
        )

    monkeypatch.setattr(releases, "facts", of_uploaded_rows)
    counts = [shown(answer)["released"] for answer, _ in both_worlds()]
    assert counts == [0, 1]


def of_nobody(answer: Answer) -> str:
    """Return the digest of a release in which no group passed, as anybody can compute it."""
    head = {"groups": [], "labels": [], "people": sha256(b"").hexdigest()}
    return ReleaseDocument.from_json(answer.document.to_json() | head).digest()


def test_nobody_can_tell_by_a_digest_that_no_group_passed():
    """What an empty answer says follows from documents, but for what people are encrypted to."""
    answer = ask_about(OTHER)
    assert not answer.release.groups
    assert of_nobody(answer) != answer.document.digest()
    assert len(answer.release.people) == answer.brand.plan.outputs


def test_where_as_much_is_encrypted_as_passes_the_digest_of_nothing_is_known(monkeypatch):
    monkeypatch.setattr(Plan, "people_outputs", lambda _, released: released)
    answer = ask_about(OTHER)
    assert of_nobody(answer) == answer.document.digest()


def test_with_work_that_follows_from_what_passes_it_reads_it_from_the_time(monkeypatch):
    monkeypatch.setattr(Plan, "people_outputs", lambda _, released: released)
    (_, less), (_, more) = both_worlds()
    assert more == less + 1
