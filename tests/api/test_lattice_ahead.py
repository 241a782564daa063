"""What a worker does ahead of lattice rows: the same answers, and nothing that outlives tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from cleanroom.engine.match import Matches
from cleanroom.mediator.gathered import Matched
from tests.api import story
from tests.api.party import World, world
from tests.api.test_jobs import expected_sums
from tests.api.test_lattice_rows import aligned, ask, give_back, opened, read, start
from tests.waits import PATIENCE


@pytest.fixture
def lattice(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator") as made:
        made.open_room(rows=["lattice"])
        yield made


def test_a_worker_does_ahead_what_it_can_and_its_answer_is_as_exact(
    lattice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It spends what it drew and matched while a question waited for approval."""
    job, worker = ask(lattice), lattice.mediator.worker()
    assert not worker.run_once()
    stores = list(worker._ahead.keys.values())
    assert sum(len(key.ahead) for key in stores) == 2 * 3  # people and sums of every output
    assert worker._ahead._matched
    worker._ahead._matched[1].result()
    monkeypatch.setattr("cleanroom.engine.release.match_people", None)
    start(lattice, job)
    assert worker.run_once()
    assert worker._ahead._matched is None
    assert give_back(lattice, job, opened(lattice, job)).status_code == 200
    assert worker.run_once()
    assert read(lattice, job) == expected_sums()
    assert sum(len(key.ahead) for key in stores) == 1  # one age was too small to be counted
    worker.close()


def test_pairs_serve_the_next_question_about_the_same_tokens_and_go_with_them(
    lattice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No token is read again; once they are gone, so is what they matched."""
    pair, worker = aligned(lattice), lattice.mediator.worker()
    for label in ("platform.age", "brand.tier"):  # row r is in the same group of either
        parameters = {"group_by": [label], "measures": ["spend"]}
        job = story.submit(lattice, story.question(lattice, pair, parameters=parameters))
        assert not worker.run_once()
        start(lattice, job)
        assert worker.run_once()
        assert give_back(lattice, job, opened(lattice, job)).status_code == 200
        assert worker.run_once()
        assert read(lattice, job) == expected_sums()
        for matching in ("mediator.gathered", "engine.release"):
            monkeypatch.setattr(f"cleanroom.{matching}.match_people", None)
        monkeypatch.setattr("cleanroom.mediator.gathered.side_tokens", None)
    assert worker._ahead._kept is not None
    body = {"dataset": pair[0]}
    lattice.brand.must_say(f"/v1/datasets/{pair[0]}/withdraw", "dataset.withdraw", body)
    assert not worker.run_once()
    assert worker._ahead._kept is None
    worker.close()


def test_a_worker_that_rests_draws_for_the_next_question(lattice: World) -> None:
    job, worker, turns = ask(lattice), lattice.mediator.worker(), iter([False, False, True])
    worker.run_once()
    [*stores] = worker._ahead.keys.values()
    before = sum(len(key.ahead) for key in stores)
    worker.draw_idly(lambda: next(turns))
    assert sum(len(key.ahead) for key in stores) == before + 2
    lattice.brand.must_say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
    worker.run_once()
    assert worker._ahead._matched is None
    worker.close()


def test_nobody_queues_behind_the_questions_of_others_that_are_matched_ahead(
    lattice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member that asks and takes back would else keep the one worker waiting for all of them."""
    begun, over, matched = Event(), Event(), []

    def slowly(_context: object, job: str) -> Matched:
        matched.append(job)
        begun.set()
        over.wait(PATIENCE)
        none = np.zeros(0, np.int64)
        return Matched(Matches(none, none), ("tokens",) * 2, ("of", "others"))

    monkeypatch.setattr("cleanroom.mediator.ahead.match_audiences", slowly)
    worker, pair = lattice.mediator.worker(), aligned(lattice)
    for name in ("first", "second"):
        job = ask(lattice, pair, name=name)
        worker.run_once()
        assert begun.wait(PATIENCE)
        lattice.brand.must_say(f"/v1/jobs/{job}/cancel", "job.cancel", {"job": job})
    job = ask(lattice, pair)
    worker.run_once()
    start(lattice, job)
    assert worker.run_once(), "it matches by itself what no thread has begun with"
    assert len(matched) == 1
    over.set()
    assert give_back(lattice, job, opened(lattice, job)).status_code == 200
    assert worker.run_once()
    assert read(lattice, job) == expected_sums()
    worker.close()


def test_what_was_matched_ahead_counts_for_the_very_tokens_alone(
    lattice: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tokens that were sealed anew meanwhile are matched anew."""
    job, worker = ask(lattice), lattice.mediator.worker()
    none = np.zeros(0, np.int64)
    made = Matched(Matches(none, none), ("tokens",) * 2, ("of", "before"))
    monkeypatch.setattr("cleanroom.mediator.ahead.match_audiences", lambda *_: made)
    worker.run_once()
    start(lattice, job)
    assert worker.run_once()
    assert give_back(lattice, job, opened(lattice, job)).status_code == 200
    assert worker.run_once()
    assert read(lattice, job) == expected_sums()
    worker.close()
