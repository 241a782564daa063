"""Keys are lost, split, recovered, replaced and revoked."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from cleanroom.agent import keys
from cleanroom.agent.home import Home
from cleanroom.errors import Conflict, InvalidInput
from tests.api.party import World


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "acme", "forgotten", "acme", "brand", "http://127.0.0.1:1")


def test_any_two_of_three_shares_open_a_home_again(home: Home) -> None:
    shares = keys.split(home)
    for number, pair in enumerate(combinations(shares, 2)):
        phrase = f"new-{number}"
        again = keys.recover(home.path, pair, phrase)
        assert again.signing.expose() == home.signing.expose()
        assert Home.open(home.path, phrase).label_key == home.label_key
    with pytest.raises(InvalidInput):
        Home.open(home.path, "forgotten")


def test_one_share_or_shares_that_do_not_fit_change_nothing(home: Home, tmp_path: Path) -> None:
    first, second, third = keys.split(home)
    other = keys.split(home)
    stranger = Home.create(tmp_path / "else", "x", "acme", "brand", "none")
    spoilt = second.model_copy(update={"share": "00" * 32})
    for shares in (
        [first],
        [first, first],
        [first, other[1]],
        [first, spoilt],
        keys.split(stranger),
    ):
        with pytest.raises(InvalidInput):
            keys.recover(home.path, shares, "new")
    assert Home.open(home.path, "forgotten").card == home.card
    assert third.share not in (first.share, second.share)


@pytest.mark.parametrize("written", [b"", b'{"party": "acme"', b"{}"])
def test_a_file_that_is_no_share_is_named(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "acme-share-2.json").write_bytes(written)
    with pytest.raises(InvalidInput, match=r"acme-share-2\.json is not a share: "):
        keys.Share.read(tmp_path / "acme-share-2.json")


def test_a_file_of_the_home_that_was_cut_is_named_with_a_way_out(home: Home) -> None:
    (home.path / "mediator.json").write_bytes(b'{"url": "http')
    with pytest.raises(InvalidInput, match=r"mediator\.json is damaged\. Put back the newest copy"):
        _ = home.mediator


def test_a_share_alone_is_not_the_key(home: Home) -> None:
    master = home.vault.expose()
    for share in keys.split(home):
        data = bytes.fromhex(share.share)
        assert master[:16] not in data
        assert master[16:] not in data
    assert keys.split(home)[0].share != keys.split(home)[0].share


def test_rotation_makes_every_key_new_and_keeps_the_old_ones_to_read(home: Home) -> None:
    before = (home.signing.expose(), home.sealing.expose(), home.label_key)
    old = home.card
    with pytest.raises(Conflict, match="spring.*cleanroom room close --room ROOM"):
        keys.rotate(home, ["spring"])
    card = keys.rotate(home, [])
    after = Home.open(home.path, "forgotten")
    assert after.card == card
    assert card.name == old.name
    now = (after.signing.expose(), after.sealing.expose(), after.label_key)
    assert not set(before) & set(now)
    kept = home.path / "keys" / home.signing.verifying_key.fingerprint()
    found = tuple(after.vault.read(kept / name) for name in ("signing", "sealing", "labels"))
    assert found == before


def test_a_rotated_key_is_refused_like_an_unknown_one(place: World) -> None:
    from cleanroom.documents.agreement import Card

    old = place.brand.key
    place.brand.key = type(old).generate(lambda count: bytes(range(count)))
    unknown = place.brand.get("/v1/rooms")
    place.mediator.access.admit(Card.from_json(place.brand.card.to_json()))
    assert place.brand.get("/v1/rooms").status_code == 200
    place.mediator.access.revoke(old.verifying_key.fingerprint())
    place.brand.key = old
    rotated = place.brand.get("/v1/rooms")
    bodies = [answer.get_json() for answer in (unknown, rotated)]
    for body in bodies:
        del body["instance"]
    assert (unknown.status_code, rotated.status_code) == (401, 401)
    assert bodies[0] == bodies[1]


def test_the_commands_split_and_recover(home: Home, tmp_path: Path) -> None:
    from tests.end_to_end.conftest import cleanroom

    out, at = tmp_path / "shares", str(home.path)
    done = cleanroom(
        "party", "backup-key", "--out", str(out), "--home", at, CLEANROOM_PASSPHRASE="forgotten"
    )
    assert done.returncode == 0, done.stderr
    files = sorted(str(file) for file in out.iterdir())
    assert len(files) == 3
    assert all(Path(file).stat().st_mode & 0o077 == 0 for file in files)
    done = cleanroom("party", "recover", *files[1:], "--home", at, CLEANROOM_PASSPHRASE="fresh one")
    assert done.returncode == 0, done.stderr
    assert Home.open(home.path, "fresh one").card == home.card
