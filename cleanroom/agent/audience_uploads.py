"""Write people as the files that advertising platforms in China take: Tencent, and Douyin.

Tencent: one number a line, one kind a file, which the upload is told as ``user_id_type``; a phone
is the MD5 of its 11 digits.
https://developers.e.qq.com/docs/api/audiences/custom_audience_file/custom_audience_files_add and
https://developers.e.qq.com/docs/audience_management/file.

Douyin (Ocean Engine): a ZIP of text, each line the base64 of a ``DmpData`` message of at most
10,000 identifiers, each with its type and in small letters; a phone is the SHA-256 of its digits.
https://pkg.go.dev/github.com/bububa/oceanengine/marketing-api/api/dmp/datasource, the message:
https://github.com/MrNullPoint/OceanEngineApi/blob/master/pb/toutiao_dmp.proto.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from cleanroom.errors import InvalidInput
from cleanroom.files import replacing, write_file
from cleanroom.ingest.identifiers import normalise_many
from cleanroom.ingest.identifiers.names import HASHED, kind_of


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


TENCENT: Final[dict[str, tuple[str, str, Callable[[str], str]]]] = {
    "phone": ("HASH_MOBILE_PHONE", "phone:cn11:v1", _md5),
    "oaid": ("OAID", "oaid:v1", str),
    "idfa": ("IDFA", "idfa:v1", str.upper),
}
"""By kind of identifier, the best first: its ``user_id_type``, the profile, and what is written."""
DOUYIN: Final[dict[str, tuple[int, str, Callable[[str], str]]]] = {
    "phone": (6, "phone:cn11:v1", _sha256),
    "oaid": (7, "oaid:v1", str),
    "idfa": (1, "idfa:v1", str),
}
"""By kind of identifier: its ``DataType``, the profile, and what is written."""
UPLOADS: Final = ("tencent", "douyin")
IDS_A_LINE: Final = 10_000


def write(
    path: Path, format: str, profiles: Sequence[str], kinds: Sequence[Sequence[str]]
) -> tuple[int, str]:
    """Write a file for ``tencent`` or ``douyin``, readable by its owner alone.

    ``kinds`` are identifiers normalised by ``profiles``, empty where a person has none.  Returns
    how many people are in it, and for Tencent the ``user_id_type``.  Raises ``InvalidInput`` where
    the platform takes none of the kinds, or not in that form, and for another ending of the name.
    """
    endings = (".txt", ".csv") if format == "tencent" else (".zip",)
    if path.suffix.lower() not in endings:
        raise InvalidInput(f"A file for {format} ends with {' or '.join(endings)}.")
    taken = TENCENT if format == "tencent" else DOUYIN
    found = {
        kind_of(profile): (profile, values)
        for profile, values in zip(profiles, kinds, strict=True)
        if kind_of(profile) in taken
    }
    if not found:
        raise InvalidInput(
            f"A list for {format} holds {' or '.join(taken)}, not these identifiers."
        )
    if format == "tencent":
        return _write_tencent(path, found)
    return _write_douyin(path, found), ""


def _write_tencent(path: Path, found: dict[str, tuple[str, Sequence[str]]]) -> tuple[int, str]:
    kind = next(kind for kind in TENCENT if kind in found)
    name, wanted, form = TENCENT[kind]
    lines = [text for text in _formed("tencent", *found[kind], wanted, form) if text]
    write_file(path, "".join(f"{line}\n" for line in lines).encode())
    return len(lines), name


def _write_douyin(path: Path, found: dict[str, tuple[str, Sequence[str]]]) -> int:
    numbers = [DOUYIN[kind][0] for kind in found]
    columns = [_formed("douyin", *held, *DOUYIN[kind][1:]) for kind, held in found.items()]
    people = [row for row in zip(*columns, strict=True) if any(row)]
    items = [
        _item(number, text)
        for row in people
        for number, text in zip(numbers, row, strict=True)
        if text
    ]
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{path.stem}.txt", b"".join(_lines(items)))
    return len(people)


def _formed(
    format: str, profile: str, values: Sequence[str], wanted: str, form: Callable[[str], str]
) -> list[str]:
    plain = profile.removeprefix(HASHED)
    if profile != plain:
        if plain != wanted or form is not _sha256:
            raise InvalidInput(
                f"These are SHA-256 of {plain}, which {format} does not take.",
                remedy="Upload a dataset whose identifiers are not hashed.",
            )
        return list(values)
    region = "CN" if wanted == "phone:cn11:v1" else None
    found = normalise_many(pa.array(values, pa.string()), wanted, region).values.to_pylist()
    return [form(value) if value else "" for value in found]


def _lines(items: Sequence[bytes]) -> Iterator[bytes]:
    """Yield ``DmpData`` messages: field 1 is a list of items."""
    for start in range(0, len(items), IDS_A_LINE):
        message = b"".join(_field(1, item) for item in items[start : start + IDS_A_LINE])
        yield base64.b64encode(message) + b"\n"


def _item(kind: int, text: str) -> bytes:
    """Return an ``IdItem``: field 2 is its type, a small number, and field 3 the identifier."""
    return bytes([2 << 3, kind]) + _field(3, text.encode())


def _field(number: int, data: bytes) -> bytes:
    """Return a length-delimited field (https://protobuf.dev/programming-guides/encoding)."""
    length, size = len(data), bytearray()
    while length >= 0x80:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2, *size, length]) + data
