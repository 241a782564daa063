"""Two servers and two workers share one database: a room goes on at whichever is left."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.app import create_app
from api.backup import backup
from api.check import check
from cleanroom.errors import InvalidInput
from cleanroom.mediator import releases
from cleanroom.mediator.bootstrap import open_mediator
from tests.api import story
from tests.api.conftest import verify_logs
from tests.api.party import World, world
from tests.postgresql import Cluster


@pytest.fixture
def room(tmp_path: Path, cluster: Cluster, bucket: str) -> Iterator[World]:
    with world(tmp_path / "mediator", store=cluster.fresh(), blobs=bucket) as made:
        made.open_room()
        yield made
        verify_logs(made)
        made.mediator.context.store.close()


def test_a_dead_servers_rooms_and_a_dead_workers_job_go_on_elsewhere(room: World) -> None:
    kept = {file.name for file in room.home.iterdir()}
    assert kept == {"mediator.key", "settings.json", "server.lock"}
    job = story.started(room)
    # Of two workers that look at once, one has the job.
    other = open_mediator(room.home, clock=room.clock)
    workers = [mediator.worker() for mediator in (room.mediator, other, room.mediator, other)]
    with ThreadPoolExecutor(4) as pool:
        leases = [lease for lease in pool.map(lambda one: one.take(), workers) if lease]
    assert len(leases) == 1
    # It falls silent, and its server is gone: every party asks the other one from now on.
    room.mediator.context.store.close()
    client = create_app(other).test_client()
    for party in (room.brand, room.platform, room.auditor, room.stranger):
        party.http = client
    gone, room.mediator = room.mediator, other
    assert other.worker().take() is None
    room.clock.shift = other.context.settings.lease_seconds + 1
    second = other.worker().take()
    assert second is not None
    assert second.fence == leases[0].fence + 1
    answer = releases.compute(other.context, job, None)
    late = open_mediator(room.home, clock=room.clock).worker()
    assert not late.finish(leases[0], answer)
    assert other.worker().finish(second, answer)
    assert not late.finish(second, answer)
    assert room.brand.get(f"/v1/jobs/{job}").get_json()["state"] == "AWAITING_DECRYPTION"
    assert check(room.home)[room.room] > 5
    assert gone is not other


def test_a_home_that_keeps_its_state_elsewhere_is_copied_and_opened_from_nowhere_else(
    room: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="keeps all of its state there"):
        backup(room.home, tmp_path / "copy")
    monkeypatch.setenv("CLEANROOM_STORE", "postgresql://elsewhere/x")
    with pytest.raises(InvalidInput, match="CLEANROOM_STORE"):
        open_mediator(room.home)
