"""What of a room file is aligned, and in how many alignments."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from cleanroom.agent.room_file import RoomFile
from cleanroom.agent.to_align import to_align
from cleanroom.documents.agreement import Card

RAW = '{ column = "id", profile = "raw:v1" }'
MAIL = '{ column = "m", profile = "email:uid2:v1" }'
FILES = {
    "brand": {"crm": RAW, "mails": MAIL},
    "platform": {"views": RAW, "users": f"[{RAW}, {MAIL}]"},
}
CRM, MAILS = ("brand", "crm"), ("brand", "mails")
VIEWS, USERS = ("platform", "views"), ("platform", "users")


def described(folder: Path, left_out: str = "") -> RoomFile:
    sections = [
        f'[datasets.{side}.{name}]\nfile = "x.csv"\nkind = "audience"\nid = {identifiers}\n'
        for side, named in FILES.items()
        for name, identifiers in named.items()
        if name != left_out
    ]
    path = folder / "room.toml"
    path.write_text('[room]\nname = "r"\nrehearsal = true\n' + "".join(sections))
    return RoomFile.read(path)


def card(name: str) -> Card:
    keys = {key: secrets.token_hex(32) for key in ("signing_key", "sealing_key")}
    return Card.from_json({"name": name, "role": name, **keys})


def chosen(file: RoomFile, *asked: tuple[tuple[str, str], tuple[str, str]]) -> object:
    cards = (card("brand"), card("platform"))
    key, nonce = secrets.token_hex(32), secrets.token_hex(16)
    return to_align(file, file.agreement(cards, "log.test", key, nonce, time.time()), asked)


def test_all_are_aligned_at_once_where_every_two_have_a_kind_in_common(tmp_path: Path) -> None:
    found = chosen(described(tmp_path, left_out="views"), (CRM, USERS))
    assert found == [(["brand.crm", "brand.mails"], ["platform.users"])]


def test_else_what_is_asked_about_alone_and_what_goes_together_at_once(tmp_path: Path) -> None:
    found = chosen(described(tmp_path), (CRM, VIEWS), (MAILS, USERS), (CRM, USERS))
    assert found == [
        (["brand.crm"], ["platform.views", "platform.users"]),
        (["brand.mails"], ["platform.users"]),
    ]
    assert chosen(described(tmp_path), (MAILS, USERS)) == [(["brand.mails"], ["platform.users"])]
