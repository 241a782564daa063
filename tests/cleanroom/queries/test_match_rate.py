"""The match rate of each kind of identifier, against sets of texts, and whom one person moves."""

from __future__ import annotations

import numpy as np
import pytest

from cleanroom.agent.job_rows import party_data
from cleanroom.queries.match_rate import sensitivity
from tests.cleanroom.ingest.identity_oracle import Row, people_of
from tests.cleanroom.queries.harness import Measure, ask, audience
from tests.cleanroom.queries.test_several_kinds import (
    KINDS,
    OURS,
    THEIRS,
    crm,
    touches,
    users,
)


def kept(rows: list[Row], kind: str) -> set[str]:
    """Return the identifiers of a kind that a person keeps, by the text of the rules."""
    place = KINDS.index(kind)
    return {str(one[place]) for one in people_of(rows, KINDS).kept.values() if one[place]}


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_each_kind_counts_what_both_sides_keep_of_it(receiver: str) -> None:
    answer = ask("match_rate", {}, crm(OURS), touches(THEIRS), receiver=receiver)
    own = OURS if receiver == "brand" else THEIRS
    wanted = {}
    for kind in KINDS:
        both, of = kept(OURS, kind) & kept(THEIRS, kind), kept(own, kind)
        wanted[kind] = (len(both), len(of), pytest.approx(len(both) / len(of)))
    groups = answer.result["groups"]
    assert {g["key"]["identifier"]: (g["people"], g["of"], g["rate"]) for g in groups} == wanted
    best = max(wanted, key=lambda kind: wanted[kind][0] / wanted[kind][1])
    assert answer.result["most"] == {"identifier": best}
    assert answer.result["sentence"].startswith(f"By {best} both sides know")


def test_every_person_has_a_row_of_each_kind_and_padding_looks_alike() -> None:
    answer = ask("match_rate", {}, crm(OURS), users(THEIRS), noise="discrete-gaussian")
    for job, rows in ((answer.brand, OURS), (answer.platform, THEIRS)):
        made = job.template.rows(job.question, party_data(job))
        assert made.rows == 2 * len(people_of(rows, KINDS).kept)
        counts = np.bincount(made.label[: made.rows])
        assert set(counts) == ({made.rows} if job.receives else {made.rows // 2})


def test_a_person_moves_each_count_by_one_at_most() -> None:
    """Take everybody out of either file in turn, as its owner's agent found them."""
    answer = ask("match_rate", {}, crm(OURS), users(THEIRS), noise="discrete-gaussian")
    assert answer.brand.plan.people_delta == sensitivity.match_rate(2).people
    most = 0.0
    for job, others in ((answer.brand, THEIRS), (answer.platform, OURS)):
        table = job.dataset.table()
        sets = [{f"{text}" for text in kept(others, kind)} for kind in KINDS]
        for person in table.identifiers if table.identifiers is not None else ():
            texts = [table.values[place].decode() for place in person if place >= 0]
            moved = [sum(text in known for text in texts) for known in sets]
            assert max(moved) <= 1
            most = max(most, float(np.linalg.norm(moved)))
    assert most == pytest.approx(answer.brand.plan.people_delta.l2)


def test_no_kind_is_pooled_with_another_and_one_below_the_threshold_is_held_back() -> None:
    rows: list[Row] = [(f"p{n}@example.com", f"+861380013{8000 + n}") for n in range(30)]
    few = [(email, phone if n < 4 else f"+861390013{8000 + n}")
           for n, (email, phone) in enumerate(rows)]  # fmt: skip
    answer = ask("match_rate", {}, crm(rows), users(few), k_min=10)
    assert [group["key"]["identifier"] for group in answer.result["groups"]] == ["email"]
    assert answer.result["other"] is None
    assert answer.result["most"] is None
    assert answer.result["suppressed"]["groups"] == 1


def test_files_with_one_kind_have_one_rate() -> None:
    spend = {"spend": Measure([1, 2, 3], 9)}
    answer = ask("match_rate", {}, audience(list("abc"), measures=spend), audience(list("bcd")))
    assert [(g["people"], g["of"]) for g in answer.result["groups"]] == [(2, 3)]
