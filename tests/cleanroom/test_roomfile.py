"""What a room file may say."""

from pathlib import Path

import pytest

from cleanroom.agent.room_file import RoomFile
from cleanroom.errors import InvalidInput

FILE = """
[room]
name = "spring"

[[jobs]]
name = "overlap"
template = "overlap"
brand = "crm"
platform = "users"
receiver = "{receiver}"
"""


def read(folder: Path, receiver: str) -> RoomFile:
    file = folder / "room.toml"
    file.write_text(FILE.format(receiver=receiver), "utf-8")
    return RoomFile.read(file)


@pytest.mark.parametrize("receiver", ["brand", "platform"])
def test_a_party_receives(tmp_path: Path, receiver: str) -> None:
    assert read(tmp_path, receiver).jobs[0].receiver == receiver


@pytest.mark.parametrize("receiver", ["auditor", "mediator", ""])
def test_nobody_else_receives(tmp_path: Path, receiver: str) -> None:
    with pytest.raises(InvalidInput, match="receiver"):
        read(tmp_path, receiver)
