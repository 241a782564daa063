"""Keys survive a kill at any instant: old or new, never half, and what was kept stays."""

from __future__ import annotations

import json
import multiprocessing
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from cleanroom.agent import home as homes
from cleanroom.agent import keys, vault
from cleanroom.agent.home import Home
from cleanroom.agent.vault import Vault
from cleanroom.cli.root import app
from cleanroom.cli.run import run
from cleanroom.errors import Conflict, InvalidInput
from tests.waits import PATIENCE

PASSPHRASE = "a long enough phrase"


class Killed(BaseException):
    """End a command between two writes."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path / "acme", PASSPHRASE, "acme", "brand", "http://127.0.0.1:1")


def killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die instead of the write of that number, and of the removal after them."""
    real, unlink, writes = vault.write_file, Path.unlink, iter(range(1_000))

    def step(write: Any, *arguments: Any, **options: Any) -> None:
        if next(writes) == number:
            raise Killed
        write(*arguments, **options)

    for module in (vault, homes, keys):
        monkeypatch.setattr(module, "write_file", lambda *a, **o: step(real, *a, **o))
    monkeypatch.setattr(Path, "unlink", lambda *a, **o: step(unlink, *a, **o))


def secrets_of(home: Home) -> tuple[bytes, bytes, bytes]:
    return home.signing.expose(), home.sealing.expose(), home.label_key


def test_a_rotation_killed_anywhere_is_undone_or_finished(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, outcomes = secrets_of(home), []
    for number in range(40):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(home.path, copy)
        with monkeypatch.context() as patch:
            opened = Home.open(copy, PASSPHRASE)
            killed_at(number, patch)
            try:
                keys.rotate(opened, [])
            except Killed:
                ended = False
            else:
                ended = True
        after = Home.open(copy, PASSPHRASE)
        assert after.signing.verifying_key.raw.hex() == after.card.signing_key
        assert after.sealing.public_key.raw.hex() == after.card.sealing_key
        outcomes.append(secrets_of(after) != before)
        assert (after.card == home.card) == (secrets_of(after) == before)
        if outcomes[-1]:
            assert secrets_of(after.as_of(home.card)) == before
        again = Home.open(copy, PASSPHRASE)
        present = secrets_of(again)
        keys.rotate(again, [])
        last = Home.open(copy, PASSPHRASE)
        assert secrets_of(last.as_of(home.card)) == before
        assert secrets_of(last.as_of(again.card)) == present
        if ended:
            break
    assert ended
    assert outcomes == sorted(outcomes)
    assert {False, True} == set(outcomes)


def test_shares_open_a_home_whose_rotation_was_interrupted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares, old = keys.split(home), home.card
    with monkeypatch.context() as patch:
        killed_at(6, patch)
        with pytest.raises(Killed):
            keys.rotate(home, [])
    assert (home.path / homes.NEXT).exists()
    again = keys.recover(home.path, shares[:2], "another phrase")
    assert again.card != old
    assert Home.open(home.path, "another phrase").card == again.card


def test_a_stale_command_does_not_replace_keys_again(home: Home) -> None:
    stale = Home.open(home.path, PASSPHRASE)
    assert stale.card == home.card
    keys.rotate(home, [])
    with pytest.raises(Conflict):
        keys.rotate(stale, [])


def test_a_party_half_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        path = tmp_path / f"home-{number}"
        with monkeypatch.context() as patch:
            killed_at(number, patch)
            try:
                Home.create(path, PASSPHRASE, "acme", "brand", "none")
            except Killed:
                ended = False
            else:
                ended = True
        if ended:
            break
        made = Home.create(path, PASSPHRASE, "acme", "brand", "none")
        assert secrets_of(Home.open(path, PASSPHRASE)) == secrets_of(made)
    assert ended
    assert number >= 5


def test_a_home_is_not_made_over_another(home: Home) -> None:
    for lost in ("", "card.json"):
        if lost:
            (home.path / "rooms").mkdir()
            (home.path / lost).unlink()
        with pytest.raises(InvalidInput, match="already holds"):
            Home.create(home.path, PASSPHRASE, "acme", "brand", "none")


@pytest.mark.parametrize("name", ["a b", "", "x" * 65, "é", "a/b", ".."])
def test_a_bad_name_is_refused_before_keys_are_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="party's name"):
        Home.create(tmp_path / "acme", PASSPHRASE, name, "brand", "none")
    assert not (tmp_path / "acme").exists()


def master(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / vault.MASTER).read_text())
    return found


def test_a_new_vault_is_stretched_as_far_as_owasp_asks(full_stretch: None, tmp_path: Path) -> None:
    Vault.create(tmp_path, PASSPHRASE)
    assert master(tmp_path)["cost"] == 1 << 17


def test_an_old_vault_opens_and_is_stretched_further(
    full_stretch: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(vault, "SCRYPT_COST", vault.OLD_COST)
        key = Vault.create(tmp_path, PASSPHRASE).expose()
    stored = master(tmp_path)
    del stored["cost"]  # as vaults were written before
    (tmp_path / vault.MASTER).write_text(json.dumps(stored))
    with pytest.raises(InvalidInput):
        Vault.open(tmp_path, "another")
    assert master(tmp_path) == stored
    assert Vault.open(tmp_path, PASSPHRASE).expose() == key
    assert master(tmp_path)["cost"] == 1 << 17
    assert Vault.open(tmp_path, PASSPHRASE).expose() == key


@pytest.mark.parametrize("cost", [1, 1 << 14, 1 << 21])
def test_a_vault_cannot_ask_for_a_weak_or_an_endless_stretch(tmp_path: Path, cost: int) -> None:
    Vault.create(tmp_path, PASSPHRASE)
    (tmp_path / vault.MASTER).write_text(json.dumps({**master(tmp_path), "cost": cost}))
    with pytest.raises(InvalidInput, match="stretch"):
        Vault.open(tmp_path, PASSPHRASE)


def typed(monkeypatch: pytest.MonkeyPatch, passphrase: str, *words: str) -> int:
    monkeypatch.setenv("CLEANROOM_PASSPHRASE", passphrase)
    return run(app, words)


def test_the_command_wants_a_passphrase_and_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = tmp_path / "acme"
    init = ("party", "init", "--name", "acme", "--role", "brand", "--home", str(at))
    assert typed(monkeypatch, "short", *init) == 2
    assert typed(monkeypatch, PASSPHRASE, *init, "--mediator", "rooms.example") == 2
    assert not at.exists()
    assert typed(monkeypatch, PASSPHRASE, *init) == 0
    signing, sealing = Home.open(at, PASSPHRASE).card.fingerprints()
    printed = capsys.readouterr().out
    assert signing in printed
    assert sealing in printed
    move = ("party", "mediator", "https://rooms.example", "--home", str(at))
    assert typed(monkeypatch, PASSPHRASE, *move) == 0
    assert Home.open(at, PASSPHRASE).mediator == "https://rooms.example"
    assert typed(monkeypatch, PASSPHRASE, "party", "mediator", "ftp://x", "--home", str(at)) == 2


def core_limit(found: Any) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    run(app, ["ids", "explain", "a@b.example", "--profile", "email:uid2:v1"])
    found.put(resource.getrlimit(resource.RLIMIT_CORE))


def test_no_command_leaves_its_memory_on_a_disk() -> None:
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    process = context.Process(target=core_limit, args=(found,))
    process.start()
    assert found.get(timeout=PATIENCE) == (0, 0)
    process.join()
