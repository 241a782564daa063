"""What the mediator stored is what it computes with and hands out, bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cleanroom.mediator import releases
from cleanroom.mediator.bootstrap import initialise
from cleanroom.mediator.ports import StorageFault
from tests.api import story
from tests.api.party import World, world


@pytest.fixture
def room(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "mediator") as made:
        made.open_room()
        yield made


def flip(file: Path) -> None:
    """Turn one bit of a stored chunk over, as a disk does."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def chunks(room: World, pattern: str) -> list[Path]:
    found = [file for file in room.home.rglob(pattern) if file.is_file()]
    assert found
    return found


@pytest.mark.parametrize("pattern", ["datasets/*/rows/0-*", "alignments/*/tokens/**/0-*"])
def test_a_bit_flipped_on_disk_reaches_no_sum(room: World, pattern: str) -> None:
    job = story.started(room)
    releases.compute(room.mediator.context, job, None)
    flip(chunks(room, pattern)[0])
    with pytest.raises(StorageFault):
        releases.compute(room.mediator.context, job, None)


def test_a_part_of_a_result_that_rotted_is_not_handed_out(room: World) -> None:
    job = story.started(room)
    assert room.mediator.worker().run_once()
    path = f"/v1/jobs/{job}/result?part=people"
    assert room.brand.get(path).status_code == 200
    for file in chunks(room, "jobs/**/people"):
        flip(file)
    assert room.brand.get(path).status_code == 503


def test_a_folder_that_was_there_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "mediator"
    home.mkdir()
    home.chmod(0o755)
    initialise(home, "log.test")
    assert home.stat().st_mode & 0o777 == 0o700
