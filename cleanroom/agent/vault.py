"""Keep a party's secrets in files that only its passphrase opens.

One random master key encrypts every file (AES-256-GCM, the file's path within the home as
associated data, so files cannot be swapped); scrypt (RFC 7914) of the passphrase wraps the master
key.  Large arrays are encrypted piece by piece (``pieces``).  Files are written beside their
place, flushed and renamed, mode 0600.
"""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from cleanroom.agent import pieces
from cleanroom.errors import InvalidInput
from cleanroom.files import make_folder, replacing, write_file
from protocols.deferred import Deferred

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = Deferred("numpy")

SCRYPT_COST = 1 << 17
"""N of scrypt, with r = 8 and p = 1: 128 MiB and about half a second, OWASP's least for this r."""

OLD_COST, GREATEST_COST = 1 << 15, 1 << 20
"""N of vaults that name none, and the most that opening one may take: a GiB."""

MASTER_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
ALIGNED = 64

MASTER = Path("keys") / "master.json"
PARTS = ("salt", "nonce", "wrapped")
"""What a master key's file holds, in base64."""


class Vault:
    """Read and write encrypted files below one home."""

    def __init__(self, home: Path, master: bytes) -> None:
        self.home = home
        self._master = master
        self._cipher = AESGCM(master)

    def __repr__(self) -> str:
        return f"Vault({self.home})"

    @classmethod
    def create(cls, home: Path, passphrase: str) -> Vault:
        """Make a home's vault; raise ``InvalidInput`` if the passphrase is empty."""
        made = cls(home, AESGCM.generate_key(8 * MASTER_BYTES))
        made.wrap(passphrase)
        return made

    def wrap(self, passphrase: str) -> None:
        """Let another passphrase open this home from now on; no file is encrypted anew."""
        if not passphrase:
            raise InvalidInput("The passphrase is empty.", remedy="Set CLEANROOM_PASSPHRASE.")
        salt, nonce = os.urandom(16), os.urandom(NONCE_BYTES)
        key = _stretch(passphrase, salt, SCRYPT_COST)
        wrapped = AESGCM(key).encrypt(nonce, self._master, b"master")
        parts = zip(PARTS, (salt, nonce, wrapped), strict=True)
        text = {name: base64.b64encode(part).decode() for name, part in parts}
        write_file(self.home / MASTER, json.dumps({**text, "cost": SCRYPT_COST}).encode())

    def expose(self) -> bytes:
        """Return the master key; only a split for recovery has a use for it."""
        return self._master

    @classmethod
    def open(cls, home: Path, passphrase: str) -> Vault:
        """Open a home's vault; raise ``InvalidInput`` for no vault or a wrong passphrase.

        One that a shorter stretch protects is wrapped anew, where the home can be written.
        """
        return Opening(home, passphrase).vault()

    def write(self, path: Path, data: bytes | memoryview) -> None:
        """Encrypt data into a file below the home."""
        sealed = memoryview(bytearray(NONCE_BYTES + len(data) + TAG_BYTES))
        nonce = os.urandom(NONCE_BYTES)
        sealed[:NONCE_BYTES] = nonce
        self._cipher.encrypt_into(nonce, data, self._name(path), sealed[NONCE_BYTES:])
        write_file(path, sealed)

    def read(self, path: Path) -> bytes:
        """Decrypt a file; raise ``InvalidInput`` if it was changed or moved."""
        return bytes(self._read(path))

    def write_arrays(self, path: Path, **arrays: npt.NDArray[Any] | Blocks) -> None:
        """Encrypt named arrays into a file: a head in JSON, then each one's bytes.

        Every part begins at a multiple of ``ALIGNED`` bytes, so that what is read back can be
        used where it lies.  ``Blocks`` are asked for one by one, and held one at a time.
        """
        blocks = {name: blocks_of(array) for name, array in arrays.items()}
        head = {name: [array.dtype.str, array.shape] for name, array in blocks.items()}
        described = json.dumps(head).encode()
        sizes = [_size_of(array.dtype, array.shape) for array in blocks.values()]
        make_folder(path.parent)
        if ALIGNED + sum(map(_room_of, (len(described), *sizes))) <= pieces.PIECE_BYTES:
            self.write(path, b"".join(_parts(described, blocks.values())))
            return
        with replacing(path) as file:
            parts = _parts(described, blocks.values())
            pieces.write(file, self._master, self._name(path), parts)

    def read_arrays(self, path: Path) -> dict[str, npt.NDArray[Any]]:
        """Decrypt named arrays; they share the memory of the file."""
        data = np.frombuffer(self._read(path), dtype=np.uint8)
        stop = ALIGNED + int(data[:8].view(np.uint64)[0])
        return {
            name: data[start : start + _size_of(kind, shape)].view(kind).reshape(shape)
            for name, start, kind, shape in _places(data[ALIGNED:stop].tobytes())
        }

    @contextmanager
    def opened_arrays(self, path: Path) -> Iterator[dict[str, StoredArray]]:
        """Yield named arrays whose rows are decrypted as they are asked for."""
        with self._opened(path) as source:
            length = int(np.frombuffer(source.read(0, 8), dtype=np.uint64)[0])
            head = bytes(source.read(ALIGNED, ALIGNED + length))
            yield {
                name: StoredArray(source, start, np.dtype(kind), shape)
                for name, start, kind, shape in _places(head)
            }

    def _read(self, path: Path) -> bytearray:
        with self._opened(path) as source:
            return source.read(0, source.size)

    @contextmanager
    def _opened(self, path: Path) -> Iterator[_Source]:
        """Yield what a file holds; raise ``InvalidInput`` once it proves not to be the file."""
        with path.open("rb") as file:
            size, start = os.fstat(file.fileno()).st_size, file.read(len(pieces.MARK))
            if size < NONCE_BYTES + TAG_BYTES:
                raise InvalidInput(f"{path} was cut short.")
            try:
                if start == pieces.MARK:
                    yield pieces.Pieces(file, size, self._master, self._name(path))
                    return
                sealed = memoryview(start + file.read())
                data = bytearray(len(sealed) - NONCE_BYTES - TAG_BYTES)
                nonce, body = bytes(sealed[:NONCE_BYTES]), sealed[NONCE_BYTES:]
                self._cipher.decrypt_into(nonce, body, self._name(path), data)
                yield _Whole(data)
            except InvalidTag:
                raise InvalidInput(f"{path} was changed or belongs to another home.") from None

    def _name(self, path: Path) -> bytes:
        # Links are not followed: one to another file would pass for the file itself.
        place, home = (Path(os.path.normpath(one.absolute())) for one in (path, self.home))
        return str(place.relative_to(home)).encode()


