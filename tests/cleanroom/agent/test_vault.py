"""What a party keeps at home: encrypted, bound to its place, read back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cleanroom.agent.vault import MASTER, NONCE_BYTES, Opening, Vault
from cleanroom.errors import InvalidInput

ARRAYS: dict[str, npt.NDArray[Any]] = {
    "rows": np.arange(30, dtype=np.uint8).reshape(10, 3),
    "order": np.array([3, -1, 2], dtype=np.int64),
    "none": np.zeros((0, 16), dtype=np.uint8),
    "flags": np.array([True, False]),
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.create(tmp_path, "a passphrase")


def test_arrays_come_back_with_type_and_shape(vault: Vault) -> None:
    vault.write_arrays(vault.home / "kept", **ARRAYS)
    found = Vault.open(vault.home, "a passphrase").read_arrays(vault.home / "kept")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        assert found[name].flags.aligned and found[name].flags.writeable


def test_nothing_is_readable_without_the_passphrase(vault: Vault) -> None:
    vault.write(vault.home / "kept", b"alice@example.com")
    assert b"alice" not in (vault.home / "kept").read_bytes()
    with pytest.raises(InvalidInput, match="passphrase does not open"):
        Vault.open(vault.home, "another")


def test_what_is_wrong_with_an_opening_is_raised_to_whoever_wants_the_vault(vault: Vault) -> None:
    begun = [Opening(vault.home, "a passphrase"), Opening(vault.home / "none", "a passphrase")]
    assert begun[0].vault().expose() == vault.expose()
    with pytest.raises(InvalidInput, match="is not a party's home"):
        begun[1].vault()


@pytest.mark.parametrize(
    "written",
    [
        None,
        b"",
        b'{"salt": "AAAA", "nonce": "AA',
        b"[]",
        b"{}",
        b'{"salt": 1, "nonce": 1, "wrapped": 1, "cost": 131072}',
        b'{"salt": "AAAA", "nonce": "AAAA", "wrapped": "AAAA", "cost": 131072}',
        b'{"salt": "!", "nonce": "!", "wrapped": "!", "cost": 131072}',
    ],
)
def test_a_damaged_file_of_the_master_key_is_named_with_a_way_out(
    vault: Vault, written: bytes | None
) -> None:
    vault.write(vault.home / "keys" / "signing", b"a key")
    if written is None:
        (vault.home / MASTER).unlink()
    else:
        (vault.home / MASTER).write_bytes(written)
    with pytest.raises(InvalidInput, match="master.json is missing or damaged.*party recover"):
        Vault.open(vault.home, "a passphrase")


def test_a_passphrase_in_another_encoding_is_told_and_makes_no_home(tmp_path: Path) -> None:
    foreign = b"caf\xe9 au lait".decode(errors="surrogateescape")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        Vault.create(tmp_path / "new", foreign)
    assert not (tmp_path / "new").exists()
    Vault.create(tmp_path / "home", "a passphrase")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        Vault.open(tmp_path / "home", foreign)


@pytest.mark.parametrize("place", [0, NONCE_BYTES, -1])
def test_a_flipped_bit_is_refused(vault: Vault, place: int) -> None:
    vault.write_arrays(vault.home / "kept", **ARRAYS)
    data = bytearray((vault.home / "kept").read_bytes())
    data[place] ^= 1
    (vault.home / "kept").write_bytes(data)
    with pytest.raises(InvalidInput, match="was changed"):
        vault.read_arrays(vault.home / "kept")


def test_a_file_cut_short_or_moved_is_refused(vault: Vault) -> None:
    vault.write(vault.home / "kept", b"one")
    (vault.home / "kept").rename(vault.home / "moved")
    with pytest.raises(InvalidInput, match="another home"):
        vault.read(vault.home / "moved")
    (vault.home / "moved").write_bytes(b"short")
    with pytest.raises(InvalidInput, match="cut short"):
        vault.read(vault.home / "moved")


def test_a_link_to_another_file_does_not_pass_for_it(vault: Vault) -> None:
    vault.write(vault.home / "jobs" / "one" / "noise", b"one")
    vault.write(vault.home / "jobs" / "two" / "noise", b"two")
    (vault.home / "jobs" / "two" / "noise").unlink()
    (vault.home / "jobs" / "two" / "noise").symlink_to(vault.home / "jobs" / "one" / "noise")
    (vault.home / "jobs" / "three").symlink_to(vault.home / "jobs" / "one")
    for job in ("two", "three"):
        with pytest.raises(InvalidInput, match="was changed"):
            vault.read(vault.home / "jobs" / job / "noise")


def test_a_home_may_be_reached_by_a_link(
    vault: Vault, tmp_path_factory: pytest.TempPathFactory
) -> None:
    vault.write(vault.home / "kept", b"one")
    link = tmp_path_factory.mktemp("elsewhere") / "home"
    link.symlink_to(vault.home)
    assert Vault.open(link, "a passphrase").read(link / "kept") == b"one"


def test_nothing_is_kept_outside_the_home(vault: Vault) -> None:
    with pytest.raises(ValueError, match="subpath"):
        vault.write(vault.home / ".." / "kept", b"one")
