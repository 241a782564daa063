"""Large files of the vault: pieces that cannot be left out, repeated, moved or cut off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cleanroom.agent import pieces
from cleanroom.agent.vault import ALIGNED, Blocks, Vault
from cleanroom.errors import InvalidInput

PIECE = 256
SEALED = PIECE + pieces.TAG_BYTES
ROWS = np.arange(5 * PIECE // 8 + 3, dtype=np.int64)


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.setattr(pieces, "PIECE_BYTES", PIECE)
    return Vault(tmp_path, bytes(32))


def piece(data: bytes, number: int) -> bytes:
    return data[pieces.HEAD_BYTES + number * SEALED :][:SEALED]


def test_arrays_of_many_pieces_come_back(vault: Vault) -> None:
    for count in (len(ROWS), (4 * PIECE - 3 * ALIGNED) // 8):
        vault.write_arrays(vault.home / "kept", rows=ROWS[:count], flags=ROWS[:3] > 1)
        data = (vault.home / "kept").read_bytes()
        assert data.startswith(pieces.MARK)
        assert ROWS[:8].tobytes() not in data
        found = vault.read_arrays(vault.home / "kept")
        np.testing.assert_array_equal(found["rows"], ROWS[:count])
        np.testing.assert_array_equal(found["flags"], ROWS[:3] > 1)
        assert found["rows"].flags.writeable and found["rows"].flags.aligned


def test_two_files_of_the_same_arrays_share_nothing(vault: Vault) -> None:
    for name in ("one", "other"):
        vault.write_arrays(vault.home / name, rows=ROWS)
    one, other = ((vault.home / name).read_bytes() for name in ("one", "other"))
    assert {piece(one, n) for n in range(5)}.isdisjoint(piece(other, n) for n in range(5))


ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "another salt": lambda data: data[:10] + bytes([data[10] ^ 1]) + data[11:],
    "no last piece": lambda data: data[: pieces.HEAD_BYTES + 4 * SEALED],
    "cut within a piece": lambda data: data[:-9],
    "nothing but the head": lambda data: data[: pieces.HEAD_BYTES],
    "less than the head": lambda data: data[:30],
    "a head and a tag": lambda data: data[: pieces.HEAD_BYTES] + bytes(pieces.TAG_BYTES),
    "two pieces exchanged": lambda data: data.replace(piece(data, 1), b"").replace(
        piece(data, 2), piece(data, 2) + piece(data, 1)
    ),
    "a piece left out": lambda data: data.replace(piece(data, 1), b""),
    "a piece repeated": lambda data: data.replace(piece(data, 1), 2 * piece(data, 1)),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_file_is_refused(vault: Vault, attack: str) -> None:
    vault.write_arrays(vault.home / "kept", rows=ROWS)
    data = (vault.home / "kept").read_bytes()
    changed = ATTACKS[attack](data)
    assert changed != data
    (vault.home / "kept").write_bytes(changed)
    with pytest.raises(InvalidInput, match="was changed"):
        vault.read_arrays(vault.home / "kept")


def test_a_moved_file_or_one_of_another_home_is_refused(vault: Vault) -> None:
    vault.write_arrays(vault.home / "kept", rows=ROWS)
    with pytest.raises(InvalidInput, match="another home"):
        Vault(vault.home, bytes(31) + b"1").read_arrays(vault.home / "kept")
    (vault.home / "kept").rename(vault.home / "moved")
    with pytest.raises(InvalidInput, match="another home"):
        vault.read_arrays(vault.home / "moved")


def test_any_rows_are_read_and_arrays_come_in_blocks(vault: Vault) -> None:
    pairs = ROWS[: len(ROWS) // 2 * 2].reshape(-1, 2)
    for count in (3, len(pairs)):  # in one piece, and in many
        some = Blocks(pairs.dtype, (count, 2), np.array_split(pairs[:count], 3))
        vault.write_arrays(vault.home / "blocks", rows=some, flags=ROWS[:3] > 1)
        vault.write_arrays(vault.home / "whole", rows=pairs[:count], flags=ROWS[:3] > 1)
        sizes = [(vault.home / name).stat().st_size for name in ("blocks", "whole")]
        assert sizes[0] == sizes[1]
        np.testing.assert_array_equal(
            vault.read_arrays(vault.home / "blocks")["rows"], pairs[:count]
        )
        with vault.opened_arrays(vault.home / "blocks") as stored:
            assert stored["rows"].shape == (count, 2) and len(stored["rows"]) == count
            for start, stop in ((0, 0), (1, 2), (0, count), (count // 2, count + 9), (2, 37)):
                np.testing.assert_array_equal(stored["rows"][start:stop], pairs[:count][start:stop])
            np.testing.assert_array_equal(stored["flags"][:], ROWS[:3] > 1)


def test_blocks_that_are_not_what_was_said_are_not_written(vault: Vault) -> None:
    for size in (len(ROWS) - 1, len(ROWS) + 1):
        with pytest.raises(ValueError, match="different size"):
            vault.write_arrays(vault.home / "kept", rows=Blocks(ROWS.dtype, (size,), [ROWS]))
    assert not [*vault.home.iterdir()]


@pytest.mark.parametrize("attack", ["a flipped bit", "two pieces exchanged", "a piece repeated"])
def test_a_changed_file_is_refused_where_rows_are_read(vault: Vault, attack: str) -> None:
    vault.write_arrays(vault.home / "kept", rows=ROWS)
    (vault.home / "kept").write_bytes(ATTACKS[attack]((vault.home / "kept").read_bytes()))
    with (
        pytest.raises(InvalidInput, match="was changed"),
        vault.opened_arrays(vault.home / "kept") as stored,
    ):
        for start in range(0, len(ROWS), 7):
            stored["rows"][start : start + 7]
