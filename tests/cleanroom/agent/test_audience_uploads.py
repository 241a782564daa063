"""Files for Tencent and Douyin hold what their pages describe, kind by kind."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from cleanroom.agent import audience_files, audience_uploads
from cleanroom.cli.segment import segment
from cleanroom.errors import InvalidInput

PHONES = ["+8613800138000", "+18005550100", "", "+8613900139000"]
OAIDS = ["1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5", "", "", ""]
BOTH = ("phone:e164:v1", "oaid:v1")
# Made with the protobuf package from the message's definition: phone, device, phone.
GOLDEN = (
    "CkQQBhpAYTY5NDJmOTc3MWQ2N2YzNDAzNGQyZjE5MjY5ODhlZDNmYWQzYmYxYjRlN2NlZGI5YTMxZjMxMzk4ZGVhNDNi"
    "YwooEAcaJDFmZTlhOTcwLWVmYmItMjllMC0wYmRkLWY1ZGJiZjc1MWFiNQpEEAYaQGYxZDgxNDJjYmI1OWMwYTJmOTNm"
    "OTFmYmU5MzRmODNmOWFmYmRhYjBiOGZhZmFhYmFkMGY4NDJiMzJhYWIzMjI="
)
LONG = "8e4439fa79ae758f52ef438d7aabd8f06343305749ac13eac4c46a826904e10b"
"""SHA-256 of a message of the same package with one identifier of 300 characters."""


def lines(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        (name,) = packed.namelist()
        return packed.read(name).decode().splitlines()


def test_tencent_takes_one_number_a_line_and_is_told_its_kind(tmp_path: Path) -> None:
    written = audience_files.write(tmp_path / "list.txt", "tencent", BOTH, (PHONES, OAIDS))
    # Its page: a phone is 11 digits before, and 32 digits after it was hashed; none is abroad.
    digests = [hashlib.md5(text).hexdigest() for text in (b"13800138000", b"13900139000")]
    assert (tmp_path / "list.txt").read_text() == "".join(f"{one}\n" for one in digests)
    assert (written.people, written.left_out, written.kind) == (2, 2, "HASH_MOBILE_PHONE")
    assert (tmp_path / "list.txt").stat().st_mode & 0o777 == 0o600


def test_tencent_takes_devices_as_its_page_writes_them(tmp_path: Path) -> None:
    device = "49e2084a-290c-41ef-ad20-e540cd6ae841"
    written = audience_files.write(tmp_path / "a.txt", "tencent", ["idfa:v1"], [[device]])
    assert (tmp_path / "a.txt").read_text() == f"{device.upper()}\n"
    assert written.kind == "IDFA"


def test_douyin_takes_a_zip_of_messages(tmp_path: Path) -> None:
    written = audience_files.write(tmp_path / "list.zip", "douyin", BOTH, (PHONES, OAIDS))
    assert lines(tmp_path / "list.zip") == [GOLDEN]
    assert written.people == 2
    assert (tmp_path / "list.zip").stat().st_mode & 0o777 == 0o600


def test_a_long_field_is_written_as_protobuf_does() -> None:
    (line,) = audience_uploads._lines([audience_uploads._item(1, "x" * 300)])
    assert hashlib.sha256(base64.b64decode(line)).hexdigest() == LONG


def test_a_line_holds_ten_thousand_at_most(tmp_path: Path) -> None:
    digests = [hashlib.sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(10_001)]
    hashed = ["sha256:phone:cn11:v1"]
    audience_files.write(tmp_path / "list.zip", "douyin", hashed, [digests])
    first, second = lines(tmp_path / "list.zip")
    assert base64.b64decode(second) == base64.b64decode(first)[:6] + digests[-1].encode()


@pytest.mark.parametrize(
    ("name", "format", "profile", "said"),
    [
        ("a.zip", "tencent", "phone:e164:v1", "ends with .txt or .csv"),
        ("a.txt", "douyin", "phone:e164:v1", "ends with .zip"),
        ("a.txt", "tencent", "email:uid2:v1", "holds phone or oaid or idfa"),
        ("a.txt", "tencent", "sha256:phone:cn11:v1", "tencent does not take"),
        ("a.zip", "douyin", "sha256:phone:e164:v1", "SHA-256 of phone:e164:v1"),
        ("a.zip", "douyin", "sha256:oaid:v1", "douyin does not take"),
    ],
)
def test_what_a_platform_does_not_take_is_refused(
    tmp_path: Path, name: str, format: str, profile: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        audience_files.write(tmp_path / name, format, [profile], [["0" * 64]])
    assert not list(tmp_path.iterdir())


def test_a_list_replaces_none_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="--overwrite"):
        segment("0" * 32, tmp_path / "list.txt")