class Opening:
    """Open a home's vault beside what its caller does: the stretch takes half a second of a core.

    What is wrong is raised by ``vault``, not before: not everybody who begins comes to it.
    """

    def __init__(self, home: Path, passphrase: str) -> None:
        self.home, self._passphrase = home, passphrase
        self._stretched = ThreadPoolExecutor(1).submit(_read, home, passphrase)

    def vault(self) -> Vault:
        """Wait for the stretch; return what it opens, as ``Vault.open`` does."""
        nonce, wrapped, key, cost = self._stretched.result()
        try:
            opened = Vault(self.home, AESGCM(key).decrypt(nonce, wrapped, b"master"))
        except InvalidTag:
            raise InvalidInput(
                "The passphrase does not open this home.",
                remedy="Set CLEANROOM_PASSPHRASE to the one given at party init.",
            ) from None
        if cost < SCRYPT_COST:
            with suppress(OSError):
                opened.wrap(self._passphrase)
        return opened


def _read(home: Path, passphrase: str) -> tuple[bytes, bytes, bytes, int]:
    """Return nonce and ciphertext of a home's master key, the key that it is under, its cost."""
    try:
        stored = json.loads((home / MASTER).read_bytes())
        cost = int(stored.get("cost", OLD_COST))
        salt, nonce, wrapped = (base64.b64decode(stored[name], validate=True) for name in PARTS)
        if (len(nonce), len(wrapped)) != (NONCE_BYTES, MASTER_BYTES + TAG_BYTES):
            raise ValueError
    except FileNotFoundError:
        if (home / MASTER).with_name("signing").exists():
            raise _damaged(home) from None
        raise InvalidInput(
            f"{home} is not a party's home.", remedy="Make one with: cleanroom party init"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(home) from None
    if not OLD_COST <= cost <= GREATEST_COST:
        raise InvalidInput(f"{home / MASTER} asks for a stretch that is not in use.")
    return nonce, wrapped, _stretch(passphrase, salt, cost), cost


def _damaged(home: Path) -> InvalidInput:
    return InvalidInput(
        f"{home / MASTER} is missing or damaged.",
        remedy="Put back a copy of it, or open the home with two shares: cleanroom party recover",
    )


def not_text() -> InvalidInput:
    """Return what is said of a passphrase whose bytes are in another encoding than UTF-8."""
    return InvalidInput(
        "The passphrase is not UTF-8.", remedy="Give it from a terminal that uses UTF-8."
    )


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    try:
        given = passphrase.encode()
    except UnicodeEncodeError:
        raise not_text() from None
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(given)


@dataclass(frozen=True)
class Blocks:
    """Stand for an array of that kind and shape that comes in blocks, one after the other."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    blocks: Iterable[npt.NDArray[Any]]


class _Source(Protocol):
    """Hold the bytes of a file."""

    size: int

    def read(self, start: int, stop: int) -> bytearray:
        """Return bytes ``[start, stop)``."""
        ...


class _Whole:
    def __init__(self, data: bytearray) -> None:
        self._data, self.size = data, len(data)

    def read(self, start: int, stop: int) -> bytearray:
        return self._data if (start, stop) == (0, self.size) else self._data[start:stop]


@dataclass(frozen=True)
class StoredArray:
    """Stand for an array in a vault's file that is open; slices of it are arrays."""

    source: _Source
    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        start, stop, _ = rows.indices(len(self))
        width = _size_of(self.dtype, self.shape[1:])
        data = self.source.read(self.start + start * width, self.start + stop * width)
        return np.frombuffer(data, dtype=self.dtype).reshape(-1, *self.shape[1:])


def blocks_of(array: npt.NDArray[Any] | Blocks) -> Blocks:
    """Return an array as one block, or the blocks that it comes in already."""
    if isinstance(array, Blocks):
        return array
    return Blocks(array.dtype, array.shape, (array,))


def _parts(described: bytes, arrays: Iterable[Blocks]) -> Iterator[memoryview]:
    """Yield the bytes of a file of arrays; ``ValueError`` if blocks are not what was announced."""
    start = np.zeros(ALIGNED, dtype=np.uint8)
    start[:8].view(np.uint64)[0] = len(described)
    yield start.data
    yield memoryview(described)
    yield memoryview(bytes(_room_of(len(described)) - len(described)))
    for array in arrays:
        size = _size_of(array.dtype, array.shape)
        written = 0
        for block in array.blocks:
            view = np.ascontiguousarray(block, dtype=array.dtype).reshape(-1).view(np.uint8)
            written += len(view)
            yield view.data
        if written != size:
            raise ValueError("an array has a different size than was declared")
        yield memoryview(bytes(_room_of(size) - size))


def _places(head: bytes) -> Iterator[tuple[str, int, str, tuple[int, ...]]]:
    """Yield name, first byte, kind and shape of each array of a file, by its head."""
    start = ALIGNED + _room_of(len(head))
    for name, (kind, shape) in json.loads(head).items():
        yield name, start, kind, tuple(shape)
        start += _room_of(_size_of(kind, shape))


def _size_of(kind: npt.DTypeLike, shape: Iterable[int]) -> int:
    return np.dtype(kind).itemsize * math.prod(shape)


def _room_of(size: int) -> int:
    """Round a size up to where the next part begins."""
    return -(-size // ALIGNED) * ALIGNED
