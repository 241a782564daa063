"""A template says which sides may receive its answer, and refuses the others: forms go by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cleanroom.documents.agreement import SIDES
from cleanroom.errors import PolicyRefusal
from cleanroom.queries.registry import template
from tests.cleanroom.queries.scenes import SCENES, scene


@pytest.mark.parametrize("name", SCENES)
def test_a_side_receives_unless_the_template_says_otherwise(name):
    asked, question = template(name.split(maxsplit=1)[0]), scene(name).job.question
    refused = []
    for side in SIDES:
        job = question.job.model_copy(update={"receiver": side})
        try:
            asked.plan(replace(question, job=job))
        except PolicyRefusal as refusal:
            assert "receive" in refusal.rule
            refused.append(side)
    assert (*asked.receivers, *refused) in (SIDES, SIDES[::-1])
    assert [asked.receiver(side) for side in refused] == [*asked.receivers] * len(refused)
    assert [asked.receiver(side) for side in asked.receivers] == [*asked.receivers]
